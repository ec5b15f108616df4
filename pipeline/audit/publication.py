"""The stages of a run that look at it as a whole: recover, plan, audit, publish, report."""

from collections.abc import Sequence
from typing import Any

from vouch.index.publishing.publish import finish, quarantine_rejects, publish
from vouch.index.store.generations import published_probe, record_generation
from vouch.index.store.lookups import indexed_documents, indexed_quarantine
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import newest_published, published_before, unfinished, write_run
from vouch.index.store.staging import remove_folders
from vouch.pipeline.audit.changeset import Outcome
from vouch.pipeline.audit.run_summary import breakdown, changes, filtered, rejects, source_summaries
from vouch.pipeline.context.notifications import ended
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.operations.rollback import refuse_held
from vouch.pipeline.planning.index_state import HeldState
from vouch.pipeline.planning.plan import Plan
from vouch.pipeline.planning.planner import Decider
from vouch.reports.data_docs import write_data_docs
from vouch.reports.run_report import write_run_report
from vouch.schemas.records import Listing, SourceItem
from vouch.schemas.run import Breakdown, Decision, RunRecord, Status


def recover(run: Run) -> list[RunRecord]:
    """Finish what a run that was cut short had begun to publish, and remove what it staged; only under the publisher's lock."""
    done = finish(run.tables.latest(), run.settings)
    for one in done:
        ended(run.file, run.tables, one.run_id)
    newest = newest_published(run.tables)
    if newest is not None and newest.staged:
        remove_folders(run.staging.root / name for name in newest.staged)
        write_run(run.tables, newest.model_copy(update={"staged": ()}))
    refuse_held(run.tables)
    return done


def plan_documents(run: Run, listings: Sequence[Listing]) -> Plan:
    """What to do with each document, told by what the index holds."""
    with run.clock.measure("plan"):
        held = HeldState(indexed_documents(run.tables), indexed_quarantine(run.tables))
        return Decider(held, run.fingerprints, run.scope, run.settings, run.stamp.at).plan(listings)


def held_listings(run: Run) -> list[Listing]:
    """What the index holds as published, as if its sources had listed it; never complete, so that nothing is removed."""
    by_source: dict[str, list[SourceItem]] = {}
    for row in indexed_documents(run.tables).iter_rows(named=True):
        if row["status"] == "published" and not row["parent_id"]:
            item = SourceItem(
                row["source"], row["uri"], row["size"], row["source_modified_at"], row["etag"]
            )
            by_source.setdefault(item.source, []).append(item)
    wanted = run.scope.sources or by_source
    return [
        Listing(name, tuple(items), (), complete=False)
        for name, items in by_source.items()
        if name in wanted
    ]


def describe(
    run: Run, record: RunRecord, listings: Sequence[Listing], plan: Plan, result: Outcome
) -> RunRecord:
    """The record with all that is known before the verdict."""
    renamed = {"renamed": len(result.intent.renamed)} if result.intent.renamed else {}
    return record.model_copy(
        update={
            "sources": source_summaries(run, listings),
            "accounting": result.accounting,
            "breakdown": _published_breakdown(run, result) or breakdown(result.candidate),
            "rejects": rejects(run),
            "filtered": filtered(plan),
            "changes": changes(plan, result.intent.renamed),
            "change_counts": plan.counts | renamed,
            "shards": len(run.staging.names),
            "shards_resumed": len(run.resumed),
        }
    )


def _published_breakdown(run: Run, result: Outcome) -> Breakdown | None:
    """What the newest run that published has told of the state that it left, where nothing has changed since."""
    newest = None if result.changes else newest_published(run.tables)
    if newest is None or newest.breakdown == Breakdown():
        return None
    now = run.tables.versions()
    return (
        newest.breakdown
        if all(newest.versions.get(name) == now[name] for name in ("chunks", "documents"))
        else None
    )


def publish_or_refuse(run: Run, record: RunRecord, result: Outcome, may_publish: bool) -> RunRecord:
    """Publish an accepted candidate; a rejected one, or one without changes, leaves the published state as it is.

    The shards of a rejected run stay staged: a run that may publish them need not make them again.
    """
    rejected = record.verdict is not None and record.verdict.decision is Decision.REJECT
    if not result.changes and not rejected:
        return record.model_copy(update={"status": Status.UNCHANGED})
    if record.verdict is None or rejected:
        quarantine_rejects(run.tables, run.staging, record, run.settings)
        return record.model_copy(update={"status": Status.REJECTED})
    if not may_publish:
        return record.model_copy(update={"status": Status.STAGED})
    with run.clock.measure("publish", result.accounting.chunks_published, "chunks"):
        _note_generation(run, result)
        record = publish(run.tables, run.staging, result.intent, record, run.settings)
    run.staging.discard()
    return record


def _note_generation(run: Run, result: Outcome) -> None:
    if (
        result.accounting.vectors_computed
        and published_probe(run.tables, run.card.fingerprint) is None
    ):
        record_generation(run.tables, run.card, run.embedder.probe(), run.run_id)


def close(run: Run, record: RunRecord) -> RunRecord:
    """Write the report and the final record, and remove staged shards that nobody came back for."""
    run.staging.remove_leftovers(run.settings.run.keep_staged_h)
    kept = tuple(run.staging.names) if record.status in (Status.STAGED, Status.REJECTED) else ()
    remove_folders(run.staging.root / name for name in run.made.difference(kept))
    told = {
        "ended_at": now(),
        "stages": run.clock.costs(),
        "tokens_embedded": run.tokens_spent,
        "versions": run.tables.versions(),
        "staged": kept,
    }
    done = record.model_copy(update=told)
    path = write_run_report(done, run.file.report_folder, published_before(run.tables, done.run_id))
    if run.data_docs:
        write_data_docs(run.data_docs, run.file.report_folder / "data_docs" / run.run_id)
    done = done.model_copy(update={"report": str(path)})
    write_run(run.tables, done)
    return done


def fail(run: Run, record: RunRecord, error: BaseException) -> None:
    """Leave a record of a run that could not be finished; nothing that readers see has changed.

    Its finished shards stay staged, and the next run takes them up. A run that had begun to publish is left as it is: the
    next run finishes it before anything else.
    """
    with run.locks.publisher():
        if any(one.record.run_id == run.run_id for one in unfinished(run.tables.latest())):
            return
        told: dict[str, Any] = {
            "status": Status.FAILED,
            "staged": tuple(run.staging.names),
            "error": f"{type(error).__name__}: {error}",
            "ended_at": now(),
        }
        write_run(run.tables, record.model_copy(update=told | {"stages": run.clock.costs()}))
