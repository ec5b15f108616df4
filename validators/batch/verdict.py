"""From the checks of a candidate to its verdict."""

from collections.abc import Iterable

from vouch.schemas.run import Accounting, Check, Decision, Outcome, Severity, Verdict


def decide(checks: Iterable[Check]) -> Verdict:
    """Reject where a check that must hold failed or could not be made; warn where another did; else accept."""
    checks = tuple(checks)
    broken = {check.severity for check in checks if check.outcome is not Outcome.PASSED}
    if Severity.REJECT in broken:
        return Verdict(decision=Decision.REJECT, checks=checks)
    return Verdict(
        decision=Decision.WARN if Severity.WARN in broken else Decision.ACCEPT, checks=checks
    )


def closed(accounting: Accounting) -> Check:
    """Whether every document and chunk of the run is accounted for."""
    problems = accounting.problems()
    return Check(
        name="the sums of the run close",
        scope="run",
        owner="vouch",
        severity=Severity.REJECT,
        outcome=Outcome.FAILED if problems else Outcome.PASSED,
        figure=len(problems),
        threshold=0,
        message="; ".join(problems) or "every document and chunk is accounted for",
    )
