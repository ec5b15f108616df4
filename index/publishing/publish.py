"""Publish an accepted candidate, so that readers see it.

Failure semantics: the intent is recorded first, then each table changes in one commit, and every
step has the same result when it is repeated. A run that dies before its intent is recorded has
changed nothing. One that dies later is finished by the next run, from the same staged files.
Chunks are committed first, in a single commit: who reads the chunks table directly sees the old
state or the new one, never a part.
"""

from pathlib import Path

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
    forget_later_versions,
    newest_published,
    unfinished,
    write_run,
)
from vouch.index.store.staging import Staging
from vouch.index.store.tables import KEYS, Tables, is_in, schema_of, set_merge_key, upsert
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.errors import IndexError_
from vouch.schemas.run import RunRecord, Status
from vouch.schemas.settings import Settings


def publish(
    tables: Tables, staging: Staging, intent: Intent, record: RunRecord, settings: Settings
) -> RunRecord:
    """Commit the staged rows and deletions.

    Returns:
        The run's record, with the pinned table versions and the tag.

    Raises:
        IndexError_: The chunks table does not hold the audited number of rows after the commit,
            or the vectors have another length and not all chunks are staged.
    """
    _record_intent(tables, record, intent)
    _commit_chunks(tables, staging, intent, _stamp(record))
    _check_count(tables, intent)
    return _publish_rest(tables, staging, intent, record, settings)


def restore(tables: Tables, intent: Intent, record: RunRecord, settings: Settings) -> RunRecord:
    """Publish the earlier version of each table that the intent names, as a new version."""
    _record_intent(tables, record, intent)
    _restore_tables(tables, intent)
    return _complete(tables, record, intent, settings)


def publish_present(tables: Tables, record: RunRecord, settings: Settings) -> RunRecord:
    """Record the newest version of each table as what this run published.

    For tables that were repaired: what earlier runs published of them may be gone, and versions
    may have got the numbers of lost ones.
    """
    forget_later_versions(tables)
    drop_incomplete_tags(tables)
    return _complete(tables, record, Intent(), settings)


def finish(tables: Tables, settings: Settings) -> list[RunRecord]:
    """Finish the publications that earlier runs began, and return their records.

    Raises:
        IndexError_: A publication was begun by a version of Vouch that recorded too little.
    """
    return [_finish(tables, settings, interrupted) for interrupted in unfinished(tables)]


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
        _restore_tables(tables, Intent(restore=versions_of(tables, newest.run_id)))
    return given_up


def _finish(tables: Tables, settings: Settings, interrupted: Unfinished) -> RunRecord:
    record, intent = interrupted.record, interrupted.intent
    if intent.restore:
        _restore_tables(tables, intent)
        return _complete(tables, record, intent, settings)
    if not intent.dimension:
        raise IndexError_(
            f"run {record.run_id} was cut short while an earlier version of Vouch published it; "
            "let that version finish it (`vouch ingest`), or go back to the state before "
            "(`vouch runs`)"
        )
    # The shards are still there: they are removed only after the run was recorded as published.
    staging = Staging(Path(intent.staging), intent.dimension, intent.shards)
    staging.refuse_damaged()
    _commit_chunks(tables, staging, intent, _stamp(record))
    finished = _publish_rest(tables, staging, intent, record, settings)
    staging.discard()
    return finished


@crossing(Boundary.RECORD_INTENT)
def _record_intent(tables: Tables, record: RunRecord, intent: Intent) -> None:
    """Record what the run is about to publish, and withdraw where another one publishes.

    The publisher's lock keeps others out, but some network file systems grant a lock to two
    machines. After the intents are written, at least one of two publishers sees that of the other.
    """
    audited = tables.versions()
    write_run(tables, record.model_copy(update={"status": Status.PUBLISHING}), intent)
    now = Tables.open(tables.location)
    runs = {run.record.run_id for run in unfinished(now)} - {record.run_id}
    if now.versions() == audited and not runs:
        return
    problem = (
        f"another run has published to the index in {tables.location} while this one did, so this "
        "one published nothing; run again. Locks should have kept them apart: put the index on a "
        "file system whose locks exclude other machines, or publish from one machine only"
    )
    write_run(tables, record.model_copy(update={"status": Status.FAILED, "error": problem}))
    raise IndexError_(problem)


