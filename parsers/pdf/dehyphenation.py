"""Lines of a paragraph joined to running text: with hyphens that cut a word gone, and those of compounds kept."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from vouch.parsers.pdf.lines import Line
from vouch.parsers.pdf.page import LEADER

_COMPOUND = re.compile(r"\w+-\w+")
# Words that no hyphen cuts, and none at the end of a line.
_INNER_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?![\w-])(?=.)")
_SIGNS = re.compile(r"[\w)][/@:_#=&.~-]\w|\d")
_ADDRESS = re.compile(r"[/@_#=&~]")
MIN_HALF = 5  # letters; shorter halves are words by chance
_HYPHENS = ("-", "\u00ad", "\u2010")
_WORD_END = re.compile(r"\w*\w-?$")
_WORD_START = re.compile(r"^\w+")
_LONGEST = 100  # characters of a word that are looked at
_FILLED_BUT = 0.25


class Joiner:
    """Joins lines. A hyphen at a line's end goes, unless the document writes that word with a hyphen elsewhere, or both
    its halves as words and never the whole, or the hyphen is part of a name or an address.

    It stays too where the document cuts no words: none of those at its lines' ends stands there whole, and most of their
    halves are words of their own.
    """

    def __init__(self, lines: Iterable[Line]) -> None:
        every = list(lines)
        self._compounds = {
            found.lower() for line in every for found in _COMPOUND.findall(line.text)
        }
        self._words = {found for line in every for found in _INNER_WORD.findall(line.text)}
        halves = [
            _halves(last.text, line.text)
            for last, line in pairwise(every)
            if self.is_cut(last.text, last)
        ]
        whole = sum(before + after in self._words for before, after in halves)
        compounds = sum({before, after} <= self._words for before, after in halves)
        self._cuts_words = whole > 0 or compounds * 2 < len(halves)

    def join(self, lines: Sequence[Line]) -> str:
        """Running text as one line; a line that was broken on purpose stays one."""
        text = lines[0].text
        fills = _fills(lines)
        for last, line in pairwise(lines):
            space = "\n" if _is_entry(last) or (last.is_broken and not fills) else " "
            text = (
                self.joined(text, line.text, last)
                if self.is_cut(text, last)
                else text + space + line.text
            )
        return text

    @staticmethod
    def is_cut(text: str, last: Line) -> bool:
        """Does a text, that ends with the line `last`, end within a word?"""
        return last.hyphenated or (text.endswith(_HYPHENS) and text[-2:-1].isalpha())

    def joined(self, text: str, line: str, last: Line) -> str:
        """A text that is cut within a word and the line that follows."""
        stem = text.rstrip("".join(_HYPHENS))
        is_whole = (
            not line[:1].islower()
            or _is_name(stem, line)
            or self._is_compound(*_halves(stem, line))
        )
        keeps_hyphen = is_whole or not self._cuts_words
        return f"{stem}-{line}" if keeps_hyphen else stem + line

    def _is_compound(self, before: str, after: str) -> bool:
        if f"{before}-{after}".lower() in self._compounds:
            return True
        long = min(len(before), len(after)) >= MIN_HALF
        return long and {before, after} <= self._words and before + after not in self._words


def _halves(text: str, line: str) -> tuple[str, str]:
    """What stands before the hyphen at a text's end, and what begins the line behind it."""
    end = text[-_LONGEST:].rstrip("".join(_HYPHENS))
    before, after = _WORD_END.search(end), _WORD_START.match(line[:_LONGEST])
    return before[0] if before else "", after[0] if after else ""


def _is_name(stem: str, line: str) -> bool:
    """Is the word an address, or one with signs, figures or hyphens in it already?"""
    word = stem.rpartition(" ")[2]
    is_acronym = len(word) > 1 and word.isupper()
    return is_acronym or bool(_SIGNS.search(word) or _ADDRESS.search(line.partition(" ")[0]))


def _is_entry(line: Line) -> bool:
    """Is it a line of a table of contents?"""
    return f" {LEADER} " in line.text


def _fills(lines: Sequence[Line]) -> bool:
    """Do all lines but the last reach about as far? Then they are running text, however narrow."""
    right = max(line.x1 for line in lines)
    width = right - min(line.x0 for line in lines)
    return len(lines) > 2 and min(line.x1 for line in lines[:-1]) > right - _FILLED_BUT * width
