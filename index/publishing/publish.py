"""Publish an accepted candidate, so that readers see it.

Failure semantics: the intent is recorded first, then each table changes in one commit, and every
step has the same result when it is repeated. A run that dies before its intent is recorded has
changed nothing. One that dies later is finished by the next run, from the same staged files.
Chunks are committed first, in a single commit: who reads the chunks table directly sees the old
state or the new one, never a part. Another publisher at the same time is kept away by the lock, and
noticed by the fence (`vouch.index.publishing.fence`).
"""

from typing import Any

import polars as pl
from lancedb.table import Table

from vouch.index.publishing.fence import (
    Fence,
    MayPublish,
    always,
    identities,
    merged,
    undo_late_commits,
)
from vouch.index.publishing.file_repair import missing_indexes, rebuild_indexes
from vouch.index.publishing.search_indexes import refresh_indexes
from vouch.index.publishing.versions import (
    drop_incomplete_tags,
    retain,
    states,
    tag_state,
    versions_of,
)
from vouch.index.store.publication_columns import (
    Stamp,
    stamped_chunks,
    stamped_documents,
    stamped_quarantine,
)
from vouch.index.store.run_log import (
    Intent,
    Unfinished,
    advance_run,
    forget_later_versions,
    newest_published,
    read_run,
    unfinished,
    write_run,
)
from vouch.index.store.staging import Staging
from vouch.index.store.tables import (
    KEYS,
    Tables,
    is_in,
    row_schema,
    schema_of,
    set_merge_key,
    upsert,
)
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.errors import IndexError_
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.storage.places import is_object_store, location_of


def publish(
    tables: Tables,
    staging: Staging,
    intent: Intent,
    record: RunRecord,
    settings: Settings,
    may_publish: MayPublish = always,
) -> RunRecord:
    """Commit the staged rows and deletions.

    `may_publish` raises an error where this process has lost the publisher's lock. The record says
    by its status from where it comes: it is that of a run in progress, or of a rejected run whose
    candidate is published after all, which stays rejected where another run publishes meanwhile.

    Returns:
        The run's record, with the pinned table versions and the tag.

    Raises:
        IndexError_: The chunks table does not hold the audited number of rows after the commit,
            or the vectors have another length and not all chunks are staged.
    """
    intent = _record_intent(tables, record, intent, may_publish)
    fence = Fence(tables, record.run_id, intent.versions, may_publish)
    with fence.explained():
        _commit_chunks(fence, staging, intent, _stamp(record))
        _check_count(tables, intent)
    return _publish_rest(fence, staging, intent, record, settings)


def restore(
    tables: Tables,
    intent: Intent,
    record: RunRecord,
    settings: Settings,
    may_publish: MayPublish = always,
) -> RunRecord:
    """Publish the earlier version of each table that the intent names, as a new version."""
    intent = _record_intent(tables, record, intent, may_publish)
    fence = Fence(tables, record.run_id, intent.versions, may_publish)
    with fence.explained():
        _restore_tables(fence, intent)
    return _complete(fence, record, intent, settings)


def publish_present(tables: Tables, record: RunRecord, settings: Settings) -> RunRecord:
    """Record the newest version of each table as what this run published.

    For tables that were repaired: what earlier runs published of them may be gone, and versions
    may have got the numbers of lost ones.
    """
    forget_later_versions(tables)
    drop_incomplete_tags(tables)
    return _complete(Fence(tables, record.run_id), record, Intent(), settings)


def finish(tables: Tables, settings: Settings, may_publish: MayPublish = always) -> list[RunRecord]:
    """Finish the publications that earlier runs began, and return their records.

    One that was begun on a state which another run had replaced by then is marked as failed. What a
    run has committed after it was taken for dead is undone.

    Raises:
        IndexError_: A publication was begun by a version of Vouch that recorded too little.
    """
    finished = [
        _finish(Fence(tables, run.record.run_id, run.intent.versions, may_publish), settings, run)
        for run in unfinished(tables)
    ]
    undo_late_commits(tables)
    return finished


def give_up(tables: Tables) -> list[str]:
    """Give up the publications that cannot be finished, and return the ids of their runs.

    The tables go back to what the last run published, as far as it is kept.
    """
    given_up = []
    for interrupted in unfinished(tables):
        record = interrupted.record
        error = "its publication was cut short, and could not be finished: staged files were lost"
        failed = record.model_copy(update={"status": Status.FAILED, "error": error})
        write_run(tables, failed)
        given_up.append(record.run_id)
    newest = newest_published(tables)
    if given_up and newest is not None and newest.run_id in states(tables):
        back = Intent(restore=versions_of(tables, newest.run_id))
        _restore_tables(Fence(tables, newest.run_id), back)
    return given_up


