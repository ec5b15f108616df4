"""The audit stage: from staged shards to a record with a verdict, and the changes to publish."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from vouch.index.store.run_log import newest_published
from vouch.pipeline.audit.changeset import Changeset, build_changeset
from vouch.pipeline.audit.embedding_gate import embedding_gate
from vouch.pipeline.audit.publication import describe
from vouch.pipeline.audit.verdict import decide_verdict
from vouch.pipeline.context.allocator_tuning import free_memory
from vouch.pipeline.context.run_context import Run, candidate_prefix
from vouch.pipeline.planning.plan import Plan
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.documents.records import Listing
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.search_profiles import changed_profiles

# Freeing memory takes a moment, which is only worth it for what many chunks take.
_MANY_CHUNKS = 5_000
# From here on the audit needs as much memory as the model. Golden queries load the model again.
_VERY_MANY_CHUNKS = 100_000


@dataclass(frozen=True, slots=True)
class Audit:
    """A run's record with its verdict, what it would publish, and the results for Data Docs."""

    record: RunRecord
    changeset: Changeset
    data_docs: tuple[dict[str, Any], ...] = ()


@crossing(Boundary.AUDIT)
def audit(run: Run, record: RunRecord, listings: Sequence[Listing], plan: Plan) -> Audit:
    """Audit the candidate that the plan and the staged shards make. Changes no published table.

    Raises `AccountingError` where documents or chunks were lost.
    """
    # A folder that is recognized: the next run removes what this one leaves if it is killed.
    new_folder = partial(
        tempfile.mkdtemp, dir=run.workspace.scratch, prefix=candidate_prefix(run.scope.kind)
    )
    changeset = build_changeset(
        run.tables, run.staging, plan, new_folder, orphans=run.scope.kind == "repair"
    )
    # Runs over a part of the documents publish profiles along with what they have, never alone.
    if changeset.has_changes or run.scope.kind == "ingest":
        changeset = replace(changeset, profiles=_profile_changes(run))
    try:
        return _audited(run, record, listings, plan, changeset)
    finally:
        changeset.release_candidate()


def _profile_changes(run: Run) -> dict[str, str]:
    """Return the retrieval profiles that the run would change, and how."""
    published = newest_published(run.tables)
    if run.profiles is None or published is None:
        return {}
    return changed_profiles(published.profiles, run.settings.profiles)


def _audited(
    run: Run, record: RunRecord, listings: Sequence[Listing], plan: Plan, changeset: Changeset
) -> Audit:
    # First: it needs the model, which may have to make room for the other gates.
    embedding_checks = embedding_gate(run, changeset)
    # Where nothing changes, the candidate is not read.
    chunks = changeset.intent.chunks if changeset.has_changes else 0
    if chunks >= _MANY_CHUNKS:
        run.workspace.free_processes(embedding=chunks >= _VERY_MANY_CHUNKS)
        free_memory()
    record = describe(run, record, listings, plan, changeset)
    verdict, result = decide_verdict(run, changeset, embedding_checks)
    update = {**result.fields, "verdict": verdict, "metrics": dict(result.metrics)}
    if chunks >= _MANY_CHUNKS:
        free_memory()
    return Audit(record.model_copy(update=update), changeset, result.data_docs)
