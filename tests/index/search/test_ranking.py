"""Both kinds of search have equal weight, and neighbours support each other."""

import pytest

from vouch.index.search.ranking import (
    mean_relevance,
    normalized_scores,
    ranked,
    with_identifiers,
    with_neighbour_support,
    without_far_less_relevant,
)


def row(document: str, number: int | None) -> dict:
    return {"document_id": document, "chunk_index": number}


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"x": 0.8, "y": 0.6, "z": 0.4, "w": 0.1}, {"x": 1.0, "y": 0.5, "z": 0.0, "w": 0.0}),
        ({"x": 12.0, "y": 9.0}, {"x": 1.0, "y": 0.5}),
        ({"x": -0.2, "y": -0.25, "z": -0.4}, {"x": 1.0, "y": 0.5, "z": 0.0}),
        ({"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 1.0}),
        ({"x": 9.0, "y": 2.0, "z": 1.0, "a": 0.5}, {"x": 1.0, "y": 0.0, "z": 0.0, "a": 0.0}),
        ({}, {}),
    ],
)
def test_the_best_score_is_one_and_half_of_it_is_zero(
    scores: dict[str, float], expected: dict[str, float]
):
    assert normalized_scores(scores) == pytest.approx(expected, abs=2e-3)
    by_score = sorted(scores, key=lambda name: (-scores[name], name))
    assert ranked(normalized_scores(scores)) == by_score


def test_half_is_counted_from_the_score_of_unrelated_texts():
    scores = {"x": 0.9, "y": 0.875, "z": 0.85, "w": 0.8}
    expected = {"x": 1.0, "y": 0.67, "z": 0.33, "w": 0.0}
    assert normalized_scores(scores, 0.75) == pytest.approx(expected, abs=5e-3)
    assert normalized_scores(scores, 0.05) == normalized_scores(scores)


def test_what_both_sides_find_ranks_above_what_one_side_finds():
    relevance = mean_relevance({"both": 0.7, "vector": 1.0}, {"both": 0.7, "text": 1.0})
    assert ranked(relevance) == ["both", "text", "vector"]


def test_a_relevant_neighbour_raises_a_chunk():
    rows = {"a1": row("a", 1), "a2": row("a", 2), "b7": row("b", 7)}
    relevance = {"a1": 0.6, "a2": 0.6, "b7": 0.65}
    assert ranked(with_neighbour_support(relevance, rows))[:2] == ["a1", "a2"]


def test_rows_without_a_position_have_no_neighbours():
    rows = {name: row("a", None) for name in ("x", "y")}
    assert with_neighbour_support({"x": 1.0, "y": 0.5}, rows) == {"x": 1.0, "y": 0.5}


def test_an_identifier_is_only_compared_with_what_contains_it_as_well():
    grades = {"whole": 1.0, "worse": 1.0, "part": 0.4, "words": 0.0, "fewer words": 0.0}
    rows = {identity: {"grade": grade} for identity, grade in grades.items()}
    relevance = {"whole": 0.3, "worse": 0.1, "part": 0.5, "words": 1.0, "fewer words": 0.45}
    kept = without_far_less_relevant(relevance, rows, 0.5)
    assert set(kept) == {"whole", "part", "words"}
    assert ranked(with_identifiers(kept, rows)) == ["whole", "part", "words"]
    # Without identifiers, all are compared with the best.
    plain = {identity: {} for identity in relevance}
    assert set(without_far_less_relevant(relevance, plain, 0.5)) == {"part", "words"}
    assert with_identifiers(relevance, plain) == relevance
