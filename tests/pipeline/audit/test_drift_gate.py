"""The drift gate: which states are compared with which, and what a changed model means for it."""

import polars as pl

from tests.pipeline.audit.candidates import candidate, chunks, documents
from vouch.index.publishing.states import Candidate, State
from vouch.index.store.run_log import Intent
from vouch.pipeline.audit.changeset import Changeset
from vouch.pipeline.audit.drift_gate import (
    drift_gate,
    fields_with_missing_limit,
    series_point,
    was_made_differently,
)
from vouch.pipeline.audit.drift_scopes import drift_scopes
from vouch.pipeline.audit.gate_result import GateResult
from vouch.pipeline.context.run_context import Run
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Accounting, Outcome, Severity
from vouch.schemas.settings.source_contract import SourceContract
from vouch.schemas.settings.sources import FilesSource
from vouch.validators.drift.profile import build_profile

TWO_SOURCES = State(
    documents(source=["docs", "docs", "wiki", "wiki"]),
    chunks(source=["docs"] * 4 + ["wiki"] * 4),
)
ONE_SOURCE = State(documents(), chunks())


def gate(run: Run, audited: Candidate) -> GateResult:
    return drift_gate(run, Changeset(Accounting(), Intent(), True, lambda: audited))


def names(audited: Candidate, configured: set[str]) -> list[str]:
    return [scope.name for scope in drift_scopes(audited, configured)]


def test_each_source_is_compared_beside_the_whole():
    assert names(candidate(TWO_SOURCES), {"docs", "wiki"}) == ["all", "docs", "wiki"]
    whole, docs, _ = drift_scopes(candidate(TWO_SOURCES), {"docs", "wiki"})
    assert (whole.after.documents.height, docs.after.documents.height) == (4, 2)


def test_the_only_source_is_the_whole():
    assert names(candidate(), {"docs"}) == ["docs"]


def test_a_source_that_is_no_longer_configured_is_not_compared():
    assert names(candidate(ONE_SOURCE, before=TWO_SOURCES), {"docs"}) == ["all", "docs"]


def test_what_was_in_quarantine_before_and_still_is_is_nothing_that_the_run_brings():
    before = State(documents(status=["quarantined"] * 2 + ["published"] * 2), chunks())
    tried = State(
        documents(status=["quarantined", "published", "quarantined", "published"]), chunks()
    )
    (scope,) = drift_scopes(candidate(tried, before), {"docs"})
    brought = set(scope.arrivals.documents.lazy().collect()["document_id"])
    assert brought == {"d1", "d2", "d3"}


def test_the_series_has_the_sources_only_where_several_have_documents():
    audited = candidate(TWO_SOURCES)
    scopes = drift_scopes(audited, {"docs", "wiki"})
    profiles = [
        build_profile(scope.after.documents, scope.after.chunks, frozenset()) for scope in scopes
    ]
    point = series_point(scopes, profiles)
    assert (point["documents"], point["docs: documents"], point["wiki: chunks"]) == (4, 2, 4)
    assert "docs: documents" not in series_point(scopes[:2], profiles[:2])


def test_contracts_own_the_missing_shares_of_their_fields():
    fields = {"a": {"max_missing": 0.1}, "b": {"required": True}, "c": {"type": "number"}}
    contract = SourceContract.model_validate({"fields": fields})
    source = FilesSource(name="docs", path="documents", contract=contract)
    assert fields_with_missing_limit([source]) == {"a", "b"}


def test_a_changed_chunking_or_model_is_detected():
    before = ONE_SOURCE
    assert not was_made_differently(candidate(before, before))
    assert was_made_differently(candidate(before, State(documents(), chunks(fingerprint="old"))))
    recut = State(documents(), chunks(chunk_fingerprint=["old"] * 8))
    assert was_made_differently(candidate(before, recut))


def test_the_first_state_only_starts_the_series(run: Run):
    result = gate(run, candidate())
    assert [check.id for check in result.checks] == [CheckId.DRIFT_USUAL_RANGE]
    assert result.metrics["documents"] == 4
    assert "drift" not in result.fields


def test_drift_blocks_unless_the_chunking_was_changed_on_purpose(run: Run):
    half = State(documents(2), chunks(2, document_id=["d0", "d1"]))
    nothing = State(documents().clear(), chunks().clear())
    blocked = gate(run, candidate(half, ONE_SOURCE, arrivals=nothing))
    failed = {
        check.id: check.severity for check in blocked.checks if check.outcome is Outcome.FAILED
    }
    assert failed[CheckId.DRIFT_CHUNKS] is Severity.REJECT
    worst = blocked.fields["drift"][0]
    assert (worst.level, worst.scope, worst.part) == ("block", "docs", "index")

    recut = State(documents(2), half.chunks.with_columns(chunk_fingerprint=pl.lit("new")))
    warned = gate(run, candidate(recut, ONE_SOURCE, arrivals=nothing))
    assert {check.severity for check in warned.checks} == {Severity.WARN}
