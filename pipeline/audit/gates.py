"""The gates that look at a candidate's rows and figures before it is published."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from vouch.index.store.sampling import published_sample, staged_sample
from vouch.pipeline.audit.changeset import Changeset
from vouch.pipeline.audit.drift_gate import drift_gate
from vouch.pipeline.audit.evidence import Evidence, name_documents
from vouch.pipeline.audit.gate_result import GateResult
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.stages.contract_validation import merge_breaks, source_contracts
from vouch.pipeline.stages.policy_enforcement import merge_findings
from vouch.pipeline.stages.vocabulary import merge_vocabulary
from vouch.schemas.runs.record import Check, Drift, RuleBreak, Severity
from vouch.schemas.runs.record import Outcome as CheckOutcome
from vouch.schemas.settings.source_contract import OnBreak
from vouch.validators.batch.corpus_suite import run_suite
from vouch.validators.batch.expectations import SuiteResult
from vouch.validators.batch.policy_checks import duplicate_checks, policy_checks
from vouch.validators.batch.source_suite import run_source_suite
from vouch.validators.batch.stopped_documents import stopped_checks
from vouch.validators.batch.verdict import accounting_check
from vouch.validators.batch.vocabulary_checks import vocabulary_checks
from vouch.validators.concerned import first_examples


def contract_gate(run: Run, changeset: Changeset) -> GateResult:
    """Check the contracts of the corpus and of each source, and the accounting.

    Great Expectations checks what is true of all rows together; the row rules that warn or block
    were checked when the shards were made.
    """
    documents, chunks = changeset.candidate.documents, changeset.candidate.chunks
    corpus = run_suite(documents, chunks, run.settings.contracts.batch, run.fingerprints.embedding)
    sources = [
        run_source_suite(documents, source, contract, run.stamp.at)
        for source, contract in source_contracts(run.settings).items()
    ]
    suites = SuiteResult.concat([corpus, *sources])
    breaks = row_rule_checks(
        rule_break for summary in run.staging.summaries() for rule_break in summary.broken
    )
    checks = (*suites.checks, *breaks, accounting_check(changeset.accounting))
    return GateResult(checks, data_docs=suites.results)


def row_rule_checks(breaks: Iterable[RuleBreak]) -> list[Check]:
    """Return a failed check for each source's row rule that was broken."""
    return [
        Check(
            id=rule_break.id,
            name=f"{rule_break.source}: {rule_break.rule}",
            scope=rule_break.source,
            subject=rule_break.subject,
            owner="pandera",
            severity=Severity.REJECT if rule_break.severity == OnBreak.BLOCK else Severity.WARN,
            outcome=CheckOutcome.FAILED,
            figure=rule_break.count,
            threshold=0,
            message=(
                f"{rule_break.count:,} documents of this run break it, such as "
                f"{rule_break.examples[0].uri}: {rule_break.examples[0].message}"
            ),
            concerned=rule_break.count,
            examples=first_examples(rule_break.examples),
        )
        for rule_break in merge_breaks(breaks)
    ]


def policy_gate(run: Run, changeset: Changeset) -> GateResult:
    """Check what the content policy found in this run, and duplicates in the whole candidate."""
    findings = merge_findings(
        finding for summary in run.staging.summaries() for finding in summary.findings
    )
    candidate = changeset.candidate
    checks = (
        *policy_checks(findings),
        *duplicate_checks(
            candidate.documents, candidate.chunks, run.settings.policy, candidate.folder
        ),
    )
    return GateResult(checks, fields={"policy": findings})


def vocabulary_gate(run: Run, changeset: Changeset) -> GateResult:
    """Check that the model knows the letters of the texts that this run embedded."""
    rows = merge_vocabulary(
        row for summary in run.staging.summaries() for row in summary.vocabulary
    )
    limit = run.settings.contracts.batch.warn_unknown_token_share
    checks = vocabulary_checks(rows, run.settings.embedding.model, limit)
    return GateResult(tuple(checks), fields={"vocabulary": rows})


def stopped_gate(run: Run, changeset: Changeset) -> GateResult:
    """Warn of the documents that a contract or the policy stopped in this run."""
    return GateResult(tuple(stopped_checks(_evidence(run, changeset).stopped)))


_GATES: tuple[Callable[[Run, Changeset], GateResult], ...] = (
    contract_gate,
    policy_gate,
    stopped_gate,
    vocabulary_gate,
    drift_gate,
)


def run_gates(run: Run, changeset: Changeset) -> GateResult:
    """Return what all gates find; the checks that failed name documents."""
    result = GateResult.concat(gate(run, changeset) for gate in _GATES)
    evidence = _evidence(run, changeset, result.fields.get("drift", ()))
    return replace(result, checks=tuple(name_documents(result.checks, evidence)))


def _evidence(run: Run, changeset: Changeset, drift: Sequence[Drift] = ()) -> Evidence:
    return Evidence(
        settings=run.settings,
        candidate=changeset.candidate,
        embedding_fingerprint=run.fingerprints.embedding,
        drift=drift,
        rejects=lambda: run.staging.frame("quarantine", ("document_id", "message")),
        published_texts=lambda ids: published_sample(run.tables, ids),
        arrived_texts=lambda ids: staged_sample(run.staging, ids),
    )
