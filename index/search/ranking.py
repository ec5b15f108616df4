"""How relevant chunks are to a query: by meaning and by words, and by what stands beside them.

Each side of a hybrid search gives its best chunk 1 and what has half of that one's score, or less, 0; the two count alike.
Cosine and BM25 need no other scale then, and what only one side finds, and far from its best, does not push out what both
find: on three collections this ranks better than reciprocal ranks (BENCHMARKS.md).
"""

from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, Any]

# A neighbour that is relevant itself makes a chunk more so: its sentences speak of the same without naming it.
_NEIGHBOURS = 0.25
# What has no relevance keeps its order by this share.
_ORDER = 1e-3


def normalized_scores(scores: Mapping[str, float]) -> dict[str, float]:
    """Relevance by chunk id, within 0 and 1, from the scores of one kind of search, of which larger is better."""
    best, worst = max(scores.values(), default=0.0), min(scores.values(), default=0.0)
    scale = max(abs(best) / 2, 1e-9)

    def relevance(score: float) -> float:
        order = (score - worst) / max(best - worst, 1e-9)
        return (1 - _ORDER) * max(0.0, 1.0 - (best - score) / scale) + _ORDER * order

    return {identity: relevance(score) for identity, score in scores.items()}


def mean_relevance(*sides: Mapping[str, float]) -> dict[str, float]:
    """The mean over the sides; what one side did not find has none there."""
    ids = dict.fromkeys(identity for side in sides for identity in side)
    return {
        identity: sum(side.get(identity, 0.0) for side in sides) / len(sides) for identity in ids
    }


def with_neighbour_support(relevance: Mapping[str, float], rows: Mapping[str, Row]) -> dict[str, float]:
    """With a share of the more relevant of the two neighbours' added."""
    at = {place(rows[identity]): value for identity, value in relevance.items()}

    def beside(row: Row) -> float:
        document, number = place(row)
        return max(at.get((document, number - 1), 0.0), at.get((document, number + 1), 0.0))

    return {
        identity: value + _NEIGHBOURS * beside(rows[identity])
        for identity, value in relevance.items()
    }


def ranked(relevance: Mapping[str, float], least: float = 0.0) -> Sequence[str]:
    """Chunk ids, most relevant first, down to a share `least` of the best; equal ones by their ids."""
    limit = least * max(relevance.values(), default=0.0)
    return sorted(
        (one for one in relevance if relevance[one] >= limit),
        key=lambda one: (-relevance[one], one),
    )


def place(row: Row) -> tuple[str, int]:
    """The document, and which of its chunks it is; rows of an earlier version do not tell, and have no neighbours."""
    return row["document_id"], -10 if row["chunk_index"] is None else row["chunk_index"]
