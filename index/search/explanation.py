"""Why a hit is where it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from vouch.index.search.adjustments import Adjustment


@dataclass(frozen=True, slots=True)
class SideScore:
    """How one kind of search found a chunk.

    Attributes:
        rank: Its place among the chunks that are compared, counted from 1.
        score: The cosine, or the BM25 score.
        relevance: That score between 0 (half the best or less) and 1 (the best).
    """

    rank: int
    score: float
    relevance: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a hit is where it is, by its most relevant chunk.

    The score of the hit is `(relevance + neighbours) × factor × scale + identifiers`, unless a
    reranker has given another.

    Attributes:
        place: Its place among the hits, counted from 1.
        place_without_profile: Its place without boosts, decay and reranker; None where it would not
            be among the hits.
        place_without_reranker: Its place before a reranker ordered the hits.
        vector: How the search by meaning found it; None for a search by words.
        words: How the search by words found it; None where it has none of them.
        relevance: What both give together, their mean; between 0 and 1.
        neighbours: What the chunks beside it add.
        adjustments: The boosts that hold for it, and its decay, each with its factor.
        scale: What all relevance is multiplied by, so that boosts give none more than the best has
            without them.
        identifiers: What identifiers of the query add that it contains: 4 for a whole one.
        reranker: The score of the reranker, if there was one.
    """

    place: int
    place_without_profile: int | None
    place_without_reranker: int
    vector: SideScore | None
    words: SideScore | None
    relevance: float
    neighbours: float = 0.0
    adjustments: tuple[Adjustment, ...] = ()
    scale: float = 1.0
    identifiers: float = 0.0
    reranker: float | None = None

    @property
    def factor(self) -> float:
        """What boosts and decay multiply its relevance by, all together."""
        return prod(each.factor for each in self.adjustments)


def reasons(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """Yield why a hit is where it is, for people: pairs of a name and a finding."""
    why = explanation
    yield "by meaning", _shown(why.vector, "cosine")
    yield "by words", _shown(why.words, "BM25")
    yield "together", f"{why.relevance:.3f}"
    if why.neighbours:
        yield "neighbours", f"+ {why.neighbours:.3f}"
    for adjustment in why.adjustments:
        yield adjustment.rule, f"× {adjustment.factor:.3g}"
    if why.scale != 1.0:
        yield "scale", f"× {why.scale:.3f}"
    if why.identifiers:
        yield "identifiers", f"+ {why.identifiers:.2f}"
    if why.reranker is not None:
        yield "reranker", f"{why.reranker:.3f}; place {why.place_without_reranker} without it"
    if why.place_without_profile != why.place:
        without = why.place_without_profile
        yield "without the profile", f"place {without}" if without else "not among the hits"


def _shown(side: SideScore | None, score: str) -> str:
    if side is None:
        return "not at all"
    return f"rank {side.rank}, {score} {side.score:.3f}, relevance {side.relevance:.3f}"
