"""Decide the verdict from the checks of a candidate."""

from collections.abc import Iterable, Sequence

from vouch.schemas.runs.approval import Approval
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Accounting, Check, Decision, Outcome, Severity, Verdict


def decide(checks: Iterable[Check]) -> Verdict:
    """Return the verdict, with all checks.

    Reject where a check that must hold failed or could not be made; warn where another one did;
    else accept.
    """
    checks = tuple(checks)
    broken = {check.severity for check in checks if check.outcome is not Outcome.PASSED}
    if Severity.REJECT in broken:
        return Verdict(decision=Decision.REJECT, checks=checks)
    decision = Decision.WARN if Severity.WARN in broken else Decision.ACCEPT
    return Verdict(decision=decision, checks=checks)


def blocking(checks: Iterable[Check]) -> list[Check]:
    """Return the checks that reject the run."""
    return [
        check
        for check in checks
        if check.outcome is not Outcome.PASSED and check.severity is Severity.REJECT
    ]


def with_approvals(checks: Iterable[Check], approvals: Sequence[Approval]) -> list[Check]:
    """Let each check that would reject the run, and that a person agreed to, warn instead."""
    return [_agreed(check, approvals) if check in blocking([check]) else check for check in checks]


def _agreed(check: Check, approvals: Sequence[Approval]) -> Check:
    covering = [each for each in approvals if each.covers(check.qualified_id, check.scope)]
    if not covering:
        return check
    approval = max(covering, key=lambda each: each.until or each.at)
    message = f"{check.message}; {approval.sentence}" if check.message else approval.sentence
    return check.model_copy(
        update={"severity": Severity.WARN, "approval": approval, "message": message}
    )


def accounting_check(accounting: Accounting) -> Check:
    """Return whether every document and chunk of the run is accounted for."""
    problems = accounting.problems()
    return Check(
        id=CheckId.ACCOUNTING,
        name="accounting",
        scope="run",
        owner="vouch",
        severity=Severity.REJECT,
        outcome=Outcome.FAILED if problems else Outcome.PASSED,
        figure=len(problems),
        threshold=0,
        message="; ".join(problems) or "every document and chunk is accounted for",
    )
