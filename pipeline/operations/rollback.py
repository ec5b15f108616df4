"""Going back: to an earlier published state, or for one document that is gone. No model, no source, no server is needed."""

import secrets
from datetime import timedelta

from vouch.index.publishing.diff import diff
from vouch.index.publishing.publish import finish, publish, restore
from vouch.index.publishing.undelete import DeletedDocument, find_deleted, stage_deleted
from vouch.index.publishing.versions import states, versions_of
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import (
    Intent,
    newest_published,
    published_before,
    read_run,
    write_run,
)
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables
from vouch.pipeline.context.locks import Locks
from vouch.pipeline.context.notifications import came_and_went
from vouch.pipeline.context.run_context import code_version
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.reports.run_report import write_run_report
from vouch.schemas.difference import Diff
from vouch.schemas.errors import NotFound, PublishingHeld
from vouch.schemas.run import Accounting, Change, RunRecord

_CHANGES = 300


def refuse_held(tables: Tables) -> None:
    """Raise `PublishingHeld` where a person went back to an earlier state, and has not let go of it."""
    newest = newest_published(tables)
    if newest is not None and newest.hold:
        raise PublishingHeld(
            f"run {newest.run_id} ({newest.window}) holds the index: nothing is published until `vouch release`, so that what "
            "was gone back from does not come back by itself"
        )


def rollback(file: SettingsFile, wanted: str, *, hold: bool = True) -> RunRecord:
    """Bring readers back to the state that a run published, in one step, as a run with its own record.

    `hold` keeps later runs from publishing until `release`. Raises `NotFound` where that state is not kept.
    """
    with locks_of(file).publisher():
        tables = Tables.open(file.index_folder)
        finish(tables, file.settings)
        target = read_run(tables, wanted)
        versions = versions_of(tables, target.run_id)
        told = _told(tables, target.run_id)
        record = new_record(file, "rollback", f"back to {target.run_id}").model_copy(
            update={
                "hold": hold,
                "embedding_fingerprint": target.embedding_fingerprint,
                "model": target.model,
                "breakdown": target.breakdown,
                "changes": told,
                "change_counts": _counts(told),
            }
        )
        return write_closed(
            file, tables, restore(tables, Intent(restore=versions), record, file.settings)
        )


def release(file: SettingsFile) -> RunRecord:
    """Let runs publish again after a rollback. Raises `NotFound` where nothing is held."""
    with locks_of(file).publisher():
        tables = Tables.open(file.index_folder)
        newest = newest_published(tables)
        if newest is None or not newest.hold:
            raise NotFound("nothing is held: runs may publish")
        released = newest.model_copy(update={"hold": False})
        write_run(tables, released)
        return released


def compare_runs(file: SettingsFile, before: str | None, after: str | None) -> Diff:
    """What differs between the states of two runs; by default the last two that are kept. Raises `NotFound`."""
    tables = Tables.open(file.index_folder)
    kept = states(tables)
    if before is None and len(kept) < 2:
        raise NotFound(f"{len(kept)} published state is kept; two are needed to tell what differs")
    first = read_run(tables, before).run_id if before else kept[-2]
    return diff(tables, first, read_run(tables, after).run_id if after else kept[-1])


def undelete(file: SettingsFile, uri: str, days: float) -> RunRecord:
    """Bring back a document as the newest kept state has it that still has it, for so many days.

    Nothing is read, parsed or embedded. Listed again before that, it is an ordinary document. Raises `NotFound`.
    """
    with locks_of(file).publisher():
        tables = Tables.open(file.index_folder)
        finish(tables, file.settings)
        refuse_held(tables)
        found = find_deleted(tables, uri)
        record = new_record(file, "undelete", f"{uri} from {found.run_id}")
        staging = Staging(file.work_folder / "shards", tables.dimension)
        intent = stage_deleted(
            tables, staging, found, record.run_id, record.started_at + timedelta(days=days)
        )
        record = record.model_copy(update=_sums(found))
        done = write_closed(file, tables, publish(tables, staging, intent, record, file.settings))
        staging.discard()
        return done


def _sums(found: DeletedDocument) -> dict[str, object]:
    documents, chunks = found.documents.num_rows, found.chunks.num_rows
    accounting = Accounting(
        listed=1,
        attached=documents - 1,
        published=documents,
        chunks_produced=chunks,
        chunks_published=chunks,
        vectors_reused=chunks,
    )
    row = found.documents.to_pylist()[0]
    change = Change(
        action="undeleted",
        source=row["source"],
        uri=row["uri"],
        why=f"as run {found.run_id} published it",
    )
    return {"accounting": accounting, "changes": (change,), "change_counts": {"undeleted": 1}}


def _told(tables: Tables, target: str) -> tuple[Change, ...]:
    newest = newest_published(tables)
    if newest is None:
        return ()
    found = diff(tables, newest.run_id, target).documents
    return tuple(
        Change(action=one.change, source=one.source, uri=one.uri, why=one.why) for one in found
    )


def _counts(told: tuple[Change, ...]) -> dict[str, int]:
    return {
        action: sum(one.action == action for one in told)
        for action in sorted({one.action for one in told})
    }


def locks_of(file: SettingsFile) -> Locks:
    """Of the index of these settings."""
    return Locks(file.index_folder, file.settings.run.publisher_wait_s)


def new_record(file: SettingsFile, kind: str, window: str) -> RunRecord:
    """Of a run that begins now."""
    started = now()
    return RunRecord(
        run_id=f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        kind=kind,
        started_at=started,
        settings_sha256=file.sha256,
        code_version=code_version(),
        window=window,
    )


def write_closed(file: SettingsFile, tables: Tables, record: RunRecord) -> RunRecord:
    """Write the report and the final record."""
    done = record.model_copy(update={"ended_at": now(), "changes": record.changes[:_CHANGES]})
    path = write_run_report(done, file.report_folder, published_before(tables, done.run_id))
    done = done.model_copy(update={"report": str(path)})
    write_run(tables, done)
    came_and_went(file, tables, done)
    return done
