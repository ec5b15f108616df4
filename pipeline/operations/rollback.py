"""Going back: to an earlier published state, or for one document that was removed.

No model, no source and no server is needed.
"""

from collections import Counter
from datetime import timedelta

from vouch.index.publishing.diff import diff
from vouch.index.publishing.publish import finish, publish, restore
from vouch.index.publishing.undelete import DeletedDocument, find_deleted, stage_deleted
from vouch.index.publishing.versions import states, versions_of
from vouch.index.store.run_log import (
    Intent,
    newest_published,
    read_run,
    write_run,
)
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.operation_record import (
    locks_of,
    new_record,
    write_final_record,
)
from vouch.schemas.errors import NotFound, PublishingHeld
from vouch.schemas.runs.history import Diff
from vouch.schemas.runs.record import Accounting, Change, RunRecord, rollback_window


def refuse_after_rollback(tables: Tables) -> None:
    """Raise `PublishingHeld` where a rollback keeps runs from publishing."""
    newest = newest_published(tables)
    if newest is not None and newest.hold:
        raise PublishingHeld(
            f"run {newest.run_id} ({newest.window}) holds the index: nothing is published until "
            "`vouch release`, so that the state that was rolled back does not come back by itself"
        )


def rollback(file: SettingsFile, run: str, *, hold: bool = True) -> RunRecord:
    """Bring readers back to the state that a run published, in one step.

    It is recorded as a run. `hold` keeps later runs from publishing until `release`. Raises
    `NotFound` where that state is not kept.
    """
    locks = locks_of(file)
    with locks.publisher():
        tables = Tables.open(file.index_location)
        finish(tables, file.settings, locks.require)
        target = read_run(tables, run)
        versions = versions_of(tables, target.run_id)
        changes = _changes(tables, target.run_id)
        record = new_record(file, "rollback", rollback_window(target.run_id)).model_copy(
            update={
                "hold": hold,
                "embedding_fingerprint": target.embedding_fingerprint,
                "model": target.model,
                "breakdown": target.breakdown,
                "profiles": target.profiles or {},
                "changes": changes,
                "change_counts": dict(Counter(change.action for change in changes)),
            }
        )
        intent = Intent(restore=versions)
        record = restore(tables, intent, record, file.settings, locks.require)
        return write_final_record(file, tables, record)


def release(file: SettingsFile) -> RunRecord:
    """Let runs publish again after a rollback. Raises `NotFound` without one to release."""
    with locks_of(file).publisher():
        tables = Tables.open(file.index_location)
        newest = newest_published(tables)
        if newest is None or not newest.hold:
            raise NotFound("no rollback holds the index: runs may publish")
        released = newest.model_copy(update={"hold": False})
        write_run(tables, released)
        return released


def compare_runs(file: SettingsFile, before: str | None, after: str | None) -> Diff:
    """Return what differs between the states of two runs, by default the last two that are kept.

    Raises `NotFound`.
    """
    tables = Tables.open(file.index_location)
    kept = states(tables)
    if before is None and len(kept) < 2:
        raise NotFound(f"{len(kept)} published state is kept; two are needed to compare")
    first = read_run(tables, before).run_id if before else kept[-2]
    return diff(tables, first, read_run(tables, after).run_id if after else kept[-1])


def undelete(file: SettingsFile, uri: str, days: float) -> RunRecord:
    """Bring back a removed document for so many days, from the newest kept state that has it.

    Nothing is read, parsed or embedded. If its source lists it again by then, it is an ordinary
    document. Raises `NotFound`.
    """
    locks = locks_of(file)
    with locks.publisher():
        tables = Tables.open(file.index_location)
        finish(tables, file.settings, locks.require)
        refuse_after_rollback(tables)
        deleted = find_deleted(tables, uri)
        record = new_record(file, "undelete", f"{uri} from {deleted.run_id}")
        staging = Staging(file.work_location / "shards", tables.dimension)
        until = record.started_at + timedelta(days=days)
        intent = stage_deleted(tables, staging, deleted, record.run_id, until)
        record = record.model_copy(update=_figures(deleted))
        staging = staging.of(intent.shards)
        record = publish(tables, staging, intent, record, file.settings, locks.require)
        record = write_final_record(file, tables, record)
        staging.discard()
        return record


def _figures(deleted: DeletedDocument) -> dict[str, object]:
    documents, chunks = deleted.documents.num_rows, deleted.chunks.num_rows
    accounting = Accounting(
        listed=1,
        attached=documents - 1,
        published=documents,
        chunks_produced=chunks,
        chunks_published=chunks,
        vectors_reused=chunks,
    )
    row = deleted.documents.to_pylist()[0]
    change = Change(
        action="undeleted",
        source=row["source"],
        uri=row["uri"],
        why=f"as run {deleted.run_id} published it",
    )
    return {"accounting": accounting, "changes": (change,), "change_counts": {"undeleted": 1}}


def _changes(tables: Tables, target: str) -> tuple[Change, ...]:
    """Return the documents that differ between the newest state and that of the target run."""
    newest = newest_published(tables)
    if newest is None:
        return ()
    return tuple(
        Change(
            action=difference.change,
            source=difference.source,
            uri=difference.uri,
            why=difference.why,
        )
        for difference in diff(tables, newest.run_id, target).documents
    )
