"""Decide the verdict on a candidate, from what its gates find."""

from collections.abc import Sequence

from vouch.index.store.tables import frame
from vouch.pipeline.audit.changeset import Changeset
from vouch.pipeline.audit.gate_result import GateResult
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.operations.approval_log import active_approvals
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.errors import AccountingError
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Severity, Verdict
from vouch.schemas.settings.source_contract import SourceContract
from vouch.validators.batch.verdict import decide, with_approvals

_SHRINKING = frozenset({CheckId.DRIFT_DOCUMENTS, CheckId.DRIFT_CHUNKS, CheckId.DRIFT_SOURCES})


@crossing(Boundary.VERDICT)
def decide_verdict(
    run: Run, changeset: Changeset, checks: Sequence[Check] = ()
) -> tuple[Verdict | None, GateResult]:
    """Run the gates and decide; `checks` were made before. Raises `AccountingError`.

    Where there is nothing to publish only the age of the sources is checked: nothing else can have
    become wrong without a change. Without sources that promise an age there is no verdict. Where
    only retrieval profiles change, golden queries are searched as well.
    """
    problems = changeset.accounting.problems()
    if problems:
        raise AccountingError(
            f"the accounting of run {run.run_id} does not close, so it publishes nothing: "
            f"{'; '.join(problems)}"
        )
    if changeset.is_empty:
        ages = _age_checks(run)
        return (decide(_with_approvals(run, ages)) if ages else None), GateResult()
    # Imported here, because a run with nothing to publish does not need what the gates import.
    from vouch.pipeline.audit.gates import run_gates
    from vouch.pipeline.audit.retrieval_gate import retrieval_gate

    if not changeset.has_changes:
        result = retrieval_gate(run, changeset)
        return decide(_with_approvals(run, [*_age_checks(run), *result.checks])), result
    with run.timer.measure("audit", changeset.intent.chunks, "chunks"):
        from_gates = run_gates(run, changeset)
    result = GateResult.concat([from_gates, retrieval_gate(run, changeset)])
    gate_checks = list(result.checks)
    if run.scope.kind == "repair":
        gate_checks = [allow_damage(check) for check in gate_checks]
    every_check = [*gate_checks, *checks]
    if run.request.allow_mass_delete:
        every_check = [allow_shrinking(check) for check in every_check]
    return decide(_with_approvals(run, every_check)), result


def _with_approvals(run: Run, checks: list[Check]) -> list[Check]:
    """Let what a person agreed to warn; approvals are read only where something blocks."""
    if not any(check.blocks for check in checks):
        return checks
    return with_approvals(checks, active_approvals(run.tables, run.stamp.at))


def allow_damage(check: Check) -> Check:
    """Let what is wrong with the candidate as a whole only warn: a repair begins with a damaged
    state, and may leave flaws to another repair, or flaws that nothing repairs. The doctor judges
    what is left. Rules of the rows that the run makes still block.
    """
    if check.owner == "pandera" or check.severity is not Severity.REJECT:
        return check
    return check.model_copy(update={"severity": Severity.WARN})


def allow_shrinking(check: Check) -> Check:
    """Let drift in numbers only warn: who allows a mass delete knows that the index will shrink."""
    if check.id not in _SHRINKING:
        return check
    return check.model_copy(update={"severity": Severity.WARN})


def _age_checks(run: Run) -> list[Check]:
    dated = [source for source in run.settings.sources if source.contract.max_age_h is not None]
    if not dated:
        return []
    from vouch.validators.batch.source_suite import run_source_suite

    # Nothing is published, so that the candidate is what is published already.
    documents = frame(run.tables.documents, ("source", "status", "reason", "source_modified_at"))
    checks: list[Check] = []
    for source in dated:
        contract = source.contract
        only_age = SourceContract(max_age_h=contract.max_age_h, severity=contract.severity)
        checks += run_source_suite(documents, source.name, only_age, run.stamp.at).checks
    return checks
