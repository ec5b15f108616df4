"""Which passages are one result, and which of their places comes first."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vouch.index.search.equal_texts import distinct, with_further_places
from vouch.index.search.passages import Passage
from vouch.index.search.ranking import Row


def row(document: str, number: int, text: str, **more: Any) -> Row:
    place = {"document_id": document, "source": "docs", "uri": document, "chunk_index": number}
    span = {"char_start": 10 * number, "char_end": 10 * number + 9, "heading_path": []}
    return {"chunk_id": f"{document}{number}", "text_sha256": text, **place, **span, **more}


def passage(*rows: Row, relevance: float = 1.0) -> Passage:
    return Passage(rows, relevance, rows[0])


def shown(passages: list[Passage]) -> list[list[str]]:
    return [[each.best["chunk_id"] for each in result.places] for result in passages]


def one_result_each(best: list[Passage], k: int) -> list[list[str]]:
    counts: list[int] = []

    def ranked(count: int) -> list[Passage]:
        counts.append(count)
        return best[:count]

    rows = {chunk["chunk_id"]: chunk for each in best for chunk in each.chunks}
    results = shown(distinct(ranked, k, lambda _: rows))
    # More is ranked only where some of what was ranked are equal.
    assert counts == [k * 2**turn for turn in range(len(counts))]
    if len({tuple(chunk["text_sha256"] for chunk in each.chunks) for each in best}) == len(best):
        assert counts == [k]
    return results


def test_the_next_different_ones_move_up():
    copies = [passage(row(name, 0, "same")) for name in "abcdef"]
    best = [*copies, passage(row("x", 0, "x")), passage(row("y", 0, "y"))]
    assert one_result_each(best, 2) == [["a0", "b0", "c0", "d0", "e0", "f0"], ["x0"]]


def test_of_copies_the_most_relevant_is_first_then_the_one_below_more_headings():
    copies = [
        passage(row("a", 0, "same"), relevance=0.5),
        passage(row("b", 0, "same"), relevance=0.9),
        passage(row("c", 0, "same", heading_path=["Leases", "Notice"]), relevance=0.9),
    ]
    assert one_result_each(copies, 3) == [["c0", "b0", "a0"]]


def test_joined_passages_are_equal_where_all_their_chunks_are():
    whole = [passage(row(name, 0, "one"), row(name, 1, "two")) for name in "ab"]
    part = passage(row("c", 0, "one"))
    assert one_result_each([*whole, part], 5) == [["a0", "b0"], ["c0"]]


def test_further_places_are_whole_and_new():
    results = [passage(row("a", 0, "one"), row("a", 1, "two")), passage(row("x", 4, "two"))]
    rows = [
        row("a", 0, "one"), row("a", 1, "two"), row("x", 4, "two"),  # the results themselves
        row("b", 7, "one"), row("b", 8, "two"),  # the whole of the first
        row("c", 0, "one"), row("c", 2, "two"),  # with something between
    ]  # fmt: skip
    assert shown(with_further_places(results, rows)) == [["a0", "b7"], ["x4", "b8", "c2"]]


@given(
    texts=st.lists(st.sampled_from("abc"), max_size=12),
    k=st.integers(1, 6),
)
def test_results_are_the_different_texts_in_their_order(texts: list[str], k: int):
    best = [passage(row(f"d{number:02}", 0, text)) for number, text in enumerate(texts)]
    results = one_result_each(best, k)
    expected = list(dict.fromkeys(texts))[:k]
    assert [texts[int(places[0][1:3])] for places in results] == expected
    assert all(places == sorted(places) for places in results)
