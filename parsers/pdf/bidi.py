"""Text that is read from right to left: pdfium gives its words now in one order, now in the other, so places decide.

Words are ordered by where they stand, letters of a word by whether its first one stands left of its last.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

# Letters, without the figures and signs of these scripts, which have an order of their own.
RTL = re.compile(
    "[\u05d0-\u05ea\u05ef-\u05f2\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0700-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
)
_SPACES = re.compile(r"\S+")
_LEADING = re.compile(r"[.,:;!?\u060c\u061b\u061f]+")


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    x: float
    is_rtl: bool
    is_ltr: bool

    @property
    def as_ended(self) -> str:
        """With the punctuation that stands left of it, and so ends it where text runs to the left, at its end."""
        leading = _LEADING.match(self.text)
        return (
            self.text[leading.end() :] + leading[0]
            if leading and leading.end() < len(self.text)
            else self.text
        )


def in_logical_order(text: str, places: Sequence[float]) -> str:
    """A piece of a line as it is read; `places` holds the x of each of its characters."""
    words = [
        _word(found[0], places[found.start() : found.end()]) for found in _SPACES.finditer(text)
    ]
    is_rtl = sum(word.is_rtl for word in words) >= sum(word.is_ltr for word in words)
    words.sort(key=lambda word: word.x, reverse=is_rtl)
    ordered: list[_Word] = []
    for against, group in groupby(words, key=lambda word: _runs_against(word, is_rtl)):
        found = list(group)
        ordered += found[::-1] if against else found
    return " ".join(word.as_ended if is_rtl and not word.is_rtl else word.text for word in ordered)


def _runs_against(word: _Word, is_rtl: bool) -> bool:
    return word.is_ltr if is_rtl else word.is_rtl


def _word(text: str, places: Sequence[float]) -> _Word:
    is_rtl = bool(RTL.search(text))
    is_ltr = not is_rtl and any(unicodedata.bidirectional(character) == "L" for character in text)
    return _Word(
        _letters(text, places) if is_rtl else text, sum(places) / len(places), is_rtl, is_ltr
    )


def _letters(text: str, places: Sequence[float]) -> str:
    """A word from right to left: its letters, and signs before and behind them by their place."""
    first = next(number for number, character in enumerate(text) if RTL.match(character))
    end = len(text) - next(
        number for number, character in enumerate(reversed(text)) if RTL.match(character)
    )
    letters = (places[first], _core(text[first:end], places[first:end]))
    signs = (
        (places[start], text[start:stop])
        for start, stop in ((0, first), (end, len(text)))
        if start < stop
    )
    return "".join(part for _, part in sorted([*signs, letters], key=lambda pair: -pair[0]))


def _core(text: str, places: Sequence[float]) -> str:
    """Those of one glyph stay as they are, but where it is the whole word."""
    if len(set(places)) == 1:
        return text[::-1]
    if places[0] > places[-1]:
        return text
    glyphs = [
        [character for character, _ in glyph]
        for _, glyph in groupby(zip(text, places, strict=True), lambda pair: pair[1])
    ]
    return "".join("".join(glyph) for glyph in reversed(glyphs))
