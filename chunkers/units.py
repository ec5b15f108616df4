"""Cut elements into units, the smallest pieces that chunks are made of.

These are sentences, table rows and lines of code, or words where one of them is too long.
"""

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from sentencex import segment

from vouch.schemas.records import Element, ElementType, Span, Tokenizer

# A word can be one token ("[UNK]") however long it is, so characters are bounded too.
MAX_CHARS_PER_TOKEN = 12
_PIECE = 200_000  # characters that are tokenized at once


class Border(IntEnum):
    """How good a place the beginning of a unit is to begin a chunk; larger is better."""

    BEHIND_TITLE = 0
    WORD = 1
    PART = 2
    ELEMENT = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """A span with its token count.

    `number` is that of its element. `mark` is a hash of its text, which decides between equally
    good boundaries.
    """

    start: int
    end: int
    tokens: int
    number: int
    border: Border
    mark: int


class TokenIndex:
    """Counts tokens in spans of an element, after one pass of the tokenizer over it.

    A large element, such as a log without empty lines, is tokenized in pieces, because a token
    takes a hundred times the memory of its letters.
    """

    def __init__(self, text: str, element: Element, tokenizer: Tokenizer) -> None:
        self.text = text
        self._starts = array("q")
        start = element.char_start
        while start < element.char_end:
            end = _end_of_piece(text, start, element.char_end)
            self._starts.extend(start + token for token, _ in tokenizer.offsets(text[start:end]))
            start = end

    def count(self, start: int, end: int) -> int:
        """Return the number of tokens that begin in a span."""
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)

    def fits(self, start: int, end: int, budget: int) -> bool:
        """Return whether a span has at most `budget` tokens, and not too many characters."""
        return end - start <= budget * MAX_CHARS_PER_TOKEN and self.count(start, end) <= budget

    def furthest(self, start: int, end: int, budget: int) -> int:
        """Return the largest cut in `(start, end]` such that the part before it fits."""
        cut = min(end, start + budget * MAX_CHARS_PER_TOKEN)
        after = bisect_left(self._starts, start) + budget
        if after < len(self._starts):
            cut = min(cut, self._starts[after])
        return max(cut, start + 1)


def _end_of_piece(text: str, start: int, end: int) -> int:
    """Return where the next piece to tokenize ends: all of it, or before white space if possible.

    The space goes with the word behind it, as tokenizers see it.
    """
    if end - start <= _PIECE:
        return end
    latest = start + _PIECE
    space = _behind_last_space(text, start + _PIECE // 2, latest)
    return space - 1 if space > 0 else latest


def units(
    number: int, element: Element, index: TokenIndex, budget: int, border: Border
) -> Iterator[Unit]:
    """Yield the units of an element in order, each of at most `budget` tokens.

    `border` is that of the first.
    """
    for start, end in _natural_parts(index.text, element):
        for a, b in _fitting_parts(start, end, index, budget):
            kind = border if a == element.char_start else Border.PART if a == start else Border.WORD
            mark = zlib.crc32(index.text[a:b].encode("utf-8", "surrogatepass"))
            yield Unit(a, b, index.count(a, b), number, kind, mark)


def _natural_parts(text: str, element: Element) -> Iterator[Span]:
    """Yield the rows of a table, the lines of code, or the sentences of a text."""
    start, end = element.char_start, element.char_end
    if element.type is ElementType.TITLE:
        return iter([(start, end)])
    if element.table:
        return _spans(start, text[start:end].split("\n"), gap=1)
    if element.type is ElementType.CODE:
        return _spans(start, text[start:end].splitlines(keepends=True), gap=0)
    return _spans(start, _sentences(text[start:end]), gap=0)


def _sentences(text: str) -> list[str]:
    """Return sentences that add up to `text`.

    English rules are those that the segmenter falls back to for unknown languages.
    """
    sentences: list[str] = list(segment("en", text))
    return sentences if "".join(sentences) == text else text.splitlines(keepends=True)


def _spans(start: int, parts: Iterable[str], gap: int) -> Iterator[Span]:
    for part in parts:
        if part.strip():
            yield start, start + len(part)
        start += len(part) + gap


def _fitting_parts(start: int, end: int, index: TokenIndex, budget: int) -> Iterator[Span]:
    """Yield a span in pieces that fit, cut before a word if white space is in the latter half."""
    while not index.fits(start, end, budget):
        cut = index.furthest(start, end, budget)
        if cut >= end:
            cut = start + max(1, (end - start) // 2)
        space = _behind_last_space(index.text, start + (cut - start) // 2, cut)
        cut = space if space > start else cut
        yield start, cut
        start = cut
    yield start, end


def _behind_last_space(text: str, start: int, end: int) -> int:
    """Return the position behind the last white space in a span, or -1."""
    for position in range(end, start, -1):
        if text[position - 1].isspace():
            return position
    return -1
