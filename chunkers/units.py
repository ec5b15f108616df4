"""Cut elements into units, the smallest pieces that chunks are made of.

These are sentences, table rows and lines of code, or words where one of them is too long.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sentencex import segment

from vouch.chunkers.border import Border
from vouch.chunkers.code_lines import code_lines
from vouch.chunkers.cuts import before_word, goes_on
from vouch.chunkers.leads import is_answered
from vouch.chunkers.token_index import TokenIndex
from vouch.schemas.documents.records import Element, ElementType

# What ends sentences in scripts that the segmenter has no rules for: Khmer, Tibetan, Javanese, …
_MORE_ENDS = re.compile(r"(?<=[។៕།༎༏꧉꧈᪨᪩᭟᥄])(?![។៕།༎༏꧉꧈᪨᪩᭟᥄\s])")


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

    def halves(self, text: str) -> "tuple[Unit, Unit]":
        """Return the unit as two."""
        middle = (self.start + self.end + 1) // 2
        middle = before_word(text, self.start, middle, self.end) or middle
        first = Unit(self.start, middle, self.tokens, self.number, self.border, self.mark)
        return first, Unit(middle, self.end, self.tokens, self.number, Border.WORD, self.mark)


def units(
    number: int, element: Element, index: TokenIndex, budget: int, border: Border
) -> Iterator[Unit]:
    """Yield the units of an element in order, each of at most `budget` tokens.

    `border` is that of the first.
    """
    for start, end, inner in _natural_parts(index.text, element):
        first = border if start == element.char_start else inner
        for a, b in _fitting_parts(start, end, index, budget):
            mark = zlib.crc32(index.text[a:b].encode("utf-8", "surrogatepass"))
            kind = first if a == start else Border.WORD
            yield Unit(a, b, index.count(a, b), number, kind, mark)


Part = tuple[int, int, Border]
"""A span, and the boundary before it where it is not the first of its element."""


def _natural_parts(text: str, element: Element) -> Iterator[Part]:
    """Yield the rows of a table, the lines of code, or the sentences of a text."""
    start, end = element.char_start, element.char_end
    if element.type is ElementType.TITLE:
        return iter([(start, end, Border.PART)])
    if element.table:
        return _rows(start, text[start:end].split("\n"))
    if element.type is ElementType.CODE:
        return _lines(start, text[start:end].splitlines(keepends=True))
    if element.type is ElementType.FIGURE:
        return _labels(start, text[start:end].split("\n"))
    return _parts_of_prose(start, _sentences(text[start:end]))


def _rows(start: int, rows: Iterable[str]) -> Iterator[Part]:
    for row in rows:
        if row.strip():
            yield start, start + len(row), Border.PART
        start += len(row) + 1


def _lines(start: int, lines: list[str]) -> Iterator[Part]:
    for line, border in zip(lines, code_lines(lines), strict=True):
        if line.strip():
            yield start, start + len(line), border
        start += len(line)


def _labels(start: int, lines: Iterable[str]) -> Iterator[Part]:
    """Yield the lines of a figure, which are labels or sentences."""
    for line in lines:
        yield from _parts_of_prose(start, _sentences(line))
        start += len(line) + 1


def _parts_of_prose(start: int, sentences: Iterable[str]) -> Iterator[Part]:
    above = ""
    for sentence in sentences:
        if sentence.strip():
            is_bound = bool(above) and is_answered(above, sentence)
            yield start, start + len(sentence), Border.BEHIND_LEAD if is_bound else Border.PART
            above = sentence
        start += len(sentence)


def _sentences(text: str) -> list[str]:
    """Return sentences that add up to `text`.

    English rules are those that the segmenter falls back to for unknown languages.
    """
    sentences: list[str] = list(segment("en", text))
    if "".join(sentences) != text:
        sentences = text.splitlines(keepends=True)
    whole: list[str] = []
    for sentence in (part for long in sentences for part in _MORE_ENDS.split(long)):
        if whole and goes_on(sentence, 0):
            whole[-1] += sentence
        else:
            whole.append(sentence)
    return whole


def _fitting_parts(
    start: int, end: int, index: TokenIndex, budget: int
) -> Iterator[tuple[int, int]]:
    """Yield a span in pieces that fit; the last two are of about the same size."""
    while not index.fits(start, end, budget):
        limit = index.furthest(start, end, budget)
        is_last_but_one = index.fits(limit, end, budget)
        aim = min(limit, (start + end + 1) // 2) if is_last_but_one else limit
        cut = (
            before_word(index.text, start, aim, end)
            or before_word(index.text, start, limit, end)
            or limit
        )
        yield start, cut
        start = cut
    yield start, end