def _finish(fence: Fence, settings: Settings, interrupted: Unfinished) -> RunRecord:
    record, intent = interrupted.record, interrupted.intent
    newest = newest_published(fence.tables)
    if newest is not None and any(
        newest.versions.get(name, 0) > version for name, version in intent.versions.items()
    ):
        # Its intent was recorded after another run had published, and it died before it noticed.
        failed = {"status": Status.FAILED, "error": str(fence.overtaken())}
        write_run(fence.tables, record.model_copy(update=failed))
        return record.model_copy(update=failed)
    record = record.model_copy(update={"finished_later": True})
    if intent.restore:
        _restore_tables(fence, intent)
        return _complete(fence, record, intent, settings)
    if not intent.dimension:
        raise IndexError_(
            f"run {record.run_id} was cut short while an earlier version of Vouch published it; "
            "let that version finish it (`vouch ingest`), or go back to the state before "
            "(`vouch runs`)"
        )
    # The shards are still there: they are removed only after the run was recorded as published.
    staging = staging_of(intent, settings)
    staging.refuse_damaged()
    _commit_chunks(fence, staging, intent, _stamp(record))
    finished = _publish_rest(fence, staging, intent, record, settings)
    staging.discard()
    return finished


def staging_of(intent: Intent, settings: Settings) -> Staging:
    """Return the staged shards that an intent names."""
    # The place is recorded as text; what is needed to reach a bucket is in the settings.
    options = settings.storage.filled() if is_object_store(intent.staging) else {}
    return Staging(location_of(intent.staging, options), intent.dimension, intent.shards)


@crossing(Boundary.RECORD_INTENT)
def _record_intent(
    tables: Tables, record: RunRecord, intent: Intent, may_publish: MayPublish
) -> Intent:
    """Record what the run is about to publish, and withdraw where another one publishes.

    The publisher's lock keeps others out, but some network file systems grant a lock to two
    machines, and a lease ends. After the intents are written, at least one of two publishers sees
    that of the other. Returns the intent with the versions that were audited.
    """
    may_publish()
    rejected = read_run(tables, record.run_id) if record.status is Status.REJECTED else None
    audited, intent = intent, intent.model_copy(update={"versions": tables.versions()})
    publishing = record.model_copy(update={"status": Status.PUBLISHING})
    before = (Status.REJECTED,) if rejected else (Status.RUNNING, Status.PUBLISHING)
    advanced = advance_run(tables, publishing, before, intent)
    now = Tables.open(tables.location)
    runs = {run.record.run_id for run in unfinished(now)} - {record.run_id}
    if advanced and now.versions() == intent.versions and not runs:
        return intent
    why = (
        "Locks should have kept them apart: put the index on a file system whose locks exclude "
        "other machines, or publish from one machine only"
        if tables.location.is_local
        else "This one was suspended, or cut off from the store, for longer than storage.lease_s"
    )
    problem = (
        f"another run has published to the index in {tables.location} while this one did, so this "
        f"one published nothing; run again. {why}"
    )
    if rejected is None:
        write_run(tables, record.model_copy(update={"status": Status.FAILED, "error": problem}))
    elif advanced:
        advance_run(tables, rejected, (Status.PUBLISHING,), audited)
    raise IndexError_(problem)


def _publish_rest(
    fence: Fence, staging: Staging, intent: Intent, record: RunRecord, settings: Settings
) -> RunRecord:
    # Documents come after their chunks: a plan reads documents, and must not find one as published
    # whose chunks are not there.
    with fence.explained():
        _commit_documents(fence, staging, intent, _stamp(record))
        _commit_quarantine(fence, staging, intent, _stamp(record), settings)
    refresh_indexes(fence.tables, settings.index)
    return _complete(fence, record, intent, settings)


def _complete(fence: Fence, record: RunRecord, intent: Intent, settings: Settings) -> RunRecord:
    """Tag the new state, record that the run has published it, and delete expired states.

    From the record's commit on, readers see the new state and the staged shards may be removed.
    """
    tables = fence.tables
    fence.may_publish()
    profiles = record.profiles
    if profiles is None:
        before = newest_published(tables)
        profiles = before.profiles if before else None
    # First the tag: it protects the versions that readers find in the record from deletion.
    tag = tag_state(tables, record.run_id)
    published = record.model_copy(
        update={
            "status": Status.PUBLISHED,
            "versions": tables.versions(),
            "tag": tag,
            "staged": tuple(intent.shards),
            "profiles": profiles,
        }
    )
    with crossing(Boundary.WRITE_RUN):
        if not advance_run(tables, published, (Status.RUNNING, Status.PUBLISHING)):
            raise fence.overtaken()
    retain(tables, settings.index)
    return published


def _stamp(record: RunRecord) -> Stamp:
    return Stamp(record.run_id, record.started_at)


