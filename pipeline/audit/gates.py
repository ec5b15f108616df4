"""What a candidate must pass before it is published: each gate gives checks, and what it found for the record."""

from collections.abc import Callable
from typing import Any, TypeAlias

from vouch.pipeline.audit.changeset import Outcome
from vouch.pipeline.audit.drift_gate import drift_gate
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.stages.contract_validation import contracts, merged_breaks
from vouch.pipeline.stages.policy_enforcement import merged_findings
from vouch.schemas.contract import OnBreak
from vouch.schemas.run import Check, Example, RuleBreak, Severity
from vouch.schemas.run import Outcome as CheckOutcome
from vouch.validators.batch.corpus_suite import run_suite
from vouch.validators.batch.expectations import Audited
from vouch.validators.batch.policy_checks import duplicate_checks, policy_checks
from vouch.validators.batch.source_suite import run_source_suite
from vouch.validators.batch.verdict import closed

Found: TypeAlias = tuple[list[Check], dict[str, Any]]
"""Checks, and fields of the run's record."""


def _contracts(run: Run, result: Outcome) -> Found:
    """Great Expectations' part of the contracts, the row rules that do not quarantine, and the sums."""
    documents, chunks = result.candidate.documents, result.candidate.chunks
    parts = [run_suite(documents, chunks, run.settings.contracts.batch, run.fingerprints.embedding)]
    parts += [
        run_source_suite(documents, source, one, run.stamp.at)
        for source, one in contracts(run).items()
    ]
    audited = Audited.all_of(parts)
    run.data_docs = audited.results
    return [*audited.checks, *_breaks(run), closed(result.accounting)], {}


def _breaks(run: Run) -> list[Check]:
    breaks = merged_breaks(
        broken for summary in run.staging.summaries() for broken in summary.broken
    )
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
    findings = merged_findings(
        one for summary in run.staging.summaries() for one in summary.findings
    )
    policy = run.settings.policy
    checks = [
        *policy_checks(findings),
        *duplicate_checks(result.candidate.documents, result.candidate.chunks, policy),
    ]
    return checks, {"policy": findings}


GATES: tuple[Callable[[Run, Outcome], Found], ...] = (_contracts, _policy, drift_gate)
"""Those that look at rows and figures; the golden queries come after them."""
