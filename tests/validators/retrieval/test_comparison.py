"""Retrieval against the published state: significant losses reject, others warn."""

from datetime import date

import pytest

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Outcome, Severity
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.validators.retrieval.checks import retrieval_checks
from vouch.validators.retrieval.comparison import Sides, compare
from vouch.validators.retrieval.golden_queries import GoldenQuery
from vouch.validators.retrieval.kept_scores import kept_scores
from vouch.validators.retrieval.scoring import Scores, metric_names

SETTINGS = RetrievalSettings(metrics=("recall",))
TODAY = date(2026, 11, 30)


def queries(count: int, **fields: object) -> list[GoldenQuery]:
    return [
        GoldenQuery(
            id=f"q{n}", query=f"question {n}", source="docs", uri="a.md", answer="x", **fields
        )
        for n in range(count)
    ]


def scores(*values: float | None) -> Scores:
    return Scores(
        5,
        {
            f"q{n}": None if value is None else dict.fromkeys(metric_names(5), value)
            for n, value in enumerate(values)
        },
    )


def gate(published: list, candidate: list, settings: RetrievalSettings = SETTINGS):
    sides = Sides(queries(len(published)), scores(*candidate), scores(*published))
    retrieval = compare(sides, settings)
    (check,) = retrieval_checks(sides, retrieval, settings, TODAY)
    return retrieval, check


def test_equal_states_pass():
    retrieval, check = gate([1, 0, 1], [1, 0, 1])
    assert (check.outcome, check.figure, retrieval.lost, retrieval.won) == (
        Outcome.PASSED,
        0,
        (),
        (),
    )
    assert {change.p for change in retrieval.changes} == {1.0}


def test_a_significant_loss_rejects_and_names_its_queries():
    retrieval, check = gate([1] * 20, [1] * 10 + [0] * 10)
    assert (check.outcome, check.severity, check.figure) == (Outcome.FAILED, Severity.REJECT, 0.5)
    assert [query.id for query in retrieval.lost] == [f"q{n}" for n in range(10, 20)]
    assert "lost: q10, q11" in check.message
    assert (check.concerned, check.examples[0].uri) == (10, "q10")
    assert check.examples[0].message.startswith("question 10")


def test_a_loss_that_chance_may_make_warns_unless_alpha_allows_it():
    assert gate([1, 1, 0, 1], [1, 0, 0, 1])[1].severity is Severity.WARN
    strict = RetrievalSettings(metrics=("recall",), alpha=1.0)
    assert gate([1, 1, 0, 1], [1, 0, 0, 1], strict)[1].severity is Severity.REJECT


@pytest.mark.parametrize(
    ("published", "candidate", "p"),
    [([1], [0], 0.5), ([0], [1], 1.0), ([1, 1], [0, 0], 0.25)],
)
def test_the_p_of_few_queries(published: list, candidate: list, p: float):
    retrieval, _ = gate(published, candidate)
    assert retrieval.changes[0].p == pytest.approx(p, abs=0.01)


def test_a_loss_within_the_tolerance_passes():
    assert gate([1] * 50, [1] * 49 + [0])[1].outcome is Outcome.PASSED


def test_a_gain_passes_and_names_its_queries():
    retrieval, check = gate([0, 0, 0], [1, 1, 0])
    assert check.outcome is Outcome.PASSED
    assert [query.id for query in retrieval.won] == ["q0", "q1"]


def test_an_answer_that_is_gone_is_a_loss_and_one_in_neither_state_is_listed():
    retrieval, check = gate([1] * 10 + [None], [None] * 10 + [None])
    assert (retrieval.queries, retrieval.unlocated) == (11, ("q10",))
    assert (check.severity, check.figure) == (Severity.REJECT, pytest.approx(10 / 11, abs=1e-4))
    assert retrieval.lost[0].candidate is None


def test_the_first_state_has_figures_and_no_comparison():
    sides = Sides(queries(2), scores(1, 0))
    retrieval = compare(sides, SETTINGS)
    assert [change.candidate for change in retrieval.changes] == [pytest.approx(0.5)] * 6
    assert (retrieval.lost, retrieval.alone) == ((), True)
    assert retrieval.groups[0].published == {}
    assert retrieval_checks(sides, retrieval, SETTINGS, TODAY) == ()


def test_importance_weighs_means_and_losses():
    golden = [
        query.model_copy(update={"importance": 3.0 if query.id == "q0" else 1.0})
        for query in queries(2)
    ]
    sides = Sides(golden, scores(0, 1), scores(1, 1))
    retrieval = compare(sides, SETTINGS)
    assert retrieval.changes[0].candidate == pytest.approx(0.25)
    assert retrieval.groups[0].candidate["recall@5"].mean == pytest.approx(0.25)


def test_scores_that_a_record_keeps_are_those_of_the_same_definitions():
    golden = queries(3)
    kept = compare(Sides(golden, scores(1, 0.5, None)), SETTINGS)
    changed = [golden[0], golden[1].model_copy(update={"answer": "y"}), golden[2]]
    # What decides no score may change.
    changed[2] = changed[2].model_copy(update={"tags": ("finance",), "owner": "ada", "id": "new"})
    read = kept_scores(changed, kept)
    assert read.by_query == {"q0": scores(1).by_query["q0"], "new": None}
    assert kept_scores(golden, kept.model_copy(update={"scores": ""})).by_query == {}


def test_a_query_without_published_scores_is_not_compared():
    sides = Sides(queries(3), scores(0, 1, 0), scores(1, 1), "as run r1 recorded it")
    retrieval = compare(sides, SETTINGS)
    (check,) = retrieval_checks(sides, retrieval, SETTINGS, TODAY)
    assert (retrieval.not_compared, retrieval.published_from) == (1, "as run r1 recorded it")
    assert (check.id, check.figure, check.concerned) == (CheckId.GOLDEN_QUERIES, 0.5, 1)
    assert "as run r1 recorded it" in check.message
    assert "not compared, because new: 1" in check.message
    assert retrieval.groups[0].published == {}


def test_where_no_scores_are_known_the_comparison_is_not_made_and_warns():
    sides = Sides(queries(3), scores(0, 1, 0), Scores(5, {}), "nobody knows")
    retrieval = compare(sides, SETTINGS)
    (check,) = retrieval_checks(sides, retrieval, SETTINGS, TODAY)
    assert (check.outcome, check.severity) == (Outcome.NOT_CHECKED, Severity.WARN)
    assert check.message == "3 queries not compared: nobody knows"
