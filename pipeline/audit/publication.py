"""The last stages of a run: its record before the verdict, publishing or refusing, the report."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from vouch.index.publishing.publish import publish, quarantine_rejects
from vouch.index.store.generations import (
    Generation,
    adopt,
    is_recorded,
    record_generation,
)
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import (
    Intent,
    newest_published,
    without_secrets,
    write_run,
)
from vouch.pipeline.audit.changeset import Changeset
from vouch.pipeline.audit.run_summary import (
    break_down,
    group_filtered,
    group_rejects,
    list_changes,
    summarize_sources,
)
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.planning.cost_estimate import estimate
from vouch.pipeline.planning.plan import Plan
from vouch.pipeline.stages.left_out_texts import merge_left_out
from vouch.reports.data_docs import write_data_docs
from vouch.reports.explanation import may_be_approved
from vouch.reports.run_report import write_run_report
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.documents.records import Listing
from vouch.schemas.runs.cost import Spending
from vouch.schemas.runs.record import Breakdown, Decision, RunRecord, Status

_log = logging.getLogger("vouch")


def describe(
    run: Run, record: RunRecord, listings: Sequence[Listing], plan: Plan, changeset: Changeset
) -> RunRecord:
    """Return the record with all that is known before the verdict."""
    former_uris = changeset.intent.renamed
    # A run that has staged nothing has embedded nothing: in a bucket, to ask takes two requests.
    ledger = run.workspace.ledger
    spending, planned = Spending(), None
    if changeset.has_changes:
        spending = ledger.of_run(run.run_id)
    if spending.requests.sent:
        planned = estimate(plan, run.tables, run.settings.embedding).tokens
    renamed = {"renamed": len(former_uris)} if former_uris else {}
    return record.model_copy(
        update={
            "sources": summarize_sources(run.settings, listings, from_index=run.scope.from_index),
            "accounting": changeset.accounting,
            "breakdown": _unchanged_breakdown(run, changeset) or break_down(changeset.candidate),
            "rejects": group_rejects(run.staging),
            "filtered": group_filtered(plan),
            "left_out": merge_left_out(summary.left_out for summary in run.staging.summaries()),
            "changes": list_changes(plan, former_uris),
            "change_counts": plan.counts | renamed,
            "tokens_embedded": spending.tokens,
            "spending": spending,
            "tokens_planned": planned,
            "profile_changes": dict(changeset.profiles),
            "shards": len(run.staging.names),
            "shards_resumed": len(run.resumed),
        }
    )


def _unchanged_breakdown(run: Run, changeset: Changeset) -> Breakdown | None:
    """Return the last publication's breakdown where nothing has changed since.

    It saves a run with nothing to publish from reading the whole index.
    """
    newest = None if changeset.has_changes else newest_published(run.tables)
    if newest is None or newest.breakdown == Breakdown():
        return None
    versions = run.tables.versions()
    is_current = all(
        newest.versions.get(name) == versions[name] for name in ("chunks", "documents")
    )
    return newest.breakdown if is_current else None


def publish_or_refuse(run: Run, record: RunRecord, changeset: Changeset) -> RunRecord:
    """Publish an accepted candidate, and return the record with the run's status.

    A rejected candidate, or one without changes, leaves the published state as it is. The shards of
    a rejected run stay staged: a run that may publish them need not make them again.
    """
    is_rejected = record.verdict is not None and record.verdict.decision is Decision.REJECT
    if changeset.is_empty and not is_rejected:
        return record.model_copy(update={"status": Status.UNCHANGED})
    run.locks.require()
    if record.verdict is None or is_rejected:
        quarantine_rejects(run.tables, run.staging, record, run.settings)
        record = record.model_copy(update={"status": Status.REJECTED})
        return record.model_copy(update={"waits_until": _waits_until(run, record, changeset)})
    if not run.request.publish:
        return record.model_copy(update={"status": Status.STAGED})
    with run.timer.measure("publish", changeset.accounting.chunks_published, "chunks"):
        # Of an index's own texts all vectors may be those of a shadow, or of an earlier state.
        if changeset.accounting.vectors_computed or run.scope.from_index:
            note_generation(run)
        record = publish(
            run.tables,
            run.staging,
            changeset.intent,
            record,
            run.settings,
            run.locks.require,
        )
    run.staging.discard()
    return record


def _waits_until(run: Run, record: RunRecord, changeset: Changeset) -> datetime | None:
    """Return until when the rejected run waits for a decision; None where it does not, or where
    nobody could agree to it.
    """
    flow_run = run.request.flow_run
    can_be_decided = not changeset.is_empty and may_be_approved(record)
    if flow_run is None or not flow_run.wait_h or not can_be_decided:
        return None
    return now() + timedelta(hours=flow_run.wait_h)


@crossing(Boundary.NOTE_GENERATION)
def note_generation(run: Run) -> None:
    """Record the model's probe vectors before its first vectors are published."""
    if is_recorded(run.tables, run.fingerprints.embedding):
        return
    probes = run.embedder.probes()
    # That of a service is recorded by now, with what it gave before the first text.
    if not run.card.is_service:
        record_generation(run.tables, run.card, probes, run.run_id)


