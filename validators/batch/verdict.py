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


def with_approvals(checks: Iterable[Check], approvals: Sequence[Approval]) -> list[Check]:
    """Let each check that would reject the run, and that a person agreed to, warn instead.

    Who agreed to a run has seen its figures: where a later run fails the check by more, it rejects.
    """
    return [_agreed(check, approvals) if check.blocks else check for check in checks]


def _agreed(check: Check, approvals: Sequence[Approval]) -> Check:
    covering = [each for each in approvals if each.covers(check.names)]
    if not covering:
        return check
    enough = [each for each in covering if not _is_beyond(check, each)]
    approval = max(enough or covering, key=lambda each: each.until or each.at)
    sentence = approval.sentence
    if not enough:
        sentence = (
            f"it fails by more than agreed ({approval.figures[check.reference]:g}): {sentence}"
        )
    message = f"{check.message}; {sentence}" if check.message else sentence
    if not enough:
        return check.model_copy(update={"message": message})
    return check.model_copy(
        update={"severity": Severity.WARN, "approval": approval, "message": message}
    )


def _is_beyond(check: Check, approval: Approval) -> bool:
    """Return whether the figure is farther beyond the threshold than the one agreed to."""
    agreed = approval.figures.get(check.reference)
    if agreed is None or check.figure is None or check.threshold is None:
        return False
    # Some figures must not exceed their threshold, others must not fall below it.
    is_high = check.figure > check.threshold
    return check.figure > agreed if is_high else check.figure < agreed


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
