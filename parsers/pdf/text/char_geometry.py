"""Read the place, size and font of single characters of a PDF page."""

import ctypes
import math
import re

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.pdf.pdfium_calls import (
    address,
    char_box,
    char_matrix,
    char_size,
    fill_colour,
    is_undeclared,
)
from vouch.parsers.pdf.text.raised_numbers import Level

# For fonts that do not declare their weight. TeX's bold fonts end in `bx`, URW's Times in `Medi`.
_BOLD_NAME = re.compile(rb"bold|black|heavy|demi|medi$|(?:cm|sf|ec|lm)bx")
SLANTED = 4
"""The direction of text that runs neither along nor across the page, such as a watermark."""
# In quarter turns: a page that lay askew in the scanner is turned by less.
_MAX_SKEW = 0.12
# From 0 to 255: half transparent, and a grey that is meant to be read through.
_MIN_OPACITY = 140
_PALE = 150
_SEMIBOLD = 600  # on the scale of font weights, 400 is regular and 700 bold


class CharGeometry:
    """Reads the geometry of the characters of one text page, by their index.

    The C variables that pdfium writes into are allocated once: there are thousands of calls a page.
    """

    def __init__(self, textpage: pdfium.PdfTextPage) -> None:
        self._page = textpage.raw
        self._address = address(textpage.raw)
        self._sides = (ctypes.c_double * 4)()
        size, begin = ctypes.sizeof(ctypes.c_double), ctypes.addressof(self._sides)
        self._side_addresses = [begin + size * number for number in range(4)]
        self._colour = (ctypes.c_uint * 4)()
        size, begin = ctypes.sizeof(ctypes.c_uint), ctypes.addressof(self._colour)
        self._colour_addresses = [begin + size * number for number in range(4)]
        self._origin = [ctypes.c_double() for _ in range(2)]
        self._matrix = raw.FS_MATRIX()
        self._matrix_address = ctypes.addressof(self._matrix)
        self._name = ctypes.create_string_buffer(128)

    def box(self, index: int) -> tuple[float, float, float, float]:
        """Return left, right, bottom and top in points, from the lower left corner of the page."""
        char_box(self._address, index, *self._side_addresses)
        left, right, bottom, top = self._sides
        return left, right, bottom, top

    def origin(self, index: int) -> tuple[float, float]:
        """Return x and y of the point on the baseline where the character starts, in points."""
        raw.FPDFText_GetCharOrigin(self._page, index, *self._origin)
        return self._origin[0].value, self._origin[1].value

    def size_and_turn(self, index: int) -> tuple[float, int]:
        """Return the font size as drawn, in points, and the text direction.

        The direction is in quarter turns to the left, or `SLANTED`.
        """
        size: float = char_size(self._address, index)
        if not char_matrix(self._address, index, self._matrix_address):
            return size, 0
        matrix = self._matrix
        turns = math.atan2(matrix.b, matrix.a) / (math.pi / 2)
        turn = round(turns) % 4 if abs(turns - round(turns)) <= _MAX_SKEW else SLANTED
        # Many writers set size 1 and scale by the matrix: the nominal size alone says nothing.
        return size * math.hypot(matrix.c, matrix.d), turn

    def level(self, index: int) -> Level:
        """Return the font size and the place of the character."""
        left, right, _, _ = self.box(index)
        return Level(self.size_and_turn(index)[0], self.baseline(index), left, right)

    def baseline(self, index: int) -> float:
        """Return the y of the baseline, in points."""
        return self.origin(index)[1]

    def is_undeclared(self, index: int) -> bool:
        """Return whether the font does not say which character the glyph is.

        Then pdfium gives the number of the glyph in place of a character.
        """
        return bool(is_undeclared(self._address, index))

    def is_pale(self, index: int) -> bool:
        """Return whether the character is drawn in a light or a transparent colour."""
        if not fill_colour(self._address, index, *self._colour_addresses):
            return False
        *colour, opacity = self._colour
        return opacity < _MIN_OPACITY or min(colour) >= _PALE

    def is_bold(self, index: int) -> bool:
        """Return whether the character is set in bold, by the weight or the name of its font."""
        if raw.FPDFText_GetFontWeight(self._page, index) >= _SEMIBOLD:
            return True
        raw.FPDFText_GetFontInfo(self._page, index, self._name, len(self._name), ctypes.c_int())
        return bool(_BOLD_NAME.search(self._name.value.lower()))
