"""Small line charts as SVG: numbers in, markup out, nothing of a document's making."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from vouch.schemas.run import RunRecord

_WIDTH, _HEIGHT, _EDGE = 200.0, 48.0, 4.0
_MOST = 12
_FIRST = (
    "documents", "chunks", "golden recall", "golden span recall", "golden nDCG", "quarantined", "untitled", "without_heading",
    "unknown_language", "repeated", "boilerplate", "garbled", "flagged", "median chunk_tokens", "median document_chars",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A figure over the runs, oldest first. `told` is the last change in words."""

    name: str
    last: float
    change: float
    told: str
    svg: Markup


def lines(records: Sequence[RunRecord]) -> list[Line]:
    """The figures of these runs (oldest first) that say most: those that moved come before those that did not."""
    points = [
        record.metrics | {"seconds": record.seconds or 0.0} for record in records if record.metrics
    ]
    if len(points) < 2:
        return []
    names = [name for name in points[-1] if ": " not in name]
    series = {name: [point[name] for point in points if name in point] for name in names}
    moved = {name: values for name, values in series.items() if len(values) > 1 and any(values)}
    order = sorted(moved, key=lambda name: (len(set(moved[name])) == 1, _place(name), name))
    return [_line(name, moved[name]) for name in order[:_MOST]]


def _place(name: str) -> int:
    return next(
        (number for number, first in enumerate(_FIRST) if name.startswith(first)), len(_FIRST)
    )


def _line(name: str, values: Sequence[float]) -> Line:
    change = values[-1] - values[-2]
    told = f"{change:+,.0f}" if abs(values[-1]) >= 10 else f"{change:+.3f}"
    return Line(name.replace("_", " "), values[-1], change, told, _svg(name, values))


def _svg(name: str, values: Sequence[float]) -> Markup:
    low, high = min(values), max(values)
    across, up = _WIDTH - 2 * _EDGE, _HEIGHT - 2 * _EDGE
    step = across / (len(values) - 1)
    places = [
        (_EDGE + n * step, _HEIGHT - _EDGE - up * _share(value, low, high))
        for n, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    told = f"from {values[0]:,.4g} to {values[-1]:,.4g} over {len(values)} runs, between {low:,.4g} and {high:,.4g}"
    return Markup(
        '<svg viewBox="0 0 {width:.0f} {height:.0f}" preserveAspectRatio="none" role="img" aria-label="{name}: {told}">'
        '<polyline points="{line}"/></svg>'
    ).format(width=_WIDTH, height=_HEIGHT, name=name.replace("_", " "), told=told, line=line)


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5
