"""Find the page number in a line at the edge of a PDF page.

A number that grows from page to page is a page number only where it is placed like one: alone,
beside the word for page, or at an end of the line behind a gap or a sign. The number of an invoice
or a row grows too, and must stay in the text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from vouch.parsers.common.text.clean import one_line
from vouch.parsers.pdf.page import Run

_ROMAN = "[ivxlcIVXLC]{1,7}"
# Between dashes or other signs; a dash before a number alone is a minus.
_ALONE = re.compile(
    rf"(?P<dash>\s*[-–—]+\s*)?[\s|•·~*<(\[]*(\d{{1,4}}|{_ROMAN})[\s|•·~*>)\].]*"
    r"(?(dash)[-–—]+\s*)"
)
# The word for page in the languages of most documents, also shortened.
_WORD = (
    r"(?:page|pages|pag|pagina|página|pàgina|pág|strona|str|strana|stránka|seite|sida|side|sivu|"
    r"blad|bladzijde|blatt|oldal|sayfa|стр|страница|сторінка|σελ|σελίδα|halaman|trang|folio|"
    r"sheet|slide|folie|diapositiv[ae]|pg|p\s?a\s?g\s?e)"
)
_LETTER = r"(?:pp?|s)"  # means page at the start of a text only; elsewhere a second, or a quantity
_AFTER_WORD = re.compile(
    rf"(?:\b{_WORD}|^\W*{_LETTER})\b[.:]?\s*[-–—|]?\s*(\d{{1,6}})\b", re.IGNORECASE
)
_BEFORE_WORD = re.compile(rf"\W*(\d{{1,6}})\W{{1,3}}{_WORD}\W*", re.IGNORECASE)
_CJK = re.compile(r"(\d{1,6})\s*(?:页|頁|ページ|쪽)|(?:第|페이지)\s*(\d{1,6})(?!\d)")
# The number of pages behind the number: 3/12, 3 of 12, 3 von 12.
_OF_TOTAL = re.compile(
    r"\W*(\d{1,5})(?:\s*/\s*|\s+(?:of|von|de|di|sur|sobre|van|av|af|od|z|из|uit|fra)\s+)"
    r"(\d{1,5})\W*",
    re.IGNORECASE,
)
# Behind the number and the word, where nothing else is in the text.
_REST_OF_TOTAL = re.compile(r"\W*(?:\w{1,5}\W+)?(?:\d{1,6})?\W*")
_SIGN = r"[|•·–—-]"
_BEHIND_SIGN = re.compile(rf"^(\d{{1,4}})\s*{_SIGN}\s|\s{_SIGN}\s*(\d{{1,4}})$")
# What is numbered here is no page: `No. 7`, `Invoice #7`, `Employee: 7`.
_NUMBERED = re.compile(
    r"(?:[:#№]|\b(?:no|nos|nr|nrs|num|n[°ºo]|number|numéro|número|numero|nummer|numer|číslo|номер|"
    r"id|code|ref|reference|date|datum|total|sum|summe|amount|age|year|qty|quantity)\.?)$",
    re.IGNORECASE,
)
_YEARS = range(1900, 2100)
_MAX_LENGTH = 200  # characters; a longer line is text
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
# How far a number at an end of a line may lie from the position of its page, beside the number
# of pages: front matter and covers shift it by a few, order numbers by thousands.
_MAX_SHIFT = 20
# In font sizes: how far the number may be from the edge or the middle of the text.
_OFF_EDGE = 3.0


class Evidence(IntEnum):
    """How sure it is that a number is that of its page."""

    BESIDE = 1  # at an end of a line that has other words
    ALONE = 2
    WORD = 3


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a line that may be that of its page: its place in the line's text, its value.

    `is_all` means that the line says nothing else.
    """

    start: int
    end: int
    value: int
    evidence: Evidence
    is_all: bool = False


def text_of(cells: Sequence[Run]) -> str:
    """Return the texts of a line, with a space for each gap."""
    return " ".join(one_line(cell.text) for cell in cells)


def is_bare(text: str) -> bool:
    """Return whether a text is a short number, perhaps between signs, and nothing else."""
    return _ALONE.fullmatch(text) is not None


