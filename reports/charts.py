"""Draw small line charts as SVG, from numbers only: nothing of a document gets into the markup."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from vouch.schemas.runs.record import RunRecord

_WIDTH, _HEIGHT, _MARGIN = 200.0, 48.0, 4.0
_MAX_LINES = 12
# Prefixes of figures' names, most important first; all others follow.
_ORDER = (
    "documents", "chunks", "golden recall", "golden span recall", "golden nDCG", "quarantined",
    "untitled", "without_heading", "unknown_language", "repeated", "boilerplate", "garbled",
    "flagged", "left_out", "median chunk_tokens", "median document_chars",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A figure over the runs, oldest first. `change` is the last one, `label` the same in words."""

    name: str
    last: float
    change: float
    label: str
    svg: Markup


def lines(records: Sequence[RunRecord]) -> list[Line]:
    """Return the most important figures of these runs, which are given oldest first.

    Figures that changed come before those that did not. Fewer than two runs give no line.
    """
    points = [
        record.metrics | {"seconds": record.seconds or 0.0} for record in records if record.metrics
    ]
    if len(points) < 2:
        return []
    # Figures of single sources, languages or formats have a colon in their name.
    names = [name for name in points[-1] if ": " not in name]
    series = {name: [point[name] for point in points if name in point] for name in names}
    drawn = {name: values for name, values in series.items() if len(values) > 1 and any(values)}
    # A figure that has not moved is shown only if there is room left.
    order = sorted(drawn, key=lambda name: (len(set(drawn[name])) == 1, _rank(name), name))
    return [_line(name.replace("_", " "), drawn[name]) for name in order[:_MAX_LINES]]


def _rank(name: str) -> int:
    for rank, prefix in enumerate(_ORDER):
        if name.startswith(prefix):
            return rank
    return len(_ORDER)


def _line(name: str, values: Sequence[float]) -> Line:
    change = values[-1] - values[-2]
    label = f"{change:+,.0f}" if abs(values[-1]) >= 10 else f"{change:+.3f}"
    return Line(name, values[-1], change, label, _svg(name, values))


def _svg(name: str, values: Sequence[float]) -> Markup:
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
        f"from {values[0]:,.4g} to {values[-1]:,.4g} over {len(values)} runs, "
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
