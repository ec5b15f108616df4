"""Read pages by pdfminer.six whose East Asian fonts are not in the file, or write downwards.

pdfium knows no widths of fonts that are missing, and leaves most of their characters out; columns
of vertical writing it gives from the left. pdfminer.six has the tables of these fonts, and gives
the place of each character.
"""

import ctypes
import io
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from statistics import median_low

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from pdfminer.converter import PDFLayoutAnalyzer
from pdfminer.layout import LTChar, LTFigure, LTPage
from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser

from vouch.parsers.common.zip_safety import contained
from vouch.parsers.pdf.page import RUN_GAP, PageText, Run
from vouch.parsers.pdf.pdfium_calls import (
    Handle,
    address,
    object_at,
    object_bounds,
    object_type,
)
from vouch.parsers.pdf.text.lines import WORD_GAP
from vouch.schemas.errors import DocumentRejected

_EAST_ASIAN = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_UNSPACED = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# Characters: on a page with fewer, those without a place may be East Asian, whatever these are.
_FEW = 200
# Of pdfium's characters: pdfminer.six has to find this many more. Widths are also missing where
# each space is an object of its own.
_MIN_GAIN = 1.1
# A page of a drawing program has tens of thousands of objects; its text is among the first.
_MAX_OBJECTS = 5_000
# In font sizes a character: a narrower line has its characters below each other.
_MIN_WIDTH = 0.3
_MIN_SHARE = 0.1  # of the text objects; fewer may be empty ones
# In font sizes: how far a character may be beside the line of the one before it.
_MAX_SHIFT = 0.3
# In font sizes: a bracket is drawn into the empty half of the full stop before it.
_MAX_OVERLAP = 0.6
# Of the usual font size: smaller characters beside a column say how it is read.
_READING_SIZE = 0.7
# A band has a fifth of the columns at least, and one in twenty at most crosses its end.
_BAND_SHARE = 5
_MAX_CROSSING = 0.05
_DOWNWARDS = 3  # the direction of the text in quarter turns


def lacks_places(page: pdfium.PdfPage, text: PageText) -> bool:
    """Return whether pdfium does not know where much of the East Asian text of a page is.

    Pages with much text in other scripts only are not inspected.
    """
    east_asian = [run for run in text.runs if _EAST_ASIAN.search(run.text)]
    if not east_asian and _length(text) > _FEW:
        return False
    if any(
        len(run.text) > 2 and run.x1 - run.x0 < _MIN_WIDTH * run.size * len(run.text)
        for run in east_asian
    ):
        return True
    sides = (ctypes.c_float * 4)()
    step, begin = ctypes.sizeof(ctypes.c_float), ctypes.addressof(sides)
    places = [begin + step * number for number in range(4)]
    count = lacking = 0
    for number in range(min(raw.FPDFPage_CountObjects(page.raw), _MAX_OBJECTS)):
        item = object_at(address(page.raw), number)
        if object_type(item) == raw.FPDF_PAGEOBJ_TEXT and object_bounds(item, *places):
            left, bottom, right, top = sides
            count += 1
            lacking += min(right - left, top - bottom) < 0.01
    return lacking > _MIN_SHARE * count


