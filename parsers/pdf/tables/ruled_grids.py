"""Find grids of ruled lines on a PDF page: their cells, by pdfplumber from the lines drawn."""

import ctypes
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.pdf.pdfium_calls import Handle, address, object_at, object_type
from vouch.parsers.pdf.tables.ruled_walls import Box
from vouch.parsers.pdf.text.drawn_bullets import MAX_OBJECTS

Grid: TypeAlias = tuple[Box, ...]
"""The cells of a table."""
# In points: a thicker shape is the ground of a cell, and a shorter one a sign.
_MAX_THICKNESS = 2.5
_MIN_LENGTH = 4.0
# In points: lines this near are one, and lines this far apart still meet.
_SNAP = 3.0
_MEET = 3.0
# Lines of a page. A map has thousands, and their crossings take time by the square.
_MAX_LINES = 600
_MAX_SEGMENTS = 400
_MIN_CELLS = 4


def ruled_grids(page: pdfium.PdfPage) -> list[Grid]:
    """Return the cells of each grid that lines of both directions make on a page."""
    edges = list(_edges(page))
    down = sum(edge["orientation"] == "v" for edge in edges)
    if down < 3 or len(edges) - down < 3 or len(edges) > _MAX_LINES:
        return []
    # Most pages have no grid: the library is imported for those that may have one.
    from pdfplumber.table import (
        cells_to_tables,
        edges_to_intersections,
        intersections_to_cells,
        merge_edges,
    )

    merged = merge_edges(edges, _SNAP, _SNAP, _SNAP, _SNAP)
    cells = intersections_to_cells(edges_to_intersections(merged, _MEET, _MEET))
    return [tuple(grid) for grid in cells_to_tables(cells) if len(grid) >= _MIN_CELLS]


def _edges(page: pdfium.PdfPage) -> Iterator[dict[str, Any]]:
    """Yield the straight lines of a page, thin boxes too, in pdfplumber's form."""
    page_address = address(page.raw)
    for number in range(min(raw.FPDFPage_CountObjects(page.raw), MAX_OBJECTS)):
        if object_type(object_at(page_address, number)) != raw.FPDF_PAGEOBJ_PATH:
            continue
        path = raw.FPDFPage_GetObject(page.raw, number)
        box = _bounds(path)
        if box is None:
            continue
        if min(box[2] - box[0], box[3] - box[1]) <= _MAX_THICKNESS:
            yield from _line(box)
        elif _is_stroked(path):
            for line in _segments(path):
                yield from _line(line)


def _bounds(path: Handle) -> Box | None:
    sides = [ctypes.c_float() for _ in range(4)]
    if not raw.FPDFPageObj_GetBounds(path, *sides):
        return None
    left, bottom, right, top = (side.value for side in sides)
    return left, -top, right, -bottom


def _is_stroked(path: Handle) -> bool:
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    return bool(raw.FPDFPath_GetDrawMode(path, mode, stroke)) and bool(stroke.value)


def _segments(path: Handle) -> Iterator[Box]:
    """Yield the straight segments of a path, in points of the page."""
    matrix = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(path, matrix):
        return
    count = raw.FPDFPath_CountSegments(path)
    if count > _MAX_SEGMENTS:
        return
    x, y = ctypes.c_float(), ctypes.c_float()
    start = last = None
    for number in range(count):
        segment = raw.FPDFPath_GetPathSegment(path, number)
        if not raw.FPDFPathSegment_GetPoint(segment, x, y):
            return
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            -(matrix.b * x.value + matrix.d * y.value + matrix.f),
        )
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == raw.FPDF_SEGMENT_LINETO and last is not None:
            yield _box(last, point)
        if raw.FPDFPathSegment_GetClose(segment) and start is not None:
            yield _box(point, start)
        last = point


def _box(first: Sequence[float], second: Sequence[float]) -> Box:
    (x0, x1), (y0, y1) = sorted((first[0], second[0])), sorted((first[1], second[1]))
    return x0, y0, x1, y1


def _line(box: Box) -> Iterator[dict[str, Any]]:
    x0, top, x1, bottom = box
    width, height = x1 - x0, bottom - top
    if max(width, height) < _MIN_LENGTH or min(width, height) > _MAX_THICKNESS:
        return
    if width > height:
        middle = (top + bottom) / 2
        yield _edge("h", x0, middle, x1, middle)
    else:
        middle = (x0 + x1) / 2
        yield _edge("v", middle, top, middle, bottom)


def _edge(orientation: str, x0: float, top: float, x1: float, bottom: float) -> dict[str, Any]:
    return {
        "orientation": orientation,
        "x0": x0,
        "top": top,
        "x1": x1,
        "bottom": bottom,
        "width": x1 - x0,
        "height": bottom - top,
    }
