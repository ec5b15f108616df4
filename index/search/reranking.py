"""Passages in the order in which a cross-encoder rates them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vouch.index.search.hit import Hit
from vouch.schemas.search_options import SearchOptions

if TYPE_CHECKING:
    from vouch.embedders.local.reranker import Reranker

RATED = 30
"""The least number of passages that a reranker reads, where the search has as many."""


def for_reranking(options: SearchOptions) -> SearchOptions:
    """Return the options of the search whose passages a reranker reads."""
    breadth = "all" if options.breadth == "all" else "broad"
    return options.changed(k=max(options.k, RATED), breadth=breadth)


def rate(
    query: str, texts: Sequence[str], reranker: "Reranker", factors: Sequence[float]
) -> list[tuple[int, float, float]]:
    """Return the number of each text, best first, with its score and that of the reranker; ties
    stay in order.

    `factors` are what boosts and decay multiply the texts' relevance by. Where there are any, a
    score is that of the reranker as a share between 0 and 1, times the factor.
    """
    if not texts:
        return []
    raw = [float(score) for score in reranker.scores(query, texts)]
    scores = raw
    if any(factor != 1.0 for factor in factors):
        scores = [_share(score) * factor for score, factor in zip(raw, factors, strict=True)]
    order = sorted(range(len(texts)), key=lambda number: -scores[number])
    return [(number, scores[number], raw[number]) for number in order]


def _share(score: float) -> float:
    # The logistic function, written so that it does not overflow for large negative scores.
    return 1 / (1 + math.exp(-score)) if score >= 0 else 1 - 1 / (1 + math.exp(score))


def reranked(
    query: str, hits: Sequence[Hit], reranker: "Reranker", k: int, factors: Sequence[float]
) -> list[Hit]:
    """Return the `k` passages that the reranker rates best, with the scores of `rate`."""
    rated = rate(query, [hit.text for hit in hits], reranker, factors)
    return [
        _explained(replace(hits[number], score=score), place, raw)
        for place, (number, score, raw) in enumerate(rated[:k], 1)
    ]


def _explained(hit: Hit, place: int, raw: float) -> Hit:
    if hit.explanation is None:
        return hit
    return replace(hit, explanation=replace(hit.explanation, place=place, reranker=raw))
