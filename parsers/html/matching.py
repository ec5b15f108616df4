"""Finds the blocks of a page in a text that was extracted from it.

Long blocks are placed first: each may be where its runs of words do, and of all these places
the heaviest chain in the order of the page is taken. A text that is on the page twice and once
in the extracted text is so found once. Short blocks, whose words are everywhere, are then looked
for between their neighbours only.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vouch.parsers.common.text.clean import composed

_WORD = re.compile(r"\w+")
# Soft hyphens, spaces of no width, marks of direction and of byte order.
_INVISIBLE = re.compile("[\xad\u200b-\u200f\u2060-\u2064\ufeff]")
_RUN = 3  # words that are compared at a time
_MIN_FOUND = 0.6  # of a block's runs of words: extractors leave out parts of some blocks
_MAX_PLACES = 8  # that are tried for one block: a repeated phrase may be anywhere


_NO_CHAIN = (0, 1)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block may be in the extracted text, in words."""

    block: int
    start: int
    end: int


def found_blocks(texts: Sequence[str], extracted: str) -> set[int]:
    """Return the indexes of those of `texts` that are in `extracted`, in order and once each."""
    words = _words(extracted)
    blocks = list(map(_words, texts))
    chain = _heaviest_chain(list(_places(blocks, words)))
    return {place.block for place in chain} | set(_short_blocks(blocks, words, chain))


def _words(text: str) -> list[str]:
    """Return the words of a text, without marks in them that extractors remove."""
    if not text.isascii():
        text = composed(_INVISIBLE.sub("", text))
    return _WORD.findall(text)


def _places(blocks: Sequence[Sequence[str]], words: Sequence[str]) -> Iterator[_Place]:
    """Yield the places of the long blocks, block by block."""
    extracted = list(_runs(words))
    first = dict(zip(reversed(extracted), range(len(extracted) - 1, -1, -1), strict=True))
    again: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, run in enumerate(extracted):
        if first[run] != position:
            again[run].append(position)
    for number, block in enumerate(blocks):
        if len(block) <= _RUN:
            continue
        runs = list(_runs(block))
        is_found = list(map(first.__contains__, runs))
        if sum(is_found) >= _MIN_FOUND * len(runs):
            offset = is_found.index(True)
            run = runs[offset]
            for position in (first[run], *again.get(run, ())[: _MAX_PLACES - 1]):
                yield _Place(number, position - offset, position - offset + len(block))


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[offset:] for offset in range(_RUN)), strict=False)


def _heaviest_chain(places: Sequence[_Place]) -> list[_Place]:
    """Return the places with the most words whose blocks and starts both increase."""
    starts = sorted({place.start for place in places})
    best = _PrefixMaximum(len(starts))
    before: list[int] = []  # per place: the one before it in its chain, -1 for none
    waiting: list[tuple[int, tuple[int, int]]] = []  # of the same block, which is there only once
    for number, place in enumerate(places):
        if number and places[number - 1].block != place.block:
            best.raise_all(waiting)
            waiting = []
        rank = bisect_left(starts, place.start)
        weight, last = best.below(rank)
        before.append(-last)
        waiting.append((rank, (weight + place.end - place.start, -number)))
    best.raise_all(waiting)
    chain: list[_Place] = []
    last = -best.below(len(starts))[1]
    while last >= 0:
        chain.append(places[last])
        last = before[last]
    return chain[::-1]


class _PrefixMaximum:
    """The heaviest chain that ends below a rank, in logarithmic time (a Fenwick tree).

    A chain is its words and the negative number of its last place, 1 for none: of equal ones the
    first on the page is taken.
    """

    def __init__(self, size: int) -> None:
        self._values = [_NO_CHAIN] * (size + 1)

    def below(self, rank: int) -> tuple[int, int]:
        value = _NO_CHAIN
        while rank > 0:
            value = max(value, self._values[rank])
            rank -= rank & -rank
        return value

    def raise_all(self, values: Sequence[tuple[int, tuple[int, int]]]) -> None:
        for rank, value in values:
            at = rank + 1
            while at < len(self._values):
                self._values[at] = max(value, self._values[at])
                at += at & -at


def _short_blocks(
    blocks: Sequence[Sequence[str]], words: Sequence[str], chain: Sequence[_Place]
) -> Iterator[int]:
    """Yield the blocks outside the chain whose words are between their neighbours in it."""
    positions: dict[str, list[int]] = defaultdict(list)
    for position, word in enumerate(words):
        positions[word].append(position)
    placed = {place.block: place for place in chain}
    following = iter([*chain, _Place(len(blocks), len(words), len(words))])
    start, after = 0, next(following)
    for number, block in enumerate(blocks):
        if number in placed:
            start, after = max(start, placed[number].end), next(following)
        elif block and (end := _end_of(block, words, positions[block[0]], start, after.start)):
            start = end
            yield number


def _end_of(
    block: Sequence[str], words: Sequence[str], positions: Sequence[int], start: int, stop: int
) -> int | None:
    """Return where a block ends that begins at one of `positions` from `start`; None for none."""
    first = bisect_left(positions, start)
    for position in positions[first : first + _MAX_PLACES]:
        end = position + len(block)
        if end > stop:
            return None
        if list(words[position:end]) == list(block):
            return end
    return None
