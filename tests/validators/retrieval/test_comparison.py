"""Retrieval against the published state: significant losses reject, others warn."""

import pytest

from vouch.schemas.runs.record import Outcome, Severity
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.validators.retrieval.comparison import baseline, compare, retrieval_checks
from vouch.validators.retrieval.golden_queries import GoldenQuery
from vouch.validators.retrieval.scoring import Scores, metric_names

SETTINGS = RetrievalSettings(metrics=("recall",))


def queries(count: int) -> list[GoldenQuery]:
    return [
        GoldenQuery(id=f"q{n}", query=f"question {n}", source="docs", uri="a.md", answer="x")
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
    retrieval = compare(queries(len(published)), scores(*published), scores(*candidate), settings)
    (check,) = retrieval_checks(retrieval, settings)
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


def test_a_loss_that_chance_may_make_warns_unless_alpha_allows_it():
    assert gate([1, 1, 0, 1], [1, 0, 0, 1])[1].severity is Severity.WARN
    assert (
        gate([1, 1, 0, 1], [1, 0, 0, 1], RetrievalSettings(metrics=("recall",), alpha=1.0))[
            1
        ].severity
        is Severity.REJECT
    )


@pytest.mark.parametrize(
    ("published", "candidate", "p"),
    [([1], [0], 0.5), ([0], [1], 1.0), ([], [], 1.0), ([1, 1], [0, 0], 0.25)],
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


def test_an_answer_that_is_gone_is_a_loss_and_one_in_neither_state_does_not_count():
    retrieval, check = gate([1] * 10 + [None], [None] * 10 + [None])
    assert (retrieval.queries, retrieval.unlocated) == (10, ("q10",))
    assert (check.severity, check.figure) == (Severity.REJECT, 1.0)
    assert retrieval.lost[0].candidate is None


def test_the_first_state_has_figures_and_no_comparison():
    retrieval = baseline(queries(2), scores(1, 0), SETTINGS)
    assert [change.candidate for change in retrieval.changes] == [pytest.approx(0.5)] * 6
    assert retrieval.lost == ()
    assert retrieval.alone
