"""The verdict on a candidate, put together from what its gates find."""

from collections.abc import Sequence

from vouch.pipeline.audit.changeset import Outcome
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.lifecycle import Options
from vouch.schemas.contract import SourceContract
from vouch.schemas.errors import AccountingError
from vouch.schemas.run import Check, RunRecord, Severity
from vouch.schemas.settings import SourceSettings
from vouch.validators.batch.verdict import decide

_FEWER = ("drift: documents", "drift: chunks", "drift: sources")


def judge(
    run: Run, record: RunRecord, result: Outcome, options: Options, made: Sequence[Check] = ()
) -> RunRecord:
    """The record with its verdict; `made` are checks that were made before. Raises `AccountingError`.

    Where there is nothing to publish only the age of the sources is looked at: it is all that can have become wrong by itself.
    """
    open_sums = result.accounting.problems()
    if open_sums:
        raise AccountingError(
            f"run {run.run_id} lost count, so it publishes nothing: {'; '.join(open_sums)}"
        )
    if not result.changes:
        checks = _ages(run, result)
        return record.model_copy(update={"verdict": decide(checks) if checks else None})
    # Here, because a run with nothing to publish needs none of what they import.
    from vouch.pipeline.audit.gates import GATES
    from vouch.pipeline.audit.retrieval_gate import retrieval_gate

    with run.clock.measure("audit", result.candidate.chunks.height, "chunks"):
        found = [gate(run, result) for gate in GATES]
    found.append(retrieval_gate(run, result, options.golden))
    fields = {name: value for _, told in found for name, value in told.items()}
    metrics = {name: value for _, told in found for name, value in told.get("metrics", {}).items()}
    every = (*(check for checks, _ in found for check in checks), *made)
    verdict = decide(_allowed(check, options) for check in every)
    return record.model_copy(update=fields | {"metrics": metrics, "verdict": verdict})


def _allowed(check: Check, options: Options) -> Check:
    """Who allows documents to go in masses knows that there are fewer."""
    fewer = options.allow_mass_delete and check.name in _FEWER
    return check.model_copy(update={"severity": Severity.WARN}) if fewer else check


def _ages(run: Run, result: Outcome) -> list[Check]:
    """Of the sources that promise to be fresh."""
    promised = [source for source in run.settings.sources if source.contract.max_age_h is not None]
    return [check for source in promised for check in _age(run, result, source)]


def _age(run: Run, result: Outcome, source: SourceSettings) -> tuple[Check, ...]:
    from vouch.validators.batch.source_suite import run_source_suite

    contract = source.contract
    only = SourceContract(max_age_h=contract.max_age_h, severity=contract.severity)
    return run_source_suite(result.candidate.documents, source.name, only, run.stamp.at).checks