class PdfminerPages:
    """Reads pages of a document by pdfminer.six, which opens it for the first of them."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._device = _Characters()

    def read(self, number: int, text: PageText) -> PageText | None:
        """Return the text of a page; None where `text`, by pdfium, is as good.

        `number` counts from 0. Where most text runs downwards, the places are those of the page
        turned, as for all text in that direction: columns are lines from the right edge of the
        page.
        """
        if number >= len(self._pages):
            return None
        try:
            with contained("PDF"):
                interpreter = PDFPageInterpreter(self._device.rsrcmgr, self._device)
                interpreter.process_page(self._pages[number])
        except DocumentRejected:  # what it cannot read stays as pdfium reads it
            return None
        characters = self._device.characters
        chains = list(_chains(characters))
        below = sum(len(chain) for chain, is_below in chains if is_below)
        if below * 2 > len(characters):
            return _vertical(chains)
        runs = (_level(chain) for chain, _ in chains)
        level = PageText(tuple(run for run in runs if run.text), (), 0, is_readable=True)
        return level if _length(level) > _MIN_GAIN * _length(text) else None

    @cached_property
    def _pages(self) -> list[PDFPage]:
        try:
            with contained("PDF"):
                document = PDFDocument(PDFParser(io.BytesIO(self._data)))
                return list(PDFPage.create_pages(document))
        except DocumentRejected:
            return []


def _length(text: PageText) -> int:
    """Return the number of characters that are no spaces."""
    return sum(len("".join(run.text.split())) for run in (*text.runs, *text.aside))


class _Characters(PDFLayoutAnalyzer):
    """Collects the characters of the last page in the order of the file."""

    def __init__(self) -> None:
        super().__init__(PDFResourceManager(), laparams=None)
        self.characters: list[LTChar] = []

    def receive_layout(self, ltpage: LTPage) -> None:
        self.characters = list(_characters(ltpage))

    def handle_undefined_char(self, font: Handle, cid: int) -> str:
        """Return no text for a glyph whose meaning is not declared."""
        return ""


def _characters(items: Iterable[Handle]) -> Iterator[LTChar]:
    for item in items:
        if isinstance(item, LTChar) and item.get_text().isprintable():
            yield item
        elif isinstance(item, LTFigure):
            yield from _characters(item)


def _vertical(chains: Sequence[tuple[list[LTChar], bool | None]]) -> PageText:
    """Return the text of a page with vertical writing."""
    usual = median_low(character.size for chain, _ in chains for character in chain)
    columns: list[Run] = []
    aside: list[Run] = []
    for chain, is_below in chains:
        # Readings beside the characters, in small type, would divide the columns.
        is_column = is_below is not False and chain[0].size >= _READING_SIZE * usual
        run = _level(chain) if is_below is False else _column(chain)
        if run.text:
            (columns if is_column else aside).append(run)
    return PageText(tuple(_in_bands(columns)), tuple(aside), _DOWNWARDS, is_readable=True)


def _chains(characters: Sequence[LTChar]) -> Iterator[tuple[list[LTChar], bool | None]]:
    """Yield characters that follow each other, and whether they do below each other or beside.

    For a single character it is None.
    """
    chain: list[LTChar] = []
    direction: bool | None = None
    for character in characters:
        following = _is_below(chain[-1], character) if chain else None
        if chain and (following is None or direction not in {None, following}):
            yield chain, direction
            chain, direction = [], None
        elif chain:
            direction = following
        chain.append(character)
    if chain:
        yield chain, direction


def _is_below(last: LTChar, character: LTChar) -> bool | None:
    """Return whether a character follows below another (True) or beside it (False), else None."""
    shift, least, most = (part * last.size for part in (_MAX_SHIFT, -_MAX_OVERLAP, RUN_GAP))
    if abs(last.y0 - character.y0) <= shift and least <= character.x0 - last.x1 <= most:
        return False
    if abs(last.x0 - character.x0) <= shift and least <= last.y0 - character.y1 <= most:
        return True
    return None


def _level(chain: Sequence[LTChar]) -> Run:
    """Return characters that follow to the right as a run, with spaces at gaps."""
    text = chain[0].get_text()
    for last, character in pairwise(chain):
        is_apart = character.x0 - last.x1 > WORD_GAP * last.size
        needs_space = is_apart and not _UNSPACED.search(text[-1:] + character.get_text())
        text += f" {character.get_text()}" if needs_space else character.get_text()
    return _run(chain, " ".join(text.split()), chain[0].x0, chain[-1].x1, chain[0].y0)


def _column(chain: Sequence[LTChar]) -> Run:
    """Return characters below each other as a run, on the page turned to the left."""
    text = "".join(character.get_text() for character in chain).strip()
    return _run(chain, text, -chain[0].y1, -chain[-1].y0, chain[0].x0)


def _run(chain: Sequence[LTChar], text: str, x0: float, x1: float, y: float) -> Run:
    size = chain[0].size or 1.0
    return Run(text, x0, x1, y, size, bold="bold" in chain[0].fontname.lower())


def _in_bands(columns: Sequence[Run]) -> list[Run]:
    """Return columns from the right edge of the page, one band after the other from its top.

    A band ends where hardly any column continues; those of a box may reach into the next one.
    """
    ends = sorted(run.x1 for run in columns)
    middle = ends[len(ends) // _BAND_SHARE : len(ends) - len(ends) // _BAND_SHARE]
    wide = [run for run in columns if run.x0 < run.x1]
    begins, stops = sorted(run.x0 for run in wide), sorted(run.x1 for run in wide)
    crossing = {x: bisect_left(begins, x) - bisect_right(stops, x) for x in middle}
    half = len(ends) / 2
    end = min(crossing, key=lambda x: (crossing[x], abs(bisect_right(ends, x) - half)), default=0.0)
    above = [run for run in columns if run.x0 + run.x1 < 2 * end]
    below = [run for run in columns if run.x0 + run.x1 >= 2 * end]
    is_cut = min(len(above), len(below)) * _BAND_SHARE >= len(columns)
    if is_cut and crossing[end] <= _MAX_CROSSING * len(columns):
        return [*_in_bands(above), *_in_bands(below)]
    return sorted(columns, key=lambda run: (-run.y, run.x0))
