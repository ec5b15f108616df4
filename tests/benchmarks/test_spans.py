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
        # Two chunks that overlap: covered characters count once, retrieved ones twice.
        (_pieces((0, 60), (40, 100)), _pieces((40, 60)), 1, 20 / 120, 20 / 120, 120),
        # A chunk of another text covers nothing and lowers precision.
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
        # One chunk over two references, the second of them in part.
        (_pieces((10, 40)), _pieces((10, 20), (30, 60)), 20 / 40, 20 / 30, 20 / 50, 30),
    ],
)
def test_scores_equal_those_computed_by_hand(
    retrieved, references, recall, precision, iou, characters
):
    result = scores(retrieved, references)
    assert result == Scores(
        *(pytest.approx(value) for value in (recall, precision, iou, characters))
    )


@pytest.mark.parametrize(
    ("chunks", "references", "expected"),
    [
        (_pieces((0, 50), (50, 100), (100, 150)), _pieces((40, 60)), 20 / 100),
        # Characters of overlapping chunks count once: 0–75 and 50–125 are 125 characters.
        (_pieces((0, 75), (50, 125), (100, 175)), _pieces((60, 70)), 10 / 125),
        # Characters of a reference that are in no chunk count in the denominator.
        (_pieces((0, 50)), _pieces((40, 60)), 10 / 60),
        (_pieces((0, 50), corpus="b"), _pieces((0, 50)), 0),
        # A chunk that ends where the reference begins does not overlap it.
        (_pieces((0, 50), (50, 100)), _pieces((50, 60)), 10 / 50),
    ],
)
def test_omega_equals_that_computed_by_hand(chunks, references, expected):
    assert omega(chunks, references) == pytest.approx(expected)


def test_union_counts_each_character_of_each_text_once():
    assert union(_pieces((0, 10), (5, 15), (5, 8), (20, 30)) + _pieces((0, 10), corpus="b")) == 35


def test_means_weigh_questions_equally():
    assert means([Scores(1, 0.5, 0.5, 10), Scores(0, 0, 0, 30)]) == Scores(0.5, 0.25, 0.25, 20)


_span = st.tuples(st.integers(0, 200), st.integers(1, 60)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)
_retrieved = st.lists(
    st.tuples(st.sampled_from("ab"), _span).map(lambda pair: Piece(pair[0], *pair[1])), max_size=8
)
_bounds = st.lists(st.integers(0, 250), min_size=2, max_size=8, unique=True).map(sorted)
_references = _bounds.map(lambda bounds: _pieces(*zip(bounds[::2], bounds[1::2], strict=False)))


@given(_retrieved, _references)
def test_iou_is_at_most_recall_and_precision(retrieved, references):
    result = scores(retrieved, references)
    assert (
        0
        <= result.iou
        <= min(result.recall, result.precision)
        <= max(result.recall, result.precision)
        <= 1
    )


@given(_retrieved, _references)
def test_scores_equal_those_of_sets_of_characters(retrieved, references):
    expected = {at for piece in references for at in range(piece.start, piece.end)}
    actual = {
        at for piece in retrieved if piece.corpus == "a" for at in range(piece.start, piece.end)
    }
    total = sum(piece.end - piece.start for piece in retrieved)
    result = scores(retrieved, references)
    assert result.recall == pytest.approx(len(expected & actual) / len(expected))
    assert result.precision == pytest.approx(len(expected & actual) / total if total else 0)
    assert result.iou == pytest.approx(len(expected & actual) / (total + len(expected - actual)))


@given(_retrieved, _references)
def test_further_chunks_never_lower_recall(retrieved, references):
    recalls = [scores(retrieved[:count], references).recall for count in range(len(retrieved) + 1)]
    assert recalls == sorted(recalls)


@given(_retrieved, _references)
def test_omega_is_at_least_the_score_of_the_overlapping_chunks(retrieved, references):
    overlapping = [piece for piece in retrieved if scores([piece], references).recall]
    assert scores(overlapping, references).iou <= omega(retrieved, references) + 1e-12


@given(_retrieved, st.integers(0, 300))
def test_a_cut_uses_up_the_budget(pieces, budget):
    kept = cut(pieces, budget)
    total = sum(piece.end - piece.start for piece in pieces)
    assert sum(piece.end - piece.start for piece in kept) == min(budget, total)
    assert [piece[:2] for piece in kept] == [piece[:2] for piece in pieces[: len(kept)]]
