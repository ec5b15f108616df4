"""pdfium's functions that are called for each word or object of a page, by addresses alone.

Through typed pointers, as pypdfium2 declares them, such a call takes twice as long, and there are thousands a page.
"""

import ctypes
from collections.abc import Callable
from typing import Any

import pypdfium2.raw as raw

_ADDRESS, _INT = ctypes.c_void_p, ctypes.c_int


def address(handle: Any) -> int:  # noqa: ANN401 - a handle of pdfium or a ctypes object that one points to
    """Where a typed pointer of pypdfium2 points to."""
    return ctypes.cast(handle, _ADDRESS).value or 0


def _by_address(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:  # noqa: ANN401 - types of ctypes
    return ctypes.CFUNCTYPE(result, *arguments)(address(function))


char_box = _by_address(raw.FPDFText_GetCharBox, _INT, _ADDRESS, _INT, *[_ADDRESS] * 4)
"""Text page, index, and where to write left, right, bottom and top."""
char_matrix = _by_address(raw.FPDFText_GetMatrix, _INT, _ADDRESS, _INT, _ADDRESS)
"""Text page, index, and where to write the matrix."""
char_size = _by_address(raw.FPDFText_GetFontSize, ctypes.c_double, _ADDRESS, _INT)
"""Text page and index."""
object_at = _by_address(raw.FPDFPage_GetObject, _ADDRESS, _ADDRESS, _INT)
"""Page and index."""
object_type = _by_address(raw.FPDFPageObj_GetType, _INT, _ADDRESS)
