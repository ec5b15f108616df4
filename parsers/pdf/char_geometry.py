"""Places, sizes and fonts of single characters of a PDF page."""

import ctypes
import math
import re

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.pdf.pdfium_calls import address, char_box, char_matrix, char_size

# Of fonts that do not tell their weight; those of TeX say `bx`, and URW's Times says `Medi`.
_BOLD_NAME = re.compile(rb"bold|black|heavy|demi|medi$|(?:cm|sf|ec|lm)bx")


class Probe:
    """Reads places out of one text page; the variables for pdfium to write into are made once."""

    def __init__(self, textpage: pdfium.PdfTextPage) -> None:
        self._page = textpage.raw
        self._places = (ctypes.c_double * 4)()
        self._address = address(textpage.raw)
        size, begin = ctypes.sizeof(ctypes.c_double), ctypes.addressof(self._places)
        self._addresses = [begin + size * number for number in range(4)]
        self._origin = [ctypes.c_double() for _ in range(2)]
        self._matrix = raw.FS_MATRIX()
        self._matrix_address = ctypes.addressof(self._matrix)
        self._name = ctypes.create_string_buffer(128)

    def box(self, index: int) -> tuple[float, float, float, float]:
        """Left, right, bottom, top."""
        char_box(self._address, index, *self._addresses)
        left, right, bottom, top = self._places
        return left, right, bottom, top

    def origin(self, index: int) -> tuple[float, float]:
        raw.FPDFText_GetCharOrigin(self._page, index, *self._origin)
        return self._origin[0].value, self._origin[1].value

    def size_and_turn(self, index: int) -> tuple[float, int]:
        """The font size as it is drawn, and the direction of the text in quarter turns."""
        size: float = char_size(self._address, index)
        if not char_matrix(self._address, index, self._matrix_address):
            return size, 0
        matrix = self._matrix
        turn = round(math.atan2(matrix.b, matrix.a) / (math.pi / 2)) % 4
        return size * math.hypot(matrix.c, matrix.d), turn

    def is_bold(self, index: int) -> bool:
        if raw.FPDFText_GetFontWeight(self._page, index) >= 600:
            return True
        raw.FPDFText_GetFontInfo(self._page, index, self._name, len(self._name), ctypes.c_int())
        return bool(_BOLD_NAME.search(self._name.value.lower()))
