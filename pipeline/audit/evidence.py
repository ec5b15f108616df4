"""What is behind the failed checks of a candidate: which documents, looked up where a check failed.

A run names the first few in its record; `vouch.pipeline.operations.concerned` lists all.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from vouch.index.publishing.states import Candidate
from vouch.index.store.sampling import Sample
from vouch.pipeline.audit.drift_sampling import farthest, sampled_ids
from vouch.pipeline.audit.drift_scopes import drift_scopes
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Drift, Outcome
from vouch.schemas.settings.source_contract import SourceContract
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.validators.batch.corpus_concerned import corpus_concerned
from vouch.validators.batch.duplicates_concerned import duplicates_concerned
from vouch.validators.batch.rules_concerned import flagged_concerned, rule_concerned
from vouch.validators.batch.source_concerned import source_concerned
from vouch.validators.batch.stopped_documents import newly_stopped, stopped_concerned
from vouch.validators.concerned import Concerned, named
from vouch.validators.drift.contributions import contributions
from vouch.validators.rows.near_duplicates import repeated_over_documents


@dataclass(frozen=True)
class Evidence:
    """What a candidate's failed checks are explained from.

    Attributes:
        settings: The settings.
        candidate: The candidate.
        embedding_fingerprint: That of the run.
        drift: The figures that were compared.
        rejects: Returns `document_id` and `message` of what the run put into quarantine.
        published_texts: Returns a sample of the texts and vectors of published documents, by id.
        arrived_texts: Likewise of documents of the run.
    """

    settings: Settings
    candidate: Candidate
    embedding_fingerprint: str
    drift: Sequence[Drift]
    rejects: Callable[[], pl.DataFrame]
    published_texts: Callable[[list[str]], Sample]
    arrived_texts: Callable[[list[str]], Sample]

    @cached_property
    def boilerplate(self) -> frozenset[str]:
        """The hashes of texts that many documents have."""
        limit = self.settings.policy.boilerplate_documents
        return frozenset(repeated_over_documents(self.candidate.chunks, limit)["text_sha256"])

    @cached_property
    def stopped(self) -> pl.LazyFrame:
        """The documents that a contract or the policy stopped in this run for the first time."""
        candidate = self.candidate
        return newly_stopped(candidate.before, candidate.arrivals, self.rejects())

    def contract(self, source: str) -> SourceContract:
        """Return the contract of a source; that of one that is not in the settings has no rules."""
        contracts = {each.name: each.contract for each in self.settings.sources}
        return contracts.get(source, SourceContract())


def name_documents(checks: Iterable[Check], evidence: Evidence) -> list[Check]:
    """Return the checks; those that failed name the first documents behind them."""
    return [
        _with_documents(check, evidence)
        if check.outcome is Outcome.FAILED and not check.examples
        else check
        for check in checks
    ]


def _with_documents(check: Check, evidence: Evidence) -> Check:
    behind = documents_behind(check, evidence)
    return check if behind is None else named(check, behind)


def documents_behind(check: Check, evidence: Evidence) -> Concerned | None:
    """Return all documents behind a failed check; None where it is not about documents."""
    candidate, policy = evidence.candidate, evidence.settings.policy
    before, source = candidate.before, check.scope
    if check.id is CheckId.CONTRACT_REJECTS:
        return stopped_concerned(evidence.stopped, source)
    if check.id.startswith("drift_"):
        return _behind_drift(check, evidence)
    if check.id in _DUPLICATES:
        return duplicates_concerned(check.id, candidate, policy, candidate.folder)
    if check.id.startswith("policy_"):
        return flagged_concerned(check.id, candidate.arrivals)
    behind = corpus_concerned(check.id, before, candidate, evidence.embedding_fingerprint)
    if behind is not None:
        return behind
    contract = evidence.contract(source)
    behind = source_concerned(check, before.of(source), candidate.of(source), contract)
    if behind is not None:
        return behind
    return rule_concerned(check, candidate.arrivals.of(source), contract)


_DUPLICATES = frozenset(
    {CheckId.POLICY_EXACT_DUPLICATES, CheckId.POLICY_NEAR_DUPLICATES, CheckId.POLICY_BOILERPLATE}
)


def _behind_drift(check: Check, evidence: Evidence) -> Concerned | None:
    """Return the documents behind the worst drift of a figure."""
    figure = check.id.removeprefix("drift_")
    drifts = [drift for drift in evidence.drift if drift.figure == figure]
    configured = {source.name for source in evidence.settings.sources}
    scopes = {scope.name: scope for scope in drift_scopes(evidence.candidate, configured)}
    worst = min(drifts, key=lambda drift: drift.urgency, default=None)
    if worst is None or worst.scope not in scopes:
        return None
    scope = scopes[worst.scope]
    if figure in ("vocabulary", "vectors"):
        published = evidence.published_texts(sampled_ids(scope.before))
        arrived = evidence.arrived_texts(sampled_ids(scope.arrivals))
        return farthest(figure, scope.arrivals.documents, published, arrived)
    after = scope.after if worst.part == "index" else scope.arrivals
    return contributions(worst, scope.before, after, evidence.boilerplate)
