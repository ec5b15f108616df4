"""Find the page number in a line at the edge of a PDF page.

A number that grows from page to page is a page number only where it is placed like one: alone,
after the word for page, before the number of pages, or at an end of the line behind a gap or a
sign. The number of an invoice or a row grows too, and must stay in the text.
"""

import re
from collections.abc import Iterator, Sequence

_ROMAN = "[ivxlcIVXLC]{1,7}"
_ALONE = re.compile(rf"[^\w]*(\d{{1,6}}|{_ROMAN})[^\w]*")
# The word for page in the languages of most documents, also shortened.
_AFTER_WORD = re.compile(
    r"\b(?:page|pages|pag|pagina|página|pág|strona|str|seite|sida|side|sivu|blad|bladzijde|"
    r"oldal|sayfa|стр|страница|сторінка|σελ|σελίδα|halaman|trang|pg|pp?|s)\b[.:]?\s*[-–—]?\s*"
    r"(\d{1,6})\b",
    re.IGNORECASE,
)
_OF = r"(?:\s*/\s*|\s+(?:of|von|de|di|sur|sobre|van|av|af|od|z|из)\s+)"
_PAGE_OF_TOTAL = re.compile(rf"\W*{_AFTER_WORD.pattern}(?:{_OF}\d{{1,6}})?\W*", re.IGNORECASE)
_CJK = re.compile(r"(\d{1,6})\s*(?:页|頁|ページ|쪽)|(?:第|페이지)\s*(\d{1,6})(?!\d)")
# Before the number of pages: 3/12, 3 of 12, 3 von 12.
_OF_TOTAL = re.compile(rf"(?<![\w/.,-])(\d{{1,5}}){_OF}(\d{{1,5}})(?![\w/.,-])", re.IGNORECASE)
_SIGN = r"[|•·–—/\\-]"
_BEHIND_SIGN = re.compile(rf"^(\d{{1,4}})\s*{_SIGN}\s|\s{_SIGN}\s*(\d{{1,4}})$")
_MAX_DIGITS = 4
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
# How far a number at an end of a line may lie from the position of its page, beside the number
# of pages: front matter and covers shift it by a few, order numbers by thousands.
_MAX_SHIFT = 20


def is_alone(text: str) -> bool:
    """Return whether a line is a number, perhaps between signs, and nothing else."""
    return _ALONE.fullmatch(text) is not None


def is_page_number(text: str) -> bool:
    """Return whether a line is a number as short as those of pages, alone or after that word."""
    is_short = is_alone(text) and sum(map(str.isalnum, text)) <= _MAX_DIGITS
    return is_short or _PAGE_OF_TOTAL.fullmatch(text) is not None


def numbers(text: str, cells: Sequence[str], pages: int) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and value of each number in a line that may be its page number.

    `cells` are the parts of `text` between wide gaps, joined by single spaces in it; `pages` is the
    number of pages of the document.
    """
    if len(cells) == 1 and (alone := _ALONE.fullmatch(text)):
        yield alone.start(1), alone.end(1), _value(alone[1])
        return
    for match in (*_AFTER_WORD.finditer(text), *_CJK.finditer(text)):
        group = match.lastindex or 1
        yield match.start(group), match.end(group), int(match[group])
    for match in _OF_TOTAL.finditer(text):
        if int(match[1]) <= int(match[2]):
            yield match.start(1), match.end(1), int(match[1])
    limit = 2 * max(pages, _MAX_SHIFT)
    for start, end, value in _at_ends(text, cells):
        if value <= limit:
            yield start, end, value


def _at_ends(text: str, cells: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield the numbers behind a wide gap, or a sign, at the start and at the end of a line."""
    for match in _BEHIND_SIGN.finditer(text):
        group = match.lastindex or 1
        yield match.start(group), match.end(group), int(match[group])
    if len(cells) < 2:
        return
    for cell, offset in ((cells[0], 0), (cells[-1], len(text) - len(cells[-1]))):
        if alone := _ALONE.fullmatch(cell):
            yield offset + alone.start(1), offset + alone.end(1), _value(alone[1])


def _value(digits: str) -> int:
    """Return the value of an Arabic or a Roman number."""
    if digits.isdecimal():
        return int(digits)
    values = [_ROMAN_VALUES[letter] for letter in digits.lower()]
    return sum(
        -value if value < max(values[number:]) else value for number, value in enumerate(values)
    )
