"""Passages in the order in which a cross-encoder rates them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vouch.index.search.hit import Hit

if TYPE_CHECKING:
    from vouch.embedders.local.reranker import Reranker

RATED = 30
"""The least number of passages that a reranker reads, where the search has as many."""


def reranked(query: str, hits: Sequence[Hit], reranker: "Reranker", k: int) -> list[Hit]:
    """Return the `k` passages that the reranker rates best, with its scores; ties stay in order."""
    if not hits:
        return []
    scores = reranker.scores(query, [hit.text for hit in hits])
    rated = [replace(hit, score=float(score)) for hit, score in zip(hits, scores, strict=True)]
    return sorted(rated, key=lambda hit: -hit.score)[:k]
