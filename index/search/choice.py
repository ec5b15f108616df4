"""Which of the candidates of a search are returned, in which order, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from vouch.index.search.adjustments import Adjustments, adjusted, lifted, scale_of
from vouch.index.search.equal_texts import Complete, distinct
from vouch.index.search.explanation import Explanation, SideScore
from vouch.index.search.passages import MIN_RELEVANCE, Passage, passages
from vouch.index.search.ranking import (
    Row,
    normalized_scores,
    ranked,
    with_identifiers,
    with_neighbour_support,
    without_far_less_relevant,
)
from vouch.schemas.search_options import SearchOptions


@dataclass(frozen=True, slots=True)
class Choice:
    """The passages of a search with the places of their chunks only.

    `supported` is the relevance of all candidates with the support of their neighbours, `scale`
    what the adjusted relevance was multiplied by.
    """

    passages: list[Passage]
    supported: Mapping[str, float]
    scale: float = 1.0


def choose(
    rows: Mapping[str, Row],
    relevance: Mapping[str, float],
    options: SearchOptions,
    adjustments: Adjustments,
    complete: Complete,
) -> Choice:
    """Return the passages of the ranked chunks, those of equal text as one; `all` breadth keeps
    every chunk apart, for programs that rate and join them by their own rules.

    How much less relevant than the best a chunk may be is judged without the adjustments, so that
    a boost makes nobody else less relevant; a chunk that a boost lifts may be found by that.
    """
    if options.breadth == "all":
        supported = kept = relevance
    else:
        supported = with_neighbour_support(relevance, rows)
        kept = without_far_less_relevant(
            supported, rows, MIN_RELEVANCE[options.breadth], lifted(supported, adjustments)
        )
    final = with_identifiers(adjusted(kept, adjustments) if adjustments else kept, rows)
    order = ranked(final)
    if options.breadth == "all":
        chosen = [
            Passage((rows[identity],), final[identity], rows[identity])
            for identity in order[: options.k]
        ]
    else:
        chosen = distinct(lambda k: passages(order, final, rows, k), options.k, complete)
    return Choice(chosen, supported, scale_of(kept, adjustments))


def explain(
    choice: Choice,
    rows: Mapping[str, Row],
    relevance: Mapping[str, float],
    options: SearchOptions,
    adjustments: Adjustments,
    complete: Complete,
    unrelated_cosine: float,
) -> dict[str, Explanation]:
    """Return why the passages of a choice are where they are, by the id of their best chunk.

    The other arguments are those of `choose`; `unrelated_cosine` is the cosine of texts that have
    nothing in common.
    """
    without = choose(rows, relevance, options, {}, complete) if adjustments else choice
    places = {
        chunk["chunk_id"]: place
        for place, passage in enumerate(without.passages, 1)
        for each in passage.places
        for chunk in each.chunks
    }
    vector = _sides(rows, "cosine", unrelated_cosine)
    words = _sides(rows, "_score", 0.0)
    return {
        identity: Explanation(
            place=place,
            place_without_profile=places.get(identity),
            place_without_reranker=place,
            vector=vector.get(identity),
            words=words.get(identity),
            relevance=relevance[identity],
            neighbours=choice.supported[identity] - relevance[identity],
            adjustments=tuple(adjustments.get(identity, ())),
            scale=choice.scale,
            identifiers=with_identifiers({identity: 0.0}, rows)[identity],
        )
        for place, passage in enumerate(choice.passages, 1)
        for identity in [passage.best["chunk_id"]]
    }


def _sides(rows: Mapping[str, Row], score: str, unrelated: float) -> dict[str, SideScore]:
    """Return how one kind of search found the chunks that have its score."""
    scores = {key: float(row[score]) for key, row in rows.items() if row.get(score) is not None}
    normalized = normalized_scores(scores, unrelated)
    return {
        identity: SideScore(rank, scores[identity], normalized[identity])
        for rank, identity in enumerate(sorted(scores, key=lambda key: (-scores[key], key)), 1)
    }
