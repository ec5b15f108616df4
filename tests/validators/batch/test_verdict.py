"""The verdict: which outcomes reject, warn or accept."""

from datetime import UTC, datetime

import pytest

from vouch.schemas.runs.approval import Approval
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Accounting, Check, Decision, Outcome, Severity
from vouch.validators.batch.verdict import accounting_check, decide, with_approvals


def check(outcome: Outcome, severity: Severity) -> Check:
    return Check(
        id=CheckId.CHUNK_COUNT, name="x", scope="chunks", owner="vouch", severity=severity,
        outcome=outcome,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("checks", "decision"),
    [
        ([], Decision.ACCEPT),
        ([(Outcome.PASSED, Severity.REJECT)], Decision.ACCEPT),
        ([(Outcome.FAILED, Severity.WARN)], Decision.WARN),
        ([(Outcome.NOT_CHECKED, Severity.WARN)], Decision.WARN),
        ([(Outcome.FAILED, Severity.WARN), (Outcome.FAILED, Severity.REJECT)], Decision.REJECT),
        ([(Outcome.NOT_CHECKED, Severity.REJECT)], Decision.REJECT),
    ],
)
def test_the_worst_failed_or_unchecked_check_decides(checks: list, decision: Decision):
    assert decide(check(*fields) for fields in checks).decision is decision


def test_an_accounting_that_does_not_close_fails():
    broken = accounting_check(Accounting(listed=3, published=2))
    assert (broken.outcome, broken.severity) == (Outcome.FAILED, Severity.REJECT)
    assert "listed + missing + attached = 3" in broken.message
    assert accounting_check(Accounting()).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("figure", "threshold", "agreed", "severity"),
    [
        (0.41, 0.3, 0.41, Severity.WARN),  # as it was agreed to
        (0.35, 0.3, 0.41, Severity.WARN),  # better
        (0.42, 0.3, 0.41, Severity.REJECT),  # a share that must not be exceeded
        (0.86, 0.9, 0.87, Severity.REJECT),  # a score that must not be less
        (0.88, 0.9, 0.87, Severity.WARN),
        (0.99, 0.3, None, Severity.WARN),  # agreed to without having seen a run
    ],
)
def test_what_fails_by_more_than_was_agreed_to_rejects(
    figure: float, threshold: float, agreed: float | None, severity: Severity
):
    failed = check(Outcome.FAILED, Severity.REJECT).model_copy(
        update={"id": CheckId.DRIFT_LANGUAGES, "figure": figure, "threshold": threshold}
    )
    figures = {} if agreed is None else {failed.reference: agreed}
    approval = Approval(
        id="a", who="Ada", why="it is meant so", at=datetime(2026, 1, 1, tzinfo=UTC),
        checks=("drift_languages",), figures=figures,
    )  # fmt: skip
    (judged,) = with_approvals([failed], [approval])
    assert judged.severity is severity
    assert "Ada agreed on 2026-01-01: it is meant so" in judged.message
    assert ("by more than agreed" in judged.message) is (severity is Severity.REJECT)
