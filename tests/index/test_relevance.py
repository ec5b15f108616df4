"""Both kinds of search count alike, neighbours support each other, and what stands together becomes one passage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.index.search.passages import MIN_RELEVANCE, passages
from vouch.index.search.ranking import mean_relevance, normalized_scores, ranked, with_neighbour_support


def row(document: str, number: int | None) -> dict:
    start = (number or 0) * 10
    return {
        "document_id": document,
        "chunk_index": number,
        "char_start": start,
        "char_end": start + 9,
        "uri": document,
    }


ROWS = {f"{document}{number}": row(document, number) for document in "ab" for number in range(12)}
RELEVANCE = st.dictionaries(st.sampled_from(sorted(ROWS)), st.floats(0, 1), min_size=1)


@pytest.mark.parametrize(
    ("scores", "wanted"),
    [
        ({"x": 0.8, "y": 0.6, "z": 0.4, "w": 0.1}, {"x": 1.0, "y": 0.5, "z": 0.0, "w": 0.0}),
        ({"x": 12.0, "y": 9.0}, {"x": 1.0, "y": 0.5}),
        ({"x": -0.2, "y": -0.25, "z": -0.4}, {"x": 1.0, "y": 0.5, "z": 0.0}),
        ({"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 1.0}),
        ({"x": 9.0, "y": 2.0, "z": 1.0, "a": 0.5}, {"x": 1.0, "y": 0.0, "z": 0.0, "a": 0.0}),
        ({}, {}),
    ],
)
def test_the_best_has_one_and_half_of_it_nothing(scores, wanted):
    assert normalized_scores(scores) == pytest.approx(wanted, abs=2e-3)
    assert ranked(normalized_scores(scores)) == sorted(scores, key=lambda one: (-scores[one], one))


def test_what_both_sides_find_comes_before_what_one_finds_alone():
    found = mean_relevance({"both": 0.7, "vector": 1.0}, {"both": 0.7, "text": 1.0})
    assert ranked(found) == ["both", "text", "vector"]


def test_a_neighbour_that_is_relevant_supports():
    relevance = {"a1": 0.6, "a2": 0.6, "b7": 0.65}
    assert ranked(with_neighbour_support(relevance, ROWS))[:2] == ["a1", "a2"]


def test_rows_of_an_earlier_version_have_no_neighbours():
    old = {name: row("a", None) for name in ("x", "y")}
    assert with_neighbour_support({"x": 1.0, "y": 0.5}, old) == {"x": 1.0, "y": 0.5}


@given(relevance=RELEVANCE, k=st.integers(1, 6), least=st.sampled_from(sorted(MIN_RELEVANCE.values())))
def test_passages(relevance, k, least):
    order = ranked(relevance, least)
    found = passages(order, relevance, ROWS, k)
    assert len(found) <= k
    taken = [(chunk["document_id"], chunk["chunk_index"]) for one in found for chunk in one.chunks]
    assert len(set(taken)) == len(taken)
    for one in found:
        numbers = [chunk["chunk_index"] for chunk in one.chunks]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(numbers) <= 4
        assert len({chunk["document_id"] for chunk in one.chunks}) == 1
        assert one.relevance == max(
            relevance[f"{c['document_id']}{c['chunk_index']}"] for c in one.chunks
        )
    assert ROWS[order[0]] in found[0].chunks
    assert [one.relevance for one in found] == sorted(
        (one.relevance for one in found), reverse=True
    )


def test_no_passage_goes_over_what_was_left_out_of_chunks():
    rows = ROWS | {
        "a2": row("a", 2) | {"char_start": 25},
        "a3": row("a", 3) | {"char_start": 45, "char_end": 50},
    }
    relevance = {"a1": 1.0, "a2": 0.9, "a3": 0.8}
    found = passages(ranked(relevance), relevance, rows, 5)
    assert [[chunk["chunk_index"] for chunk in one.chunks] for one in found] == [[1, 2], [3]]


def test_a_chunk_between_two_passages_joins_them():
    relevance = {"a1": 1.0, "a3": 0.9, "a2": 0.8, "b1": 0.7}
    found = passages(ranked(relevance), relevance, ROWS, 2)
    assert [[chunk["chunk_index"] for chunk in one.chunks] for one in found] == [[1, 2, 3], [1]]
    assert (found[0].char_start, found[0].char_end) == (10, 39)
