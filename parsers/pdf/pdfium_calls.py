"""Functions of pdfium that are called for each word or object of a page, taking plain addresses.

Through typed pointers, as pypdfium2 declares them, a call takes twice as long, and a page makes
thousands of calls.
"""

import ctypes
from collections.abc import Callable
from typing import Any, TypeAlias

import pypdfium2.raw as raw

Handle: TypeAlias = Any
"""A handle of pdfium, or a ctypes object that one points to: ctypes gives them no common type."""
_ADDRESS, _INT = ctypes.c_void_p, ctypes.c_int


def address(handle: Handle) -> int:
    """Return the address in a typed pointer of pypdfium2."""
    return ctypes.cast(handle, _ADDRESS).value or 0


def _by_address(function: Handle, result: Handle, *arguments: Handle) -> Callable[..., Any]:
    return ctypes.CFUNCTYPE(result, *arguments)(address(function))


char_box = _by_address(raw.FPDFText_GetCharBox, _INT, _ADDRESS, _INT, *[_ADDRESS] * 4)
"""Takes a text page, an index, and where to write left, right, bottom and top."""
char_matrix = _by_address(raw.FPDFText_GetMatrix, _INT, _ADDRESS, _INT, _ADDRESS)
"""Takes a text page, an index, and where to write the matrix."""
char_size = _by_address(raw.FPDFText_GetFontSize, ctypes.c_double, _ADDRESS, _INT)
"""Takes a text page and an index."""
fill_colour = _by_address(raw.FPDFText_GetFillColor, _INT, _ADDRESS, _INT, *[_ADDRESS] * 4)
"""Takes a text page, an index, and where to write red, green, blue and opacity, from 0 to 255."""
is_undeclared = _by_address(raw.FPDFText_HasUnicodeMapError, _INT, _ADDRESS, _INT)
"""Takes a text page and an index; returns 1 where the font declares no meaning of the glyph."""
object_at = _by_address(raw.FPDFPage_GetObject, _ADDRESS, _ADDRESS, _INT)
"""Takes a page and an index."""
object_bounds = _by_address(raw.FPDFPageObj_GetBounds, _INT, _ADDRESS, *[_ADDRESS] * 4)
"""Takes an object, and where to write left, bottom, right and top as single floats."""
object_type = _by_address(raw.FPDFPageObj_GetType, _INT, _ADDRESS)
"""Takes an object."""
