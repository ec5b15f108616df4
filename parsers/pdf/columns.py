"""Reading order on a PDF page: columns that a file stores line by line across the page are put one after the other."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from vouch.parsers.pdf.page import Run

# Fewer lines, or shorter ones, side by side are a table as likely as columns.
MIN_LINES = 6
MIN_CHARACTERS = 20
_SAME_LINE = 0.5


def in_reading_order(runs: Sequence[Run]) -> list[Run]:
    """Runs as they are read. pdfium's order is kept unless it jumps to and fro over one gutter between texts."""
    gutter = _gutter(runs)
    if gutter is None:
        return list(runs)
    ordered: list[Run] = []
    band: list[Run] = []
    for run in sorted(runs, key=lambda run: (-run.y, run.x0)):
        if run.x0 < gutter < run.x1:  # drawn across both columns
            ordered += _column_by_column(band, gutter)
            band = []
            ordered.append(run)
        else:
            band.append(run)
    return ordered + _column_by_column(band, gutter)


def _same_line(one: Run, other: Run) -> bool:
    return abs(one.y - other.y) <= _SAME_LINE * min(one.size, other.size)


def _column_by_column(band: list[Run], gutter: float) -> list[Run]:
    left = [run for run in band if run.x1 <= gutter]
    right = [run for run in band if run.x0 >= gutter]
    return [*in_reading_order(left), *in_reading_order(right)]


def _gutter(runs: Sequence[Run]) -> float | None:
    """The middle of the gap that most neighbours on one line have between them, if texts stand on both its sides."""
    across = [
        (one, other)
        for one, other in pairwise(runs)
        if _same_line(one, other) and one.x1 < other.x0
    ]
    if len(across) < MIN_LINES:
        return None
    middles = [(one.x1 + other.x0) / 2 for one, other in across]
    best = max(middles, key=lambda x: sum(one.x1 < x < other.x0 for one, other in across))
    sides = [(one, other) for one, other in across if one.x1 < best < other.x0]
    if len(sides) < MIN_LINES or _crossings(runs, best) > len(sides):
        return None
    lengths = [min(len(one.text), len(other.text)) for one, other in sides]
    return best if median(lengths) >= MIN_CHARACTERS else None


def _crossings(runs: Sequence[Run], x: float) -> int:
    return sum(run.x0 < x < run.x1 for run in runs)
