"""What a candidate must pass before it is published: each gate gives checks, and what it found for the record."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from flows.context import Run
from flows.contract_rows import contracts, merged_breaks
from flows.drift_gate import drift_gate
from flows.outcome import Outcome
from flows.policy_rows import merged_findings
from flows.retrieval_gate import retrieval_gate
from schemas.contract import OnBreak, SourceContract
from schemas.errors import AccountingError
from schemas.run import Check, Example, RuleBreak, RunRecord, Severity
from schemas.run import Outcome as CheckOutcome
from validators.audit import closed, decide
from validators.expectations import Audited
from validators.policy_checks import duplicate_checks, policy_checks
from validators.source_suite import run_source_suite
from validators.suite import run_suite

_FEWER = ("drift: documents", "drift: chunks", "drift: sources")

Found: TypeAlias = tuple[list[Check], dict[str, Any]]
"""Checks, and fields of the run's record."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person said to this run: other golden queries than the settings', and that documents may go in masses."""

    golden: str | None = None
    mass_delete: bool = False


def judge(run: Run, record: RunRecord, result: Outcome, asked: Asked = Asked()) -> RunRecord:
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
    found.append(retrieval_gate(run, result, asked.golden))
    fields = {name: value for _, told in found for name, value in told.items()}
    metrics = {name: value for _, told in found for name, value in told.get("metrics", {}).items()}
    verdict = decide(_allowed(check, asked) for checks, _ in found for check in checks)
    return record.model_copy(update=fields | {"metrics": metrics, "verdict": verdict})


def _allowed(check: Check, asked: Asked) -> Check:
    """Who allows documents to go in masses knows that there are fewer."""
    fewer = asked.mass_delete and check.name in _FEWER
    return check.model_copy(update={"severity": Severity.WARN}) if fewer else check


def _contracts(run: Run, result: Outcome) -> Found:
    """Great Expectations' part of the contracts, the row rules that do not quarantine, and the sums."""
    documents, chunks = result.candidate.documents, result.candidate.chunks
    parts = [run_suite(documents, chunks, run.settings.contracts.batch, run.fingerprints.embedding)]
    parts += [run_source_suite(documents, source, one, run.stamp.at) for source, one in contracts(run).items()]
    audited = Audited.all_of(parts)
    run.data_docs = audited.results
    return [*audited.checks, *_breaks(run), closed(result.accounting)], {}


def _breaks(run: Run) -> list[Check]:
    breaks = merged_breaks(broken for summary in run.staging.summaries() for broken in summary.broken)
    return [_break(broken, broken.examples[0]) for broken in breaks]


def _break(broken: RuleBreak, first: Example) -> Check:
    return Check(
        name=f"{broken.source}: {broken.rule}",
        scope=broken.source,
        owner="pandera",
        severity=Severity.REJECT if broken.severity == OnBreak.BLOCK else Severity.WARN,
        outcome=CheckOutcome.FAILED,
        figure=broken.count,
        threshold=0,
        message=f"{broken.count:,} documents of this run break it, such as {first.uri}: {first.message}",
    )


def _policy(run: Run, result: Outcome) -> Found:
    findings = merged_findings(one for summary in run.staging.summaries() for one in summary.findings)
    policy = run.settings.policy
    checks = [*policy_checks(findings), *duplicate_checks(result.candidate.documents, result.candidate.chunks, policy)]
    return checks, {"policy": findings}


def _ages(run: Run, result: Outcome) -> list[Check]:
    """Of the sources that promise to be fresh."""
    checks: list[Check] = []
    for source, contract in contracts(run).items():
        if contract.max_age_h is not None:
            only = SourceContract(max_age_h=contract.max_age_h, severity=contract.severity)
            checks += run_source_suite(result.candidate.documents, source, only, run.stamp.at).checks
    return checks


_GATES: tuple[Callable[[Run, Outcome], Found], ...] = (_contracts, _policy, drift_gate)
