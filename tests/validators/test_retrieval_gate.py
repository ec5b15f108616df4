"""The retrieval gate: a fall beyond the tolerance blocks where it is sure, warns where it is not; causes can be seen."""

import pytest

from vouch.schemas.gate import RetrievalSettings
from vouch.schemas.run import Outcome, Severity
from vouch.validators.retrieval.comparison import baseline, checks, compare
from vouch.validators.retrieval.golden_queries import GoldenQuery, Scores, metric_names

SETTINGS = RetrievalSettings(metrics=("recall",))


def queries(count: int) -> list[GoldenQuery]:
    return [
        GoldenQuery(id=f"q{n}", query=f"question {n}", source="docs", uri="a.md", answer="x")
        for n in range(count)
    ]


def scores(*found: float | None) -> Scores:
    return Scores(
        5,
        {
            f"q{n}": None if one is None else dict.fromkeys(metric_names(5), one)
            for n, one in enumerate(found)
        },
    )


def gate(published: list, candidate: list, settings: RetrievalSettings = SETTINGS):
    found = compare(queries(len(published)), scores(*published), scores(*candidate), settings)
    (check,) = checks(found, settings)
    return found, check


def test_equal_sides_pass():
    found, check = gate([1, 0, 1], [1, 0, 1])
    assert (check.outcome, check.figure, found.lost, found.won) == (Outcome.PASSED, 0, (), ())
    assert {change.p for change in found.changes} == {1.0}


def test_a_sure_fall_blocks_and_its_queries_are_named():
    found, check = gate([1] * 20, [1] * 10 + [0] * 10)
    assert (check.outcome, check.severity, check.figure) == (Outcome.FAILED, Severity.REJECT, 0.5)
    assert [one.id for one in found.lost] == [f"q{n}" for n in range(10, 20)]
    assert "lost: q10, q11" in check.message


def test_a_fall_that_chance_may_make_warns_unless_told_otherwise():
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
def test_few_queries_are_no_trouble(published: list, candidate: list, p: float):
    found, _ = gate(published, candidate)
    assert found.changes[0].p == pytest.approx(p, abs=0.01)


def test_a_fall_within_the_tolerance_passes():
    assert gate([1] * 100, [1] * 98 + [0] * 2)[1].outcome is Outcome.PASSED


def test_a_gain_passes_and_is_told():
    found, check = gate([0, 0, 0], [1, 1, 0])
    assert check.outcome is Outcome.PASSED
    assert [one.id for one in found.won] == ["q0", "q1"]


def test_an_answer_that_is_gone_counts_as_not_found_and_one_on_no_side_does_not_count():
    found, check = gate([1] * 10 + [None], [None] * 10 + [None])
    assert (found.queries, found.unlocated) == (10, ("q10",))
    assert (check.severity, check.figure) == (Severity.REJECT, 1.0)
    assert found.lost[0].candidate is None


def test_the_first_state_is_held_against_itself():
    found = baseline(queries(2), scores(1, 0), SETTINGS)
    assert [change.candidate for change in found.changes] == [pytest.approx(0.5)] * 5
    assert found.lost == ()
    assert found.alone