@crossing(Boundary.REPORT)
def close(
    run: Run,
    record: RunRecord,
    changeset: Changeset,
    data_docs: Sequence[dict[str, Any]] = (),
) -> RunRecord:
    """Write the report and the final record, and remove staged shards that no run uses.

    `data_docs` are Great Expectations' results; without any, no Data Docs are written. The record
    of a run that is rejected or only staged keeps what it would have published, so that a person
    may look at it, and approve it.
    """
    if adopt(run.tables, run.card, run.fingerprints.embedding):
        _log.warning(
            "run %s: the index was made by Vouch 0.7.0 or before; its model still gives the "
            "published vectors, so that nothing is embedded again",
            run.run_id,
        )
    run.staging.remove_leftovers(run.settings.run.keep_staged_h)
    may_be_published = record.status in (Status.STAGED, Status.REJECTED)
    kept = tuple(run.staging.names) if may_be_published else ()
    run.staging.of(run.created.difference(kept)).discard()
    if run.card.is_service and changeset.has_changes:
        # All of it is in shards now. Golden queries were embedded after the record was begun.
        run.workspace.paid_vectors.discard()
        run.workspace.paid_vectors.remove_old(run.settings.run.keep_staged_h)
        spending = run.workspace.ledger.of_run(run.run_id)
        update = {"spending": spending, "tokens_embedded": spending.tokens}
        record = record.model_copy(update=update)
    record = record.model_copy(
        update={
            "model": run.workspace.model or record.model,
            "ended_at": now(),
            "stages": run.timer.costs(),
            "versions": run.tables.versions(),
            "staged": kept,
        }
    )
    record = without_secrets(record)
    place = run.file.report_location
    report = write_run_report(record, place, run.tables)
    if data_docs:
        write_data_docs(tuple(data_docs), place / "data_docs" / run.run_id)
    record = record.model_copy(update={"report": report.url})
    intent = _kept_intent(run, changeset) if may_be_published else None
    run.locks.require()
    write_run(run.tables, record, intent)
    return record


def _kept_intent(run: Run, changeset: Changeset) -> Intent | None:
    """Return what an approval would publish, or whoever looks at the candidate sees; None without
    changes.
    """
    if changeset.is_empty:
        return None
    # Not recorded with the others before it publishes: a model that nothing is published of, such
    # as one that a broken library runs, must not be what later runs are compared with.
    is_new = changeset.accounting.vectors_computed and not is_recorded(
        run.tables, run.fingerprints.embedding
    )
    generation = Generation.of(run.card, run.embedder.probes(), run.run_id) if is_new else None
    published = newest_published(run.tables)
    update = {
        "versions": run.tables.versions(),
        "base": published.run_id if published else "",
        "generation": generation,
    }
    return changeset.intent.model_copy(update=update)
