"""Adjacent chunks become one passage."""

from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.index.search.passages import MIN_RELEVANCE, passages
from vouch.index.search.ranking import ranked


def row(document: str, number: int) -> dict:
    return {
        "document_id": document,
        "chunk_index": number,
        "char_start": number * 10,
        "char_end": number * 10 + 9,
        "uri": document,
    }


ROWS = {f"{document}{number}": row(document, number) for document in "ab" for number in range(12)}
RELEVANCE = st.dictionaries(st.sampled_from(sorted(ROWS)), st.floats(0, 1), min_size=1)
SHARES = st.sampled_from(sorted(MIN_RELEVANCE.values()))


@settings(max_examples=60)
@given(relevance=RELEVANCE, k=st.integers(1, 6), minimum=SHARES)
def test_passages_are_runs_of_adjacent_chunks_best_first(
    relevance: dict[str, float], k: int, minimum: float
):
    order = ranked(relevance, minimum)
    joined = passages(order, relevance, ROWS, k)
    assert len(joined) <= k
    places = [
        (chunk["document_id"], chunk["chunk_index"])
        for passage in joined
        for chunk in passage.chunks
    ]
    assert len(set(places)) == len(places)
    for passage in joined:
        numbers = [chunk["chunk_index"] for chunk in passage.chunks]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(numbers) <= 4
        assert len({chunk["document_id"] for chunk in passage.chunks}) == 1
        assert passage.relevance == max(
            relevance[f"{chunk['document_id']}{chunk['chunk_index']}"] for chunk in passage.chunks
        )
    assert ROWS[order[0]] in joined[0].chunks
    scores = [passage.relevance for passage in joined]
    assert scores == sorted(scores, reverse=True)


def numbers_of(joined: list) -> list[list[int]]:
    return [[chunk["chunk_index"] for chunk in passage.chunks] for passage in joined]


def test_no_passage_spans_text_that_is_in_no_chunk():
    rows = ROWS | {
        "a2": row("a", 2) | {"char_start": 25},
        "a3": row("a", 3) | {"char_start": 45, "char_end": 50},
    }
    relevance = {"a1": 1.0, "a2": 0.9, "a3": 0.8}
    joined = passages(ranked(relevance), relevance, rows, 5)
    assert numbers_of(joined) == [[1, 2], [3]]


def test_a_chunk_between_two_passages_joins_them():
    relevance = {"a1": 1.0, "a3": 0.9, "a2": 0.8, "b1": 0.7}
    joined = passages(ranked(relevance), relevance, ROWS, 2)
    assert numbers_of(joined) == [[1, 2, 3], [1]]
    assert (joined[0].char_start, joined[0].char_end) == (10, 39)
