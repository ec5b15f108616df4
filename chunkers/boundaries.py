"""Where one chunk ends and the next begins.

The best border within reach is taken: an element's rather than a sentence's, and of several equal ones that before the
unit with the largest hash. So borders depend on the text around them, not on how much stands before, and after a place
where a document was edited they fall where they fell: the chunks behind it stay, and keep their vectors.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from vouch.chunkers.units import MAX_CHARS_PER_TOKEN, Border, Unit


def pack(units: Sequence[Unit], budget: int) -> Iterator[Sequence[Unit]]:
    """Units in runs of at most `budget` tokens, in order; none is larger than that."""
    before = [0, *accumulate(unit.tokens for unit in units)]
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
    """Behind the last unit that fits into one chunk with the one at `start`."""
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
) -> tuple[bool, bool, Border, bool, int]:
    """Larger is better. Neither side shall be a scrap; then the border counts, then that the chunk is half full."""
    tokens, rest = before[cut] - before[start], before[-1] - before[cut]
    behind_title = units[cut].border is Border.BEHIND_TITLE
    no_scrap = min(tokens, rest) * 4 >= budget
    return not behind_title, no_scrap, units[cut].border, tokens * 2 >= budget, units[cut].mark
