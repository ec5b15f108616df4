"""Choose where one chunk ends and the next begins.

The best boundary within reach is taken: between elements rather than between sentences, and of
several equal ones that before the unit with the largest hash. So boundaries depend on the text
around them and not on how much text comes before: after a place where a document was edited they
are where they were, and the chunks there keep their vectors (content-defined chunking).
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from vouch.chunkers.border import Border
from vouch.chunkers.token_index import MAX_CHARS_PER_TOKEN
from vouch.chunkers.units import Unit


def pack(units: Sequence[Unit], budget: int) -> Iterator[Sequence[Unit]]:
    """Yield runs of units in order, of at most `budget` tokens; no unit has more than that."""
    before = [0, *accumulate(unit.tokens for unit in units)]  # tokens before each unit
    start = 0
    while start < len(units):
        end = _furthest(units, before, start, budget)
        if end < len(units):
            end = max(
                range(start + 1, end + 1),
                key=lambda cut: _goodness(units, before, start, cut, budget),
            )
        yield units[start:end]
        start = end


def _furthest(units: Sequence[Unit], before: Sequence[int], start: int, budget: int) -> int:
    """Return the index behind the last unit that fits into a chunk with the one at `start`."""
    end = start + 1
    while (
        end < len(units)
        and before[end + 1] - before[start] <= budget
        and units[end].end - units[start].start <= budget * MAX_CHARS_PER_TOKEN
    ):
        end += 1
    return end


def _goodness(
    units: Sequence[Unit], before: Sequence[int], start: int, cut: int, budget: int
) -> tuple[Border, bool, Border, bool, int]:
    """Rate a cut; larger is better.

    A heading at a chunk's end is worst, then a question or another text that leads to what follows,
    then a side below a quarter of the budget. After that the kind of boundary counts, then whether
    the chunk is half full, then the hash.
    """
    tokens, rest = before[cut] - before[start], before[-1] - before[cut]
    unit = units[cut]
    is_balanced = min(tokens, rest) * 4 >= budget
    bond = min(unit.border, Border.WORD)
    return bond, is_balanced, unit.border, tokens * 2 >= budget, unit.mark
