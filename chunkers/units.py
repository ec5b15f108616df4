"""Cuts elements into units, the smallest things that the chunker moves: sentences, rows, lines, or words where they must be."""

import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from sentencex import segment

from vouch.schemas.records import Element, ElementType, Span, Tokenizer

# A word without white space can be one token ("[UNK]") however long it is, so characters are bounded too.
MAX_CHARS_PER_TOKEN = 12


class Border(IntEnum):
    """How good a place the beginning of a unit is to begin a chunk."""

    BEHIND_TITLE = 0
    WORD = 1
    PART = 2
    ELEMENT = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """A span with its tokens. `number` is its element's; `mark` a hash of its text, by which equal borders are told apart."""

    start: int
    end: int
    tokens: int
    number: int
    border: Border
    mark: int


class TokenIndex:
    """Counts tokens in spans of one element, after one pass of the tokenizer over it."""

    def __init__(self, text: str, element: Element, tokenizer: Tokenizer) -> None:
        self.text = text
        base = element.char_start
        spans = tokenizer.offsets(text[base : element.char_end])
        self._starts = [base + start for start, _ in spans]

    def count(self, start: int, end: int) -> int:
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)

    def fits(self, start: int, end: int, budget: int) -> bool:
        return end - start <= budget * MAX_CHARS_PER_TOKEN and self.count(start, end) <= budget

    def furthest(self, start: int, end: int, budget: int) -> int:
        """The largest cut in `(start, end]` with at most `budget` tokens before it, and bounded characters."""
        cut = min(end, start + budget * MAX_CHARS_PER_TOKEN)
        after = bisect_left(self._starts, start) + budget
        if after < len(self._starts):
            cut = min(cut, self._starts[after])
        return max(cut, start + 1)


def units(
    number: int, element: Element, index: TokenIndex, budget: int, border: Border
) -> Iterator[Unit]:
    """The units of an element, in order, none above `budget` tokens; `border` is that of the first."""
    for start, end in _natural(index.text, element):
        for a, b in _words(start, end, index, budget):
            kind = border if a == element.char_start else Border.PART if a == start else Border.WORD
            mark = zlib.crc32(index.text[a:b].encode("utf-8", "surrogatepass"))
            yield Unit(a, b, index.count(a, b), number, kind, mark)


def _natural(text: str, element: Element) -> Iterator[Span]:
    """The element's own parts: a table's rows, code's lines, a text's sentences."""
    start, end = element.char_start, element.char_end
    if element.type is ElementType.TITLE:
        return iter([(start, end)])
    if element.table:
        parts: Iterable[str] = text[start:end].split("\n")
        return _spans(start, parts, gap=1)
    if element.type is ElementType.CODE:
        return _spans(start, text[start:end].splitlines(keepends=True), gap=0)
    return _spans(start, _sentences(text[start:end]), gap=0)


def _sentences(text: str) -> list[str]:
    """Sentences that add up to `text`. The segmenter falls back to English rules for unknown languages."""
    sentences: list[str] = list(segment("en", text))
    return sentences if "".join(sentences) == text else text.splitlines(keepends=True)


def _spans(start: int, parts: Iterable[str], gap: int) -> Iterator[Span]:
    for part in parts:
        if part.strip():
            yield start, start + len(part)
        start += len(part) + gap


def _words(start: int, end: int, index: TokenIndex, budget: int) -> Iterator[Span]:
    """A span in pieces that fit, cut before a word where there is white space in the latter half."""
    while not index.fits(start, end, budget):
        cut = index.furthest(start, end, budget)
        if cut >= end:
            cut = start + max(1, (end - start) // 2)
        space = _last_space(index.text, start + (cut - start) // 2, cut)
        cut = space if space > start else cut
        yield start, cut
        start = cut
    yield start, end


def _last_space(text: str, start: int, end: int) -> int:
    """Behind the last white space in a span, or -1."""
    for position in range(end, start, -1):
        if text[position - 1].isspace():
            return position
    return -1
