"""Join the lines of a paragraph: drop hyphens that divide a word, keep those of compounds."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from vouch.parsers.pdf.page import LEADER
from vouch.parsers.pdf.text.lines import Line

# From the beginning of a word: in the middle of a long one, each place would be searched from.
_COMPOUND = re.compile(r"(?<!\w)\w+-\w+")
# Words without a hyphen beside them, except the last of a line, which may be half a word.
_INNER_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?![\w-])(?=.)")
_SIGNS = re.compile(r"[\w)][/@:_#=&.~-]\w|\d")
_ADDRESS = re.compile(r"[/@_#=&~]")
# A link that may continue in the next line, and how: a word would be the next of the text.
_OPEN_ADDRESS = re.compile(r"(?:https?://|\bwww\.)[^\s)>\]]*[/=&?_%#~]$")
_REST_OF_ADDRESS = re.compile(r"(?!https?:|www\.)[\w.~%-]*[/=&?_%#\d]")
_MAX_ADDRESS = 500
_OPEN_RANGE = re.compile(r"\d[-‐–]$")
# Letters. Shorter halves (`in-`, `re-`, `for-`) are words of their own by chance, which would keep
# the hyphen of `inter-national`.
MIN_HALF = 5
_HYPHENS = ("-", "\u00ad", "\u2010")
# Thai, Lao, Tibetan, Burmese, Khmer, Chinese and Japanese, with their punctuation: scripts that put
# no spaces between words.
_UNSPACED = re.compile(
    "[\u0e00-\u109f\u1780-\u17ff\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff9f"
    "\U00020000-\U0003ffff]{2}"
)
_WORD_END = re.compile(r"\w*\w-?$")
_WORD_START = re.compile(r"^\w+")
# Characters of a word that are inspected. The patterns above are quadratic in the length of a
# word, which a file made to slow parsers down could make as long as the page.
_MAX_WORD = 100
# Of the width of a paragraph. Ragged-right text ends up to a quarter early; an address or a verse
# has some line that ends earlier.
_RAGGEDNESS = 0.25


class Joiner:
    """Joins lines, with what a whole document shows about its hyphens.

    A hyphen at the end of a line is dropped, unless the document writes that word with a hyphen
    elsewhere, or writes both halves as words and never the whole, or the hyphen is part of a name
    or an address.

    It is also kept where the document divides no words: then none of the words at its line ends
    occurs whole, and most of their halves occur as words.
    """

    def __init__(self, lines: Iterable[Line]) -> None:
        document = list(lines)
        self._compounds = {
            compound.lower() for line in document for compound in _COMPOUND.findall(line.text)
        }
        self._words = {word for line in document for word in _INNER_WORD.findall(line.text)}
        halves = [
            _halves(last.text, line.text)
            for last, line in pairwise(document)
            if self.is_divided(last.text, last)
        ]
        whole = sum(before + after in self._words for before, after in halves)
        compounds = sum({before, after} <= self._words for before, after in halves)
        self._divides_words = whole > 0 or compounds * 2 < len(halves)

    def join(self, lines: Sequence[Line]) -> str:
        """Return the lines as one line of text; a line that was broken on purpose stays one."""
        text = lines[0].text
        is_running_text = _is_running_text(lines)
        for last, line in pairwise(lines):
            if self.is_divided(text, last):
                text = self.join_word(text, line.text, last)
                continue
            is_contents_entry = f" {LEADER} " in last.text
            keeps_break = is_contents_entry or (last.is_broken and not is_running_text)
            is_unspaced = _UNSPACED.fullmatch(text[-1:] + line.text[:1])
            if not keeps_break and (is_unspaced or _is_cut(text, line.text)):
                text += line.text
            else:
                text += ("\n" if keeps_break else " ") + line.text
        return text

    @staticmethod
    def is_divided(text: str, last: Line) -> bool:
        """Return whether a text that ends with the line `last` ends within a word."""
        return last.hyphenated or (text.endswith(_HYPHENS) and text[-2:-1].isalpha())

    def join_word(self, text: str, line: str, last: Line) -> str:
        """Join a text that ends within a word and the line after it."""
        stem = text.rstrip("".join(_HYPHENS))
        keeps_hyphen = (
            not self._divides_words
            or not line[:1].islower()
            or _is_name(stem, line)
            or self._is_compound(*_halves(stem, line))
        )
        return f"{stem}-{line}" if keeps_hyphen else stem + line

    def _is_compound(self, before: str, after: str) -> bool:
        if f"{before}-{after}".lower() in self._compounds:
            return True
        is_long = min(len(before), len(after)) >= MIN_HALF
        return is_long and {before, after} <= self._words and before + after not in self._words


def _is_cut(text: str, line: str) -> bool:
    """Return whether a line break is within a link, or within numbers such as 10-20."""
    if _OPEN_ADDRESS.search(text[-_MAX_ADDRESS:]) and _REST_OF_ADDRESS.match(line):
        return True
    return bool(_OPEN_RANGE.search(text[-2:])) and line[:1].isdigit()


def _halves(text: str, line: str) -> tuple[str, str]:
    """Return the part of a word before the hyphen that ends a text, and the part after it."""
    end = text[-_MAX_WORD:].rstrip("".join(_HYPHENS))
    before, after = _WORD_END.search(end), _WORD_START.match(line[:_MAX_WORD])
    return before[0] if before else "", after[0] if after else ""


def _is_name(stem: str, line: str) -> bool:
    """Return whether the divided word is an acronym or an address, or has signs or digits in it."""
    word = stem.rpartition(" ")[2]
    is_acronym = len(word) > 1 and word.isupper()
    return is_acronym or bool(_SIGNS.search(word) or _ADDRESS.search(line.partition(" ")[0]))


def _is_running_text(lines: Sequence[Line]) -> bool:
    """Return whether all lines but the last end at about the same x, however narrow they are."""
    right = max(line.x1 for line in lines)
    width = right - min(line.x0 for line in lines)
    return len(lines) > 2 and min(line.x1 for line in lines[:-1]) > right - _RAGGEDNESS * width
