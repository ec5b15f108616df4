"""Put right-to-left text into logical order by the positions of its characters.

pdfium returns the words of such a line sometimes in logical and sometimes in visual order, so its
order carries no information. Words are sorted by where they are drawn; the letters of a word are
reversed where its first letter is drawn left of its last.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

# Letters only: the digits and signs of these scripts have a direction of their own.
RTL = re.compile(
    "[\u05d0-\u05ea\u05ef-\u05f2\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0700-\u08ff"
    "\ufb1d-\ufdff\ufe70-\ufefc]"
)
_WORDS = re.compile(r"\S+")
_LEADING_PUNCTUATION = re.compile(r"[.,:;!?\u060c\u061b\u061f]+")


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    x: float
    is_rtl: bool
    is_ltr: bool

    @property
    def with_trailing_punctuation(self) -> str:
        """The word with the punctuation left of it moved to its end.

        In a line that runs to the left, a full stop after `12` is drawn left of it.
        """
        leading = _LEADING_PUNCTUATION.match(self.text)
        if not leading or leading.end() == len(self.text):
            return self.text
        return self.text[leading.end() :] + leading[0]


def in_logical_order(text: str, places: Sequence[float]) -> str:
    """Return a piece of a line in the order it is read; `places` are the x of its characters."""
    words = [
        _word(match[0], places[match.start() : match.end()]) for match in _WORDS.finditer(text)
    ]
    is_rtl = sum(word.is_rtl for word in words) >= sum(word.is_ltr for word in words)
    words.sort(key=lambda word: word.x, reverse=is_rtl)
    ordered: list[_Word] = []
    # Words of the opposite direction keep their own order within the line: two English words in
    # an Arabic line are read from left to right.
    for is_opposite, group in groupby(
        words, key=lambda word: word.is_ltr if is_rtl else word.is_rtl
    ):
        run = list(group)
        ordered += run[::-1] if is_opposite else run
    return " ".join(
        word.with_trailing_punctuation if is_rtl and not word.is_rtl else word.text
        for word in ordered
    )


def _word(text: str, places: Sequence[float]) -> _Word:
    x = sum(places) / len(places)
    if RTL.search(text):
        return _Word(_ordered_word(text, places), x, is_rtl=True, is_ltr=False)
    is_ltr = any(unicodedata.bidirectional(character) == "L" for character in text)
    return _Word(text, x, is_rtl=False, is_ltr=is_ltr)


def _ordered_word(text: str, places: Sequence[float]) -> str:
    """Order a right-to-left word: its letters, and the signs before and after them, by place."""
    first = next(number for number, character in enumerate(text) if RTL.match(character))
    end = len(text) - next(
        number for number, character in enumerate(reversed(text)) if RTL.match(character)
    )
    letters = (places[first], _ordered_letters(text[first:end], places[first:end]))
    signs = (
        (places[start], text[start:stop])
        for start, stop in ((0, first), (end, len(text)))
        if start < stop
    )
    return "".join(part for _, part in sorted([*signs, letters], key=lambda pair: -pair[0]))


def _ordered_letters(text: str, places: Sequence[float]) -> str:
    """Reverse letters that are stored from left to right, glyph by glyph.

    Characters at one place come from one glyph (a ligature) and keep their order, except where
    that glyph is the whole word: then pdfium has reversed it.
    """
    if len(set(places)) == 1:
        return text[::-1]
    if places[0] > places[-1]:
        return text
    glyphs = [
        "".join(character for character, _ in glyph)
        for _, glyph in groupby(zip(text, places, strict=True), lambda pair: pair[1])
    ]
    return "".join(reversed(glyphs))