def _publish_rest(
    tables: Tables, staging: Staging, intent: Intent, record: RunRecord, settings: Settings
) -> RunRecord:
    # Documents come after their chunks: a plan reads documents, and must not find one as published
    # whose chunks are not there.
    _commit_documents(tables, staging, intent, _stamp(record))
    _commit_quarantine(tables, staging, intent, _stamp(record), settings)
    refresh_indexes(tables, settings.index)
    return _complete(tables, record, intent, settings)


def _complete(tables: Tables, record: RunRecord, intent: Intent, settings: Settings) -> RunRecord:
    """Tag the new state, record that the run has published it, and delete expired states.

    From the record's commit on, readers see the new state and the staged shards may be removed.
    """
    # First the tag: it protects the versions that readers find in the record from deletion.
    tag = tag_state(tables, record.run_id)
    published = record.model_copy(
        update={
            "status": Status.PUBLISHED,
            "versions": tables.versions(),
            "tag": tag,
            "staged": tuple(intent.shards),
        }
    )
    with crossing(Boundary.WRITE_RUN):
        write_run(tables, published)
    retain(tables, settings.index)
    return published


def _stamp(record: RunRecord) -> Stamp:
    return Stamp(record.run_id, record.started_at)


@crossing(Boundary.COMMIT_CHUNKS)
def _commit_chunks(tables: Tables, staging: Staging, intent: Intent, stamp: Stamp) -> None:
    deleted = [*intent.replaced, *intent.removed]
    if not staging.rows("chunks") and not deleted:
        return
    dimension = staging.schemas["chunks"].field("vector").type.list_size
    if dimension != tables.dimension:
        _replace_chunks(tables, staging, intent, stamp, dimension)
        return
    # One commit: between an insert and a delete of its own a reader would see a document twice.
    delete = is_in("document_id", deleted) if deleted else None
    rows = stamped_chunks(staging, tables.chunks.schema, stamp)
    upsert(tables.chunks, rows, KEYS["chunks"], delete)


def _replace_chunks(
    tables: Tables, staging: Staging, intent: Intent, stamp: Stamp, dimension: int
) -> None:
    """Replace all chunks in one commit, because vectors of two lengths cannot share a table."""
    if staging.rows("chunks") != intent.chunks:
        raise IndexError_(
            f"the new model gives vectors of {dimension} numbers, the published ones have "
            f"{tables.dimension}, and only {staging.rows('chunks'):,} of {intent.chunks:,} chunks "
            "were embedded again; run `vouch reindex`, which embeds all"
        )
    rows = stamped_chunks(staging, schema_of("chunks", dimension), stamp)
    tables.chunks.add(rows, mode="overwrite")
    set_merge_key(tables.chunks, KEYS["chunks"])


@crossing(Boundary.RESTORE_TABLES)
def _restore_tables(tables: Tables, intent: Intent) -> None:
    for name, version in intent.restore.items():
        # A handle at an old version cannot be written.
        getattr(tables, name).checkout_latest()
        getattr(tables, name).restore(version)
        # A search index of that time may have been damaged since, and moved aside.
        missing = missing_indexes(tables.location.local_path, name)
        if missing:
            rebuild_indexes(tables.location.local_path, name, missing)
            getattr(tables, name).checkout_latest()


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
def _commit_documents(tables: Tables, staging: Staging, intent: Intent, stamp: Stamp) -> None:
    if staging.rows("documents") or intent.removed:
        delete = is_in("document_id", intent.removed) if intent.removed else None
        rows = stamped_documents(tables, staging, stamp, intent.renamed)
        upsert(tables.documents, rows, KEYS["documents"], delete)


@crossing(Boundary.COMMIT_QUARANTINE)
def _commit_quarantine(
    tables: Tables, staging: Staging, intent: Intent, stamp: Stamp, settings: Settings
) -> None:
    cleared = [*intent.settled, *intent.removed]
    if staging.rows("quarantine") or cleared:
        delete = is_in("document_id", cleared) if cleared else None
        rows = stamped_quarantine(tables, staging, stamp, settings.run)
        upsert(tables.quarantine, rows, KEYS["quarantine"], delete)


def quarantine_rejects(
    tables: Tables, staging: Staging, record: RunRecord, settings: Settings
) -> None:
    """Write the rejects of a run that publishes nothing; no other table changes."""
    if staging.rows("quarantine"):
        rows = stamped_quarantine(tables, staging, _stamp(record), settings.run)
        upsert(tables.quarantine, rows, KEYS["quarantine"])
