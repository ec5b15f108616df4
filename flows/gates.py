"""What a candidate must pass before it is published: each gate gives checks, and what it found for the record."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from flows.context import Run
from flows.contract_rows import contracts, merged_breaks
from flows.drift_gate import drift_gate
from flows.outcome import Outcome
from flows.policy_rows import merged
from flows.retrieval_gate import retrieval_gate
from index.staging import ShardSummary
from schemas.contract import OnBreak
from schemas.errors import AccountingError
from schemas.run import Check, RunRecord, Severity
from schemas.run import Outcome as CheckOutcome
from validators.audit import audit, decide
from validators.policy_checks import duplicate_checks, policy_checks
from validators.source_suite import run_source_suite

Found: TypeAlias = tuple[list[Check], dict[str, Any]]
"""Checks, and fields of the run's record."""


def judge(run: Run, record: RunRecord, result: Outcome, golden: str | None = None) -> RunRecord:
    """The record with its verdict. Raises `AccountingError`.

    Where there is nothing to publish only the age of the sources is looked at: it is all that can have become wrong by itself.
    """
    open_sums = result.accounting.problems()
    if open_sums:
        raise AccountingError(f"run {run.run_id} lost count, so it publishes nothing: {'; '.join(open_sums)}")
    if not result.changes:
        checks = _ages(run, result)
        return record.model_copy(update={"verdict": decide(checks) if checks else None})
    with run.clock.measure("audit", result.candidate.chunks.height, "chunks"):
        found = [gate(run, result) for gate in _GATES]
    found.append(retrieval_gate(run, result, golden))
    fields = {name: value for _, told in found for name, value in told.items()}
    metrics = {name: value for _, told in found for name, value in told.get("metrics", {}).items()}
    verdict = decide(check for checks, _ in found for check in checks)
    return record.model_copy(update=fields | {"metrics": metrics, "verdict": verdict})


def _suite(run: Run, result: Outcome) -> Found:
    verdict = audit(
        result.candidate.documents,
        result.candidate.chunks,
        contracts=run.settings.contracts,
        accounting=result.accounting,
        embedding_fingerprint=run.fingerprints.embedding,
    )
    return list(verdict.checks), {}


def _source_contracts(run: Run, result: Outcome) -> Found:
    """Great Expectations' part of each contract, and the row rules that do not quarantine."""
    checks: list[Check] = []
    for source, contract in contracts(run).items():
        checks += run_source_suite(result.candidate.documents, source, contract, run.stamp.at)
    breaks = merged_breaks(broken for summary in _summaries(run) for broken in summary.broken)
    for broken in breaks:
        first = broken.examples[0]
        checks.append(
            Check(
                name=f"{broken.source}: {broken.rule}",
                scope=broken.source,
                owner="pandera",
                severity=Severity.REJECT if broken.severity == OnBreak.BLOCK else Severity.WARN,
                outcome=CheckOutcome.FAILED,
                figure=broken.count,
                threshold=0,
                message=f"{broken.count:,} documents of this run break it, such as {first.uri}: {first.message}",
            )
        )
    return checks, {}


def _policy(run: Run, result: Outcome) -> Found:
    findings = merged(one for summary in _summaries(run) for one in summary.findings)
    policy = run.settings.policy
    checks = [*policy_checks(findings), *duplicate_checks(result.candidate.documents, result.candidate.chunks, policy)]
    return checks, {"policy": findings}


def _ages(run: Run, result: Outcome) -> list[Check]:
    """Of the sources that promise to be fresh."""
    aged = {source: contract for source, contract in contracts(run).items() if contract.max_age_h is not None}
    checks: list[Check] = []
    for source, contract in aged.items():
        only = contract.model_copy(
            update={"fields": {}, "min_documents": None, "max_documents": None, "max_quarantine_share": None}
        )
        checks += run_source_suite(result.candidate.documents, source, only, run.stamp.at)
    return checks


def _summaries(run: Run) -> Iterable[ShardSummary]:
    return run.staging.summaries()


_GATES: tuple[Callable[[Run, Outcome], Found], ...] = (_suite, _source_contracts, _policy, drift_gate)
