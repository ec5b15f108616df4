"""Decide the verdict from the checks of a candidate."""

from collections.abc import Iterable

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