@crossing(Boundary.COMMIT_CHUNKS)
def _commit_chunks(fence: Fence, staging: Staging, intent: Intent, stamp: Stamp) -> None:
    tables = fence.tables
    deleted = [*intent.replaced, *intent.removed]
    if not staging.rows("chunks") and not deleted:
        return
    dimension = staging.schemas["chunks"].field("vector").type.list_size
    if dimension != tables.dimension:
        _replace_chunks(fence, staging, intent, stamp, dimension)
        return
    # One commit: between an insert and a delete of its own a reader would see a document twice.
    delete = is_in("document_id", deleted) if deleted else None

    def change() -> None:
        rows = stamped_chunks(staging, row_schema(tables.chunks), stamp)
        upsert(tables.chunks, rows, KEYS["chunks"], delete)

    def intended(past: Table) -> pl.DataFrame:
        return merged(past, "chunks", _staged(staging, "chunks", stamp), deleted)

    fence.commit("chunks", change, intended)


def _staged(staging: Staging, name: str, stamp: Stamp) -> pl.DataFrame:
    """Return the identities of the staged rows as they are published."""
    staged = staging.frame(name, (KEYS[name], "run_id"))
    return staged.with_columns(pl.col("run_id").fill_null(stamp.run_id)).unique(KEYS[name])


def _replace_chunks(
    fence: Fence, staging: Staging, intent: Intent, stamp: Stamp, dimension: int
) -> None:
    """Replace all chunks in one commit, because vectors of two lengths cannot share a table."""
    chunks = fence.tables.chunks
    if staging.rows("chunks") != intent.chunks:
        raise IndexError_(
            f"the new model gives vectors of {dimension} numbers, the published ones have "
            f"{fence.tables.dimension}, and only {staging.rows('chunks'):,} of {intent.chunks:,} "
            "chunks were embedded again; run `vouch reindex`, which embeds all"
        )

    def change() -> None:
        rows = stamped_chunks(staging, schema_of("chunks", dimension, fence.tables.vectors), stamp)
        chunks.add(rows, mode="overwrite")

    fence.commit("chunks", change, lambda past: _staged(staging, "chunks", stamp))
    set_merge_key(chunks, KEYS["chunks"])


@crossing(Boundary.RESTORE_TABLES)
def _restore_tables(fence: Fence, intent: Intent) -> None:
    for name, version in intent.restore.items():
        _restore_table(fence, name, version)


def _restore_table(fence: Fence, name: str, version: int) -> None:
    table: Any = getattr(fence.tables, name)
    # A handle at an old version cannot be written.
    table.checkout_latest()
    fence.commit(
        name, lambda: table.restore(version), lambda _: identities(fence.at(name, version), name)
    )
    # A search index of that time may have been damaged since, and moved aside.
    missing = missing_indexes(fence.tables.location, name)
    if missing:
        rebuild_indexes(fence.tables.location, name, missing)
        table.checkout_latest()


def _check_count(tables: Tables, intent: Intent) -> None:
    # LanceDB lets commits of other writers through that do not conflict with this one.
    count = tables.chunks.count_rows()
    if count != intent.chunks:
        raise IndexError_(
            f"the chunks table holds {count:,} rows after the commit, not {intent.chunks:,} as "
            "audited; another program has written to it: stop that program and run again, and the "
            "next run finishes this one"
        )


@crossing(Boundary.COMMIT_DOCUMENTS)
def _commit_documents(fence: Fence, staging: Staging, intent: Intent, stamp: Stamp) -> None:
    tables = fence.tables
    if not staging.rows("documents") and not intent.removed:
        return
    delete = is_in("document_id", intent.removed) if intent.removed else None

    def change() -> None:
        rows = stamped_documents(tables, staging, stamp, intent.renamed)
        upsert(tables.documents, rows, KEYS["documents"], delete)

    def intended(past: Table) -> pl.DataFrame:
        return merged(past, "documents", _staged(staging, "documents", stamp), intent.removed)

    fence.commit("documents", change, intended)


@crossing(Boundary.COMMIT_QUARANTINE)
def _commit_quarantine(
    fence: Fence, staging: Staging, intent: Intent, stamp: Stamp, settings: Settings
) -> None:
    tables = fence.tables
    cleared = [*intent.settled, *intent.removed]
    if not staging.rows("quarantine") and not cleared:
        return
    delete = is_in("document_id", cleared) if cleared else None

    def change() -> None:
        rows = stamped_quarantine(tables, staging, stamp, settings.run)
        upsert(tables.quarantine, rows, KEYS["quarantine"], delete)

    def intended(past: Table) -> pl.DataFrame:
        return merged(past, "quarantine", _staged(staging, "quarantine", stamp), cleared)

    fence.commit("quarantine", change, intended)


def quarantine_rejects(
    tables: Tables, staging: Staging, record: RunRecord, settings: Settings
) -> None:
    """Write the rejects of a run that publishes nothing; no other table changes."""
    if staging.rows("quarantine"):
        rows = stamped_quarantine(tables, staging, _stamp(record), settings.run)
        upsert(tables.quarantine, rows, KEYS["quarantine"])
