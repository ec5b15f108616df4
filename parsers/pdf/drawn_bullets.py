"""Bullets of a PDF page that are drawn, not written, as browsers print them: each becomes a character before its line."""

import ctypes
from bisect import bisect_left
from collections.abc import Sequence

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.pdfium_calls import address, object_at, object_type

BULLET = "•"
MAX_OBJECTS = 5_000  # looked at on one page
# Of the size of the text beside it: how large a bullet is, and how far left of the text it may end.
_SIDES = (0.12, 0.6)
_AWAY = 2.5
_SQUARE = 1.4
_MAX_IN_LINE = 50
Box = tuple[float, float, float, float]


def with_drawn_bullets(page: pdfium.PdfPage, runs: Sequence[Run]) -> list[Run]:
    """The runs, in their order, with a run for each drawn bullet before the one that it belongs to."""
    if not runs:
        return []
    boxes = sorted(_small_shapes(page, max(run.size for run in runs)), key=_middle)
    found: list[Run] = []
    for run in runs:
        first = bisect_left(boxes, run.y, key=_middle)
        box = next(
            (box for box in boxes[first : first + _MAX_IN_LINE] if _stands_before(box, run)), None
        )
        if box is not None and without_bullet(run.text) is None:
            found.append(Run(BULLET, box[0], box[2], run.y, run.size, run.bold))
        found.append(run)
    return found


def _small_shapes(page: pdfium.PdfPage, size: float) -> list[Box]:
    """Left, bottom, right and top of the paths that are about as wide as high, and no larger than a bullet may be."""
    found: list[Box] = []
    sides = [ctypes.c_float() for _ in range(4)]
    page_address, path = address(page.raw), raw.FPDF_PAGEOBJ_PATH
    for number in range(min(raw.FPDFPage_CountObjects(page.raw), MAX_OBJECTS)):
        if object_type(object_at(page_address, number)) != path:
            continue
        if not raw.FPDFPageObj_GetBounds(raw.FPDFPage_GetObject(page.raw, number), *sides):
            continue
        left, bottom, right, top = (side.value for side in sides)
        width, height = right - left, top - bottom
        if 0 < max(width, height) <= _SIDES[1] * size and max(width, height) <= _SQUARE * min(
            width, height
        ):
            found.append((left, bottom, right, top))
    return found


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _stands_before(box: Box, run: Run) -> bool:
    left, _, right, _ = box
    smallest, largest = (side * run.size for side in _SIDES)
    in_line = run.y <= _middle(box) <= run.y + 0.8 * run.size
    return (
        in_line and smallest <= right - left <= largest and 0 < run.x0 - right <= _AWAY * run.size
    )