def numbers(cells: Sequence[Run], extent: tuple[float, float], pages: int) -> list[Number]:
    """Return the numbers in a line that may be its page's, the surest first.

    `cells` are the texts between wide gaps, `extent` the left and right edges of the text of its
    page, `pages` the number of pages of the document.
    """
    text = text_of(cells)
    if len(text) > _MAX_LENGTH:
        return []
    sure = [*_with_word(text), *_alone(text, pages)]
    return sure or list(_beside(text, cells, extent, pages))


def _with_word(text: str) -> Iterator[Number]:
    if match := _BEFORE_WORD.fullmatch(text):
        yield Number(match.start(1), match.end(1), int(match[1]), Evidence.WORD, is_all=True)
        return
    for match in (*_AFTER_WORD.finditer(text), *_CJK.finditer(text)):
        group = match.lastindex or 1
        before, behind = text[: match.start()], text[match.end() :]
        is_all = not any(map(str.isalnum, before)) and bool(_REST_OF_TOTAL.fullmatch(behind))
        yield Number(
            match.start(group), match.end(group), int(match[group]), Evidence.WORD, is_all=is_all
        )


def _alone(text: str, pages: int) -> Iterator[Number]:
    if match := _ALONE.fullmatch(text):
        if _is_year(_value(match[2]), pages):
            return
        yield Number(match.start(2), match.end(2), _value(match[2]), Evidence.ALONE, is_all=True)
    elif (match := _OF_TOTAL.fullmatch(text)) and _is_total(match, pages):
        yield Number(match.start(1), match.end(1), int(match[1]), Evidence.ALONE, is_all=True)


def _is_total(match: re.Match[str], pages: int) -> bool:
    """Return whether the second number may be that of pages, rather than a year: 12/2026."""
    number, total = int(match[1]), int(match[2])
    return number <= total and not _is_year(total, pages)


def _is_year(number: int, pages: int) -> bool:
    """Return whether a number is a year rather than that of a page, or of the pages."""
    return number in _YEARS and number > 2 * pages


def _beside(
    text: str, cells: Sequence[Run], extent: tuple[float, float], pages: int
) -> Iterator[Number]:
    """Yield the numbers behind a wide gap at the edges and in the middle, or behind a sign."""
    limit = 2 * max(pages, _MAX_SHIFT)
    for match in _BEHIND_SIGN.finditer(text):
        group = match.lastindex or 1
        words = text[: match.start()] + text[match.end() :]
        if len(words.split()) > 1 and int(match[group]) <= limit:
            yield Number(match.start(group), match.end(group), int(match[group]), Evidence.BESIDE)
    if len(cells) < 2:
        return
    offset = 0
    for number, cell in enumerate(cells):
        length = len(one_line(cell.text))
        before = one_line(cells[number - 1].text) if number else ""
        if _is_placed(cells, number, extent) and not _NUMBERED.search(before):
            yield from _in_cell(text[offset : offset + length], offset, limit, pages)
        offset += length + 1


def _in_cell(text: str, offset: int, limit: int, pages: int) -> Iterator[Number]:
    total = _OF_TOTAL.fullmatch(text)
    # 3/12 of twelve pages is as sure as a number alone.
    evidence = Evidence.ALONE if total and int(total[2]) == pages else Evidence.BESIDE
    for number in _alone(text, pages):
        if number.value <= limit:
            yield Number(offset + number.start, offset + number.end, number.value, evidence)


def _is_placed(cells: Sequence[Run], number: int, extent: tuple[float, float]) -> bool:
    """Return whether a text is at the edge of the page's text, or in its middle between others."""
    cell, (left, right) = cells[number], extent
    if 0 < number < len(cells) - 1:
        away = abs(cell.x0 + cell.x1 - left - right) / 2
    else:
        away = abs(cell.x0 - left) if number == 0 else abs(cell.x1 - right)
    return away <= _OFF_EDGE * cell.size


def _value(digits: str) -> int:
    """Return the value of an Arabic or a Roman number."""
    if digits.isdecimal():
        return int(digits)
    values = [_ROMAN_VALUES[letter] for letter in digits.lower()]
    return sum(
        -value if value < max(values[number:]) else value for number, value in enumerate(values)
    )
