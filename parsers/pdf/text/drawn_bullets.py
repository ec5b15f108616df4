"""Find bullets that a PDF page draws as shapes, as browsers print them."""

import ctypes
from bisect import bisect_left
from collections.abc import Sequence
from typing import TypeAlias

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.pdfium_calls import address, object_at, object_type

BULLET = "•"
# A map or a plot has tens of thousands of paths; lists come first on the pages that have them.
MAX_OBJECTS = 5_000
# In font sizes of the text beside it. Smaller shapes are dots of dotted lines, larger ones are
# check boxes, icons or ruled cells.
_MIN_SIDE = 0.12
_MAX_SIDE = 0.6
# In font sizes, from the right edge of the bullet to the text: farther shapes belong to a figure.
_MAX_GAP = 2.5
# Longer side by shorter side: a minus, a rule or an underline is longer.
_MAX_ASPECT = 1.4
# Shapes on the line of one run that are inspected: bounds the time on a page of dots.
_MAX_IN_LINE = 50
Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right and top in points."""


def with_drawn_bullets(page: pdfium.PdfPage, runs: Sequence[Run]) -> list[Run]:
    """Return the runs in their order, each drawn bullet as a run before the one it belongs to."""
    if not runs:
        return []
    boxes = sorted(_small_shapes(page, max(run.size for run in runs)), key=_middle)
    result: list[Run] = []
    for run in runs:
        first = bisect_left(boxes, run.y, key=_middle)
        box = next(
            (box for box in boxes[first : first + _MAX_IN_LINE] if _is_bullet_of(box, run)), None
        )
        if box is not None and without_bullet(run.text) is None:
            result.append(Run(BULLET, box[0], box[2], run.y, run.size, run.bold))
        result.append(run)
    return result


def _small_shapes(page: pdfium.PdfPage, font_size: float) -> list[Box]:
    """Return the boxes of paths about as wide as high, and small enough for a bullet."""
    boxes: list[Box] = []
    sides = [ctypes.c_float() for _ in range(4)]
    page_address, path = address(page.raw), raw.FPDF_PAGEOBJ_PATH
    for number in range(min(raw.FPDFPage_CountObjects(page.raw), MAX_OBJECTS)):
        if object_type(object_at(page_address, number)) != path:
            continue
        if not raw.FPDFPageObj_GetBounds(raw.FPDFPage_GetObject(page.raw, number), *sides):
            continue
        left, bottom, right, top = (side.value for side in sides)
        shorter, longer = sorted((right - left, top - bottom))
        if 0 < longer <= _MAX_SIDE * font_size and longer <= _MAX_ASPECT * shorter:
            boxes.append((left, bottom, right, top))
    return boxes


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _is_bullet_of(box: Box, run: Run) -> bool:
    left, _, right, _ = box
    # A bullet is centred between the baseline and about the height of a capital letter.
    is_in_line = run.y <= _middle(box) <= run.y + 0.8 * run.size
    is_sized = _MIN_SIDE * run.size <= right - left <= _MAX_SIDE * run.size
    return is_in_line and is_sized and 0 < run.x0 - right <= _MAX_GAP * run.size
