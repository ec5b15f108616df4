"""Put the columns of a PDF page one after the other, where a file stores them line by line."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from vouch.parsers.pdf.page import Run

# Columns of running text have many long lines side by side. Fewer than 6 pairs of lines, or lines
# under 20 characters, are as likely rows of a table, which must stay together.
MIN_LINES = 6
MIN_CHARACTERS = 20
# In font sizes: baselines this close are one line. Two columns on slightly different grids are
# still side by side; lines of one column are at least a whole font size apart.
_SAME_LINE = 0.5


def in_reading_order(runs: Sequence[Run]) -> list[Run]:
    """Return the runs in reading order.

    pdfium's order is kept unless it jumps back and forth across one gutter between two columns.
    A run that crosses the gutter, such as a title, divides the columns above it from those below.
    """
    gutter = _gutter(runs)
    if gutter is None:
        return list(runs)
    ordered: list[Run] = []
    band: list[Run] = []
    for run in sorted(runs, key=lambda run: (-run.y, run.x0)):
        if run.x0 < gutter < run.x1:
            ordered += [*_column_by_column(band, gutter), run]
            band = []
        else:
            band.append(run)
    return ordered + _column_by_column(band, gutter)


def _column_by_column(band: list[Run], gutter: float) -> list[Run]:
    """Return the left and then the right column; each may have columns of its own."""
    left = [run for run in band if run.x1 <= gutter]
    right = [run for run in band if run.x0 >= gutter]
    return [*in_reading_order(left), *in_reading_order(right)]


def _gutter(runs: Sequence[Run]) -> float | None:
    """Return the x in the gap between most neighbours on one line, if long texts flank it."""
    neighbours = [
        (left, right)
        for left, right in pairwise(runs)
        if abs(left.y - right.y) <= _SAME_LINE * min(left.size, right.size) and left.x1 < right.x0
    ]
    if len(neighbours) < MIN_LINES:
        return None
    middles = [(left.x1 + right.x0) / 2 for left, right in neighbours]
    gutter = max(middles, key=lambda x: sum(left.x1 < x < right.x0 for left, right in neighbours))
    flanking = [(left, right) for left, right in neighbours if left.x1 < gutter < right.x0]
    crossing = sum(run.x0 < gutter < run.x1 for run in runs)
    # As many runs across the gap as beside it: the gap is a river of white space in one column.
    if len(flanking) < MIN_LINES or crossing > len(flanking):
        return None
    lengths = [min(len(left.text), len(right.text)) for left, right in flanking]
    return gutter if median(lengths) >= MIN_CHARACTERS else None
