"""Adds up what several documents or shards report of the same thing."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TypeVar

from vouch.schemas.runs.record import LeftOutGroup, PolicyFinding, RuleBreak, VocabularyCoverage

EXAMPLES = 5
"""How many examples are kept of each thing."""

Report = TypeVar("Report", PolicyFinding, RuleBreak, LeftOutGroup, VocabularyCoverage)


def merge(
    reports: Iterable[Report], key: Callable[[Report], tuple[str, str]], counts: Sequence[str]
) -> list[Report]:
    """Return one report for each key: the fields `counts` summed, and the first few examples."""
    by_key: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        by_key.setdefault(key(report), []).append(report)
    return [
        alike[0].model_copy(
            update={
                **{name: sum(getattr(report, name) for report in alike) for name in counts},
                "examples": tuple(chain.from_iterable(report.examples for report in alike))[
                    :EXAMPLES
                ],
            }
        )
        for alike in by_key.values()
    ]
