"""Score the relevance of chunks by meaning, by words, and by the chunks beside them.

Each side of a hybrid search gives 1 to its best chunk, and 0 to chunks of half its best score or
less; both sides have equal weight. Half is counted from what texts score that have nothing in
common: about 0 for most models, and 0.75 for those that put all texts near one another, such as
E5. Cosine and BM25 then need no common scale, and a chunk that only one side finds, far from its
best, does not displace what both find. On three collections this ranks better than reciprocal rank
fusion (BENCHMARKS.md).
"""

from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, Any]

# The share of its better neighbour's relevance that a chunk gains: neighbours treat the same
# subject, often without naming it.
_NEIGHBOUR_SHARE = 0.25
# Chunks whose relevance would be 0 keep their order by this share.
_ORDER_SHARE = 1e-3
_NO_NEIGHBOURS = -10
# Up to this cosine of unrelated texts it counts as 0: all-MiniLM's is 0.05.
_APART = 0.3
# Relevance is at most 1.25, so that the kinds of match (see `identifiers`) hardly ever mix.
_IDENTIFIER_WEIGHT = 4.0


def normalized_scores(scores: Mapping[str, float], unrelated: float = 0.0) -> dict[str, float]:
    """Return relevance between 0 and 1 by chunk id, from the scores of one kind of search.

    Larger scores are better, and may be negative. `unrelated` is the score of texts that have
    nothing in common with the query.
    """
    best, worst = max(scores.values(), default=0.0), min(scores.values(), default=0.0)
    scale = max(abs(best - (unrelated if unrelated > _APART else 0.0)) / 2, 1e-9)

    def relevance(score: float) -> float:
        order = (score - worst) / max(best - worst, 1e-9)
        return (1 - _ORDER_SHARE) * max(0.0, 1.0 - (best - score) / scale) + _ORDER_SHARE * order

    return {identity: relevance(score) for identity, score in scores.items()}


def mean_relevance(*sides: Mapping[str, float]) -> dict[str, float]:
    """Return the mean over the sides; a chunk that a side did not find has 0 there."""
    ids = dict.fromkeys(identity for side in sides for identity in side)
    return {
        identity: sum(side.get(identity, 0.0) for side in sides) / len(sides) for identity in ids
    }


def with_neighbour_support(
    relevance: Mapping[str, float], rows: Mapping[str, Row]
) -> dict[str, float]:
    """Return the relevance with a share of the more relevant of both neighbours added."""
    by_place = {place(rows[identity]): value for identity, value in relevance.items()}

    def neighbour(row: Row) -> float:
        document, number = place(row)
        return max(by_place.get((document, number + step), 0.0) for step in (-1, 1))

    return {
        identity: value + _NEIGHBOUR_SHARE * neighbour(rows[identity])
        for identity, value in relevance.items()
    }


def without_far_less_relevant(
    relevance: Mapping[str, float],
    rows: Mapping[str, Row],
    minimum: float,
    lifted: Mapping[str, float] = {},
) -> dict[str, float]:
    """Return the relevance of the chunks that have at least the share `minimum` of the best, by
    their own relevance or as `lifted`.

    A chunk that contains identifiers of the query is only compared with those that contain them as
    well or better: the others come after it, however relevant.
    """
    groups: dict[float, dict[str, float]] = {}
    for identity, value in relevance.items():
        groups.setdefault(rows[identity].get("grade", 0.0), {})[identity] = value
    kept: dict[str, float] = {}
    best = 0.0
    for _, group in sorted(groups.items(), reverse=True):
        best = max(best, *group.values())
        kept |= {
            identity: value
            for identity, value in group.items()
            if max(value, lifted.get(identity, 0.0)) >= minimum * best
        }
    return kept


def with_identifiers(relevance: Mapping[str, float], rows: Mapping[str, Row]) -> dict[str, float]:
    """Return the relevance, and so much more for chunks that contain identifiers of the query that
    they come first.
    """
    return {
        identity: value + _IDENTIFIER_WEIGHT * rows[identity].get("grade", 0.0)
        for identity, value in relevance.items()
    }


def ranked(relevance: Mapping[str, float], minimum: float = 0.0) -> Sequence[str]:
    """Return chunk ids, most relevant first, down to the share `minimum` of the best.

    Chunks of equal relevance are ordered by their ids, so that the order is stable.
    """
    limit = minimum * max(relevance.values(), default=0.0)
    return sorted(
        (identity for identity in relevance if relevance[identity] >= limit),
        key=lambda identity: (-relevance[identity], identity),
    )


def place(row: Row) -> tuple[str, int]:
    """Return the chunk's document and its position among the document's chunks.

    Rows that an earlier version of Vouch wrote have no position, and are nobody's neighbours.
    """
    index = row["chunk_index"]
    return row["document_id"], _NO_NEIGHBOURS if index is None else index
