"""From ranked chunks to passages: what stands together is read together, and cited as one span."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vouch.index.search.ranking import Row, place
from vouch.schemas.search import Breadth

# What is at least so relevant as this share of the best is found: measured in BENCHMARKS.md, "Retrieval".
MIN_RELEVANCE: Mapping[Breadth, float] = {"precise": 0.6, "balanced": 0.4, "broad": 0.2, "all": 0.0}
_MOST_CHUNKS = 4  # of one passage
# Characters between two of its chunks: white space. More is what was left out of them, such as a page's header.
_MOST_BETWEEN = 8


@dataclass(frozen=True, slots=True)
class Passage:
    """Chunks that follow each other in a document, in order, and the relevance of the best of them."""

    chunks: tuple[Row, ...]
    relevance: float
    best: Row

    @property
    def source(self) -> str:
        return str(self.best["source"])

    @property
    def uri(self) -> str:
        return str(self.best["uri"])

    @property
    def char_start(self) -> int:
        return int(self.chunks[0]["char_start"])

    @property
    def char_end(self) -> int:
        return int(self.chunks[-1]["char_end"])


def passages(
    order: Sequence[str], relevance: Mapping[str, float], rows: Mapping[str, Row], k: int
) -> list[Passage]:
    """At most `k` passages from chunks in their order; a chunk beside one that was taken joins it."""
    groups: list[list[str]] = []
    taken: dict[tuple[str, int], str] = {}
    for identity in order:
        document, number = place(rows[identity])
        near = [taken[at] for at in ((document, number - 1), (document, number + 1)) if at in taken]
        beside = [
            group
            for one in near
            if _touch(rows[one], rows[identity])
            for group in groups
            if one in group
        ]
        group = _join(groups, beside, room=len(groups) < k)
        if group is not None:
            group.append(identity)
            taken[document, number] = identity
    return [_passage(group, relevance, rows) for group in groups]


def _touch(one: Row, other: Row) -> bool:
    between = max(one["char_start"], other["char_start"]) - min(one["char_end"], other["char_end"])
    return bool(between <= _MOST_BETWEEN)


def _join(groups: list[list[str]], beside: list[list[str]], *, room: bool) -> list[str] | None:
    """The group that a chunk belongs to: that beside it, both in one where it lies between two, else one of its own."""
    if len(beside) == 2 and sum(map(len, beside)) < _MOST_CHUNKS:
        # The one that was found first keeps its rank.
        first, second = sorted(beside, key=groups.index)
        first.extend(second)
        groups.remove(second)
        return first
    for group in sorted(beside, key=len):
        return group if len(group) < _MOST_CHUNKS else None
    if not room:
        return None
    groups.append([])
    return groups[-1]


def _passage(
    group: Sequence[str], relevance: Mapping[str, float], rows: Mapping[str, Row]
) -> Passage:
    best = max(group, key=lambda one: relevance[one])
    chunks = sorted((rows[one] for one in group), key=lambda row: row["char_start"])
    return Passage(tuple(chunks), relevance[best], rows[best])
