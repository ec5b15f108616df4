"""What several documents or shards tell of the same thing, added up."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TypeVar

from vouch.schemas.run import PolicyFinding, RuleBreak

EXAMPLES = 5
"""So many are kept of each thing."""

Told = TypeVar("Told", PolicyFinding, RuleBreak)


def merged(
    told: Iterable[Told], name: Callable[[Told], tuple[str, str]], figures: Sequence[str]
) -> list[Told]:
    """One for each name, with its figures summed and the first few examples."""
    by_name: dict[tuple[str, str], list[Told]] = {}
    for one in told:
        by_name.setdefault(name(one), []).append(one)
    return [_summed(alike, figures) for alike in by_name.values()]


def _summed(alike: Sequence[Told], figures: Sequence[str]) -> Told:
    sums = {figure: sum(getattr(one, figure) for one in alike) for figure in figures}
    examples = tuple(chain.from_iterable(one.examples for one in alike))[:EXAMPLES]
    return alike[0].model_copy(update=sums | {"examples": examples})
