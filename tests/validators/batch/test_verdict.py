"""The verdict: which outcomes reject, warn or accept."""

import pytest

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Accounting, Check, Decision, Outcome, Severity
from vouch.validators.batch.verdict import accounting_check, decide


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
