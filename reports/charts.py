"""Draw small line charts as SVG, from numbers only: nothing of a document gets into the markup."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from vouch.reports.formatting import figure
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.runs.shadow import ShadowFigures

_WIDTH, _HEIGHT, _MARGIN = 200.0, 48.0, 4.0
_MAX_LINES = 12
# Prefixes of figures' names, most important first; all others follow.
_ORDER = (
    "documents", "chunks", "golden recall", "golden span recall", "golden nDCG", "recall",
    "span recall", "nDCG", "quarantined",
    "untitled", "without_heading", "unknown_language", "repeated", "boilerplate", "garbled",
    "flagged", "left_out", "median chunk_tokens", "median document_chars",
)  # fmt: skip
_GOLDEN, _SIZE, _SHARES, _TIME = "Golden queries", "Size", "Shares", "Time"
# `golden recall@5 tag:finance`; the name of a tag may contain spaces.
_OF_GROUP = re.compile(r"golden ((?:span )?\S+) (tag|language|source|owner):(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure over the runs, oldest first: the last one, and in words.

    `change` is the last change, `label` the same in words.
    """

    name: str
    last: float
    shown: str
    change: float
    label: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Figures that are shown together, under a title."""

    title: str
    lines: Sequence[Line]


def lines(records: Sequence[RunRecord]) -> list[Line]:
    """Return the most important figures of these runs, which are given oldest first.

    Figures that changed come before those that did not. Fewer than two runs give no line.
    """
    points = [
        record.metrics | {"seconds": record.seconds or 0.0} for record in records if record.metrics
    ]
    if len(points) < 2:
        return []
    # Figures of single sources have a colon in their name, those of groups of queries too.
    names = [name for name in points[-1] if ": " not in name and not _OF_GROUP.fullmatch(name)]
    series = {name: [point[name] for point in points if name in point] for name in names}
    drawn = {name: values for name, values in series.items() if len(values) > 1 and any(values)}
    # A figure that has not moved is shown only if there is room left.
    order = sorted(drawn, key=lambda name: (len(set(drawn[name])) == 1, _rank(name), name))
    return [_line(name, name, drawn[name]) for name in order[:_MAX_LINES]]


def grouped_lines(records: Sequence[RunRecord], sources: Collection[str]) -> list[LineGroup]:
    """Return every figure of these runs, which are given oldest first, also those that are flat.

    Figures of golden queries are grouped by what they are about, those of `sources` by source.
    """
    seconds = {"seconds": [record.seconds or 0.0 for record in records if record.metrics]}
    series = {
        name: [record.metrics[name] for record in records if name in record.metrics]
        for name in dict.fromkeys(name for record in records for name in record.metrics)
    }
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in [*series, *(["seconds"] if series else ())]:
        group, title = _place(name, sources)
        groups.setdefault(group, []).append((title, name))
    return [
        LineGroup(
            group,
            [
                _line(title, name, (series | seconds)[name])
                for title, name in sorted(names, key=lambda pair: (_rank(pair[0]), pair[0]))
            ],
        )
        for group, names in sorted(groups.items(), key=lambda pair: _group_rank(pair[0]))
    ]


def shadow_lines(records: Sequence[RunRecord]) -> list[LineGroup]:
    """Return the figures of each shadow over the runs of its kind, which are given oldest first,
    beside those of what was published then.
    """
    series: dict[str, dict[str, list[float]]] = {}
    for record in records:
        for shadow in record.shadows if record.kind == "shadow" else ():
            of_shadow = series.setdefault(f"Shadow {shadow.name}", {})
            for name, value in _shadow_points(shadow):
                of_shadow.setdefault(name, []).append(value)
    return [
        LineGroup(group, [_line(name, name, values) for name, values in of_shadow.items()])
        for group, of_shadow in series.items()
        if of_shadow
    ]


def _shadow_points(shadow: ShadowFigures) -> Iterator[tuple[str, float]]:
    """Yield the figures by names that `vouch.reports.formatting.figure` can tell apart."""
    for change in shadow.retrieval.changes if shadow.retrieval else ():
        if change.metric.startswith(("recall", "nDCG")):
            yield f"golden {change.metric}, published", change.published
            yield f"golden {change.metric}, shadow", change.candidate
    for name, side in (("published", shadow.published), ("shadow", shadow.shadow)):
        if side and side.latency:
            yield f"median ms of a query, {name}", side.latency.median_ms


def _place(name: str, sources: Collection[str]) -> tuple[str, str]:
    """Return the group of a figure, and what it is called there."""
    source, separator, of_source = name.partition(": ")
    if separator and source in sources:
        return f"Source {source}", of_source
    if of_group := _OF_GROUP.fullmatch(name):
        metric, kind, value = of_group.groups()
        return f"{_GOLDEN} by {kind}", f"{value}: {metric}"
    if name.startswith("golden "):
        return _GOLDEN, name.removeprefix("golden ")
    if name.startswith("language "):
        return "Languages, as shares of chunks", name.removeprefix("language ")
    if name in ("documents", "chunks") or name.startswith("median "):
        return _SIZE, name
    return (_TIME, name) if name == "seconds" else (_SHARES, name)


def _group_rank(group: str) -> tuple[int, str]:
    first = (_GOLDEN, _SIZE, _SHARES, "Languages", _TIME, "Source")
    ranks = [rank for rank, name in enumerate(first) if group.startswith(name)]
    return ranks[0], group


def _rank(name: str) -> int:
    for rank, prefix in enumerate(_ORDER):
        if name.startswith(prefix):
            return rank
    return len(_ORDER)


def _line(title: str, name: str, values: Sequence[float]) -> Line:
    """Draw a figure by its name in the metrics."""
    title = title.replace("_", " ")
    change = values[-1] - values[-2] if len(values) > 1 else 0.0
    label = f"{change:+,.0f}" if abs(values[-1]) >= 10 else f"{change:+.3f}"
    shown = figure(values[-1], name)
    return Line(title, values[-1], shown, change, label, _svg(title, values))


def _svg(name: str, values: Sequence[float]) -> Markup:
    runs = len(values)
    values = values if runs > 1 else [*values, *values]  # a point is drawn as a flat line
    low, high = min(values), max(values)
    step = (_WIDTH - 2 * _MARGIN) / (len(values) - 1)
    scale = (_HEIGHT - 2 * _MARGIN) / ((high - low) or 1.0)
    # A line whose values are all equal is drawn in the middle.
    middle = (_MARGIN - _HEIGHT / 2) if high == low else 0.0
    points = " ".join(
        f"{_MARGIN + number * step:.1f},{_HEIGHT - _MARGIN + middle - scale * (value - low):.1f}"
        for number, value in enumerate(values)
    )
    # For those who do not see the line.
    description = (
        f"from {values[0]:,.4g} to {values[-1]:,.4g} over {runs} run{'' if runs == 1 else 's'}, "
        f"between {low:,.4g} and {high:,.4g}"
    )
    return Markup(
        '<svg viewBox="0 0 {width:.0f} {height:.0f}" preserveAspectRatio="none" role="img" '
        'aria-label="{name}: {description}"><polyline points="{points}"/></svg>'
    ).format(
        width=_WIDTH,
        height=_HEIGHT,
        name=name,
        description=description,
        points=points,
    )
