"""Part the text of a PDF page that its viewers show from what lies outside of the page."""

from collections.abc import Sequence
from typing import TypeAlias

import pypdfium2 as pdfium

from vouch.parsers.pdf.page import Run

Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right and top in points."""
Turn: TypeAlias = tuple[int, int, int, int]
"""The first four entries of a matrix."""
# In font sizes above the baseline: how far most letters reach.
_REACH = 0.7


def visible_box(page: pdfium.PdfPage, turn: Turn = (1, 0, 0, 1)) -> Box:
    """Return the part of a page that is shown, after the page is turned."""
    left, bottom, right, top = page.get_cropbox()
    a, b, c, d = turn
    corners = [(a * x + c * y, b * x + d * y) for x in (left, right) for y in (bottom, top)]
    (x0, x1), (y0, y1) = ((min(place), max(place)) for place in zip(*corners, strict=True))
    return x0, y0, x1, y1


def visible(runs: Sequence[Run], box: Box) -> tuple[list[Run], list[Run]]:
    """Return the runs that are on the page, and those that are outside of it.

    Where most text would be outside, the box says nothing, and all of it is on the page.
    """
    left, bottom, right, top = box
    inside = [
        run
        for run in runs
        if run.x1 > left and run.x0 < right and bottom < run.y + _REACH * run.size and run.y < top
    ]
    ids = set(map(id, inside))
    outside = [run for run in runs if id(run) not in ids]
    if _length(outside) > _length(inside):
        return list(runs), []
    return inside, outside


def _length(runs: Sequence[Run]) -> int:
    return sum(len(run.text) for run in runs)
