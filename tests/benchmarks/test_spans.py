import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.retrieval.spans import Piece, Scores, cut, means, omega, scores, union


def _pieces(*spans, corpus="a"):
    return [Piece(corpus, start, end) for start, end in spans]


@pytest.mark.parametrize(
    ("retrieved", "references", "recall", "precision", "iou", "characters"),
    [
        (_pieces((0, 100)), _pieces((0, 100)), 1, 1, 1, 100),
        (_pieces((0, 100)), _pieces((50, 150)), 0.5, 0.5, 50 / 150, 100),
        # two chunks that overlap: what they cover counts once, what was retrieved twice
        (_pieces((0, 60), (40, 100)), _pieces((40, 60)), 1, 20 / 120, 20 / 120, 120),
        # a chunk of another text finds nothing and is paid for
        (
            _pieces((0, 50)) + _pieces((0, 50), corpus="b"),
            _pieces((0, 25), (75, 100)),
            0.5,
            0.25,
            25 / 125,
            100,
        ),
        (_pieces((0, 50), corpus="b"), _pieces((0, 50)), 0, 0, 0, 50),
        ([], _pieces((0, 50)), 0, 0, 0, 0),
        # one chunk over two references, one of them in part
        (_pieces((10, 40)), _pieces((10, 20), (30, 60)), 20 / 40, 20 / 30, 20 / 50, 30),
    ],
)
def test_scores_by_hand(retrieved, references, recall, precision, iou, characters):
    found = scores(retrieved, references)
    assert found == Scores(
        *(pytest.approx(value) for value in (recall, precision, iou, characters))
    )


@pytest.mark.parametrize(
    ("chunks", "references", "expected"),
    [
        (_pieces((0, 50), (50, 100), (100, 150)), _pieces((40, 60)), 20 / 100),
        # overlapping chunks that touch count once: 0–75 and 50–125 are 125 characters
        (_pieces((0, 75), (50, 125), (100, 175)), _pieces((60, 70)), 10 / 125),
        # what no chunk holds is missed, and counts below
        (_pieces((0, 50)), _pieces((40, 60)), 10 / 60),
        (_pieces((0, 50), corpus="b"), _pieces((0, 50)), 0),
        # only to stand beside a reference is not to touch it
        (_pieces((0, 50), (50, 100)), _pieces((50, 60)), 10 / 50),
    ],
)
def test_omega_by_hand(chunks, references, expected):
    assert omega(chunks, references) == pytest.approx(expected)


def test_union_counts_each_character_once_and_each_text_for_itself():
    assert union(_pieces((0, 10), (5, 15), (5, 8), (20, 30)) + _pieces((0, 10), corpus="b")) == 35


def test_means_count_each_question_alike():
    assert means([Scores(1, 0.5, 0.5, 10), Scores(0, 0, 0, 30)]) == Scores(0.5, 0.25, 0.25, 20)


_span = st.tuples(st.integers(0, 200), st.integers(1, 60)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)
_retrieved = st.lists(
    st.tuples(st.sampled_from("ab"), _span).map(lambda pair: Piece(pair[0], *pair[1])), max_size=8
)
_borders = st.lists(st.integers(0, 250), min_size=2, max_size=8, unique=True).map(sorted)
_references = _borders.map(lambda borders: _pieces(*zip(borders[::2], borders[1::2], strict=False)))


@given(_retrieved, _references)
def test_scores_keep_their_order(retrieved, references):
    found = scores(retrieved, references)
    assert (
        0
        <= found.iou
        <= min(found.recall, found.precision)
        <= max(found.recall, found.precision)
        <= 1
    )


@given(_retrieved, _references)
def test_scores_are_those_of_sets_of_characters(retrieved, references):
    wanted = {at for piece in references for at in range(piece.start, piece.end)}
    got = {at for piece in retrieved if piece.corpus == "a" for at in range(piece.start, piece.end)}
    total = sum(piece.end - piece.start for piece in retrieved)
    found = scores(retrieved, references)
    assert found.recall == pytest.approx(len(wanted & got) / len(wanted))
    assert found.precision == pytest.approx(len(wanted & got) / total if total else 0)
    assert found.iou == pytest.approx(len(wanted & got) / (total + len(wanted - got)))


@given(_retrieved, _references)
def test_more_chunks_never_lower_recall(retrieved, references):
    recalls = [scores(retrieved[:count], references).recall for count in range(len(retrieved) + 1)]
    assert recalls == sorted(recalls)


@given(_retrieved, _references)
def test_omega_is_at_least_what_those_chunks_score(retrieved, references):
    touching = [piece for piece in retrieved if scores([piece], references).recall]
    assert scores(touching, references).iou <= omega(retrieved, references) + 1e-12


@given(_retrieved, st.integers(0, 300))
def test_a_cut_takes_the_budget_whole_where_there_is_so_much(pieces, budget):
    kept = cut(pieces, budget)
    total = sum(piece.end - piece.start for piece in pieces)
    assert sum(piece.end - piece.start for piece in kept) == min(budget, total)
    assert [piece[:2] for piece in kept] == [piece[:2] for piece in pieces[: len(kept)]]
