"""Cuts elements into units that fit a budget of tokens: whole elements where they fit, else rows, lines, sentences, words.

A unit is the smallest thing that the chunker moves; its borders are the best that its element has.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sentencex import segment

from schemas.records import Element, ElementType, Span, Tokenizer

# A word without white space can be one token ("[UNK]") however long it is, so characters are bounded too.
MAX_CHARS_PER_TOKEN = 12


@dataclass(frozen=True, slots=True)
class Unit:
    """A span with its tokens. `whole` says that it is its element; `number` is the element's."""

    start: int
    end: int
    tokens: int
    number: int
    whole: bool


class TokenIndex:
    """Counts tokens in spans of one element, after one pass of the tokenizer over it."""

    def __init__(self, text: str, element: Element, tokenizer: Tokenizer) -> None:
        self.text = text
        base = element.char_start
        spans = tokenizer.offsets(text[base : element.char_end])
        self._starts = [base + start for start, _ in spans]

    def count(self, start: int, end: int) -> int:
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)

    def furthest(self, start: int, end: int, budget: int) -> int:
        """The largest cut in `(start, end]` with at most `budget` tokens before it, and bounded characters."""
        cut = min(end, start + budget * MAX_CHARS_PER_TOKEN)
        after = bisect_left(self._starts, start) + budget
        if after < len(self._starts):
            cut = min(cut, self._starts[after])
        return max(cut, start + 1)

    def tail(self, start: int, end: int, tokens: int) -> int:
        """Where the last `tokens` tokens of a span begin, moved forward to a word's beginning."""
        position = max(bisect_left(self._starts, start), bisect_left(self._starts, end) - tokens)
        starts = self._starts[position : bisect_right(self._starts, end - 1)]
        earliest = end - tokens * MAX_CHARS_PER_TOKEN
        return next((at for at in starts if at >= earliest and (at == start or self.text[at - 1].isspace())), end)


def units(text: str, number: int, element: Element, index: TokenIndex, budget: int, row_budget: int) -> Iterator[Unit]:
    """The units of an element, in order, none above `budget` tokens (a table's rows: `row_budget`)."""
    start, end = element.char_start, element.char_end
    if _fits(index, start, end, budget):
        yield Unit(start, end, index.count(start, end), number, whole=True)
        return
    limit = row_budget if element.table else budget
    for a, b in _natural(text, element):
        for c, d in _words(text, a, b, index, limit):
            yield Unit(c, d, index.count(c, d), number, whole=False)


def _fits(index: TokenIndex, start: int, end: int, budget: int) -> bool:
    return end - start <= budget * MAX_CHARS_PER_TOKEN and index.count(start, end) <= budget


def _natural(text: str, element: Element) -> Iterator[Span]:
    """The element's own parts: a table's rows, code's lines, a text's sentences."""
    start, end = element.char_start, element.char_end
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


def _words(text: str, start: int, end: int, index: TokenIndex, budget: int) -> Iterator[Span]:
    """A span in pieces that fit, cut before a word where there is white space in the latter half."""
    while not _fits(index, start, end, budget):
        cut = index.furthest(start, end, budget)
        if cut >= end:
            cut = start + max(1, (end - start) // 2)
        space = _last_space(text, start + (cut - start) // 2, cut)
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
