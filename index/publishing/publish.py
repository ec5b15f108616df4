"""Publishing: from an accepted candidate to what readers see.

What happens when it is cut short: the intent is written down first, each table then changes in one commit, and every
step gives the same when it is done again. So a run that dies before the intent has changed nothing, and one that dies
after it is finished by the next run, from the same staged files. Chunks come first: a reader of the chunks table sees
the old state or the new one, never a part.
"""

from pathlib import Path

from lancedb.index import FTS
from lancedb.table import Table

from vouch.index.publishing.versions import retain, tag_state
from vouch.index.store.publication_columns import (
    Stamp,
    stamped_chunks,
    stamped_documents,
    stamped_quarantine,
)
from vouch.index.store.run_log import Intent, Unfinished, unfinished, write_run
from vouch.index.store.staging import Staging
from vouch.index.store.tables import (
    KEYS,
    Tables,
    set_merge_key,
    compact,
    is_in,
    fragment_count,
    schema_of,
    upsert,
)
from vouch.index.vectors.recall_monitor import count_unseen, ensure_recall
from vouch.schemas.errors import IndexError_
from vouch.schemas.run import RunRecord, Status
from vouch.schemas.settings import IndexSettings, Settings

TEXT_COLUMNS = ("text", "embedded_text")
# Rows that no search index holds are found all the same, each at a cost: 0.2 ms of processor time a query, by their words.
# So few of them that a query does not feel it are left, because taking them up costs as much for one as for thousands.
_LEFT = 1e-4
_PIECES = 16  # fragments of a table, beyond which it is put together


def publish(
    tables: Tables, staging: Staging, intent: Intent, record: RunRecord, settings: Settings
) -> RunRecord:
    """Commit the staged rows and deletes; returns the record with the pinned versions and the tag."""
    write_run(tables, record.model_copy(update={"status": Status.PUBLISHING}), intent)
    _commit_chunks(tables, staging, intent, _stamp(record))
    _check_count(tables, intent)
    return _publish_rest(tables, staging, intent, record, settings)


def restore(tables: Tables, intent: Intent, record: RunRecord, settings: Settings) -> RunRecord:
    """Bring every table back to an earlier version, as a new one."""
    write_run(tables, record.model_copy(update={"status": Status.PUBLISHING}), intent)
    _commit_restore(tables, intent)
    return _seal(tables, record, intent, settings)


def finish(tables: Tables, settings: Settings) -> list[RunRecord]:
    """Publish what earlier runs had begun to publish; returns their records."""
    return [_finish(tables, settings, one) for one in unfinished(tables)]


def _finish(tables: Tables, settings: Settings, one: Unfinished) -> RunRecord:
    if one.intent.restore:
        _commit_restore(tables, one.intent)
        return _seal(tables, one.record, one.intent, settings)
    if not one.intent.dimension:
        raise IndexError_(
            f"run {one.record.run_id} was cut short while an earlier version of Vouch published it; let that version finish it "
            "(`vouch ingest`), or go back to the state before (`vouch runs`)"
        )
    staging = Staging(Path(one.intent.staging), one.intent.dimension, one.intent.shards)
    _commit_chunks(tables, staging, one.intent, _stamp(one.record))
    done = _publish_rest(tables, staging, one.intent, one.record, settings)
    staging.discard()
    return done


def _publish_rest(
    tables: Tables, staging: Staging, intent: Intent, record: RunRecord, settings: Settings
) -> RunRecord:
    _commit_documents(tables, staging, intent, _stamp(record))
    _commit_quarantine(tables, staging, intent, _stamp(record), settings)
    refresh_indexes(tables, settings.index)
    return _seal(tables, record, intent, settings)


def _seal(tables: Tables, record: RunRecord, intent: Intent, settings: Settings) -> RunRecord:
    """The state is complete: tag it, say so, and let go of the oldest ones. The staged shards can go from here on."""
    tag = tag_state(tables, record.run_id)
    told = {
        "status": Status.PUBLISHED,
        "versions": tables.versions(),
        "tag": tag,
        "staged": tuple(intent.shards),
    }
    done = record.model_copy(update=told)
    write_run(tables, done)
    retain(tables, settings.index)
    return done


def _stamp(record: RunRecord) -> Stamp:
    return Stamp(record.run_id, record.started_at)


def _commit_chunks(tables: Tables, staging: Staging, intent: Intent, stamp: Stamp) -> None:
    gone = [*intent.replaced, *intent.removed]
    if not staging.rows("chunks") and not gone:
        return
    dimension = staging.schemas["chunks"].field("vector").type.list_size
    if dimension != tables.dimension:
        _replace_chunks(tables, staging, intent, stamp, dimension)
        return
    delete = is_in("document_id", gone) if gone else None
    upsert(
        tables.chunks, stamped_chunks(staging, tables.chunks.schema, stamp), KEYS["chunks"], delete
    )


def _replace_chunks(
    tables: Tables, staging: Staging, intent: Intent, stamp: Stamp, dimension: int
) -> None:
    """One commit that begins a generation whose vectors have another length: then every chunk must be staged."""
    if staging.rows("chunks") != intent.chunks:
        raise IndexError_(
            f"the new model gives vectors of {dimension} numbers, the published ones have {tables.dimension}, and only "
            f"{staging.rows('chunks'):,} of {intent.chunks:,} chunks were embedded anew; run `vouch reindex`, which takes all"
        )
    tables.chunks.add(
        stamped_chunks(staging, schema_of("chunks", dimension), stamp), mode="overwrite"
    )
    set_merge_key(tables.chunks, KEYS["chunks"])


def _commit_restore(tables: Tables, intent: Intent) -> None:
    for name, version in intent.restore.items():
        getattr(tables, name).checkout_latest()
        getattr(tables, name).restore(version)


def _check_count(tables: Tables, intent: Intent) -> None:
    held = tables.chunks.count_rows()
    if held != intent.chunks:
        raise IndexError_(
            f"the chunks table holds {held:,} rows after the commit, not {intent.chunks:,} as audited; another program has "
            "written to it: run again when nothing else does, and the next run finishes this one"
        )


def _commit_documents(tables: Tables, staging: Staging, intent: Intent, stamp: Stamp) -> None:
    if staging.rows("documents") or intent.removed:
        delete = is_in("document_id", intent.removed) if intent.removed else None
        rows = stamped_documents(tables, staging, stamp, intent.renamed)
        upsert(tables.documents, rows, KEYS["documents"], delete)


def _commit_quarantine(
    tables: Tables, staging: Staging, intent: Intent, stamp: Stamp, settings: Settings
) -> None:
    settled = [*intent.settled, *intent.removed]
    if staging.rows("quarantine") or settled:
        delete = is_in("document_id", settled) if settled else None
        upsert(
            tables.quarantine,
            stamped_quarantine(tables, staging, stamp, settings.run),
            KEYS["quarantine"],
            delete,
        )


def quarantine_rejects(tables: Tables, staging: Staging, record: RunRecord, settings: Settings) -> None:
    """Put the rejects of a run that publishes nothing into quarantine; what is published stays as it is."""
    if staging.rows("quarantine"):
        upsert(
            tables.quarantine,
            stamped_quarantine(tables, staging, _stamp(record), settings.run),
            KEYS["quarantine"],
        )


def refresh_indexes(tables: Tables, settings: IndexSettings) -> None:
    """Bring the search indexes up to date where it is due. The vectors' is made, and made anew, by `vouch.index.publishing.maintenance`."""
    create_text_indexes(tables.chunks)
    if behind(tables.chunks) or fragment_count(tables.chunks) > _PIECES:
        count_unseen(tables.chunks)
        compact(tables.chunks)
    ensure_recall(tables.chunks, settings)
    for table in (tables.documents, tables.quarantine):
        if fragment_count(table) > _PIECES:
            compact(table)


def behind(chunks: Table) -> list[str]:
    """The search indexes that hold too few of the rows, and how many they do not hold."""
    least = _LEFT * chunks.count_rows()
    found = [(one.name, one.num_unindexed_rows or 0) for one in chunks.list_indices()]
    return [f"{name}: {rows:,} rows" for name, rows in found if rows > least]


def create_text_indexes(chunks: Table) -> None:
    """Make the full-text indexes where there are none yet."""
    held = {index.name for index in chunks.list_indices()}
    for column in TEXT_COLUMNS:
        if f"{column}_idx" not in held and chunks.count_rows():
            # Words of every script; stems are English, stop words stay, because "to be or not to be" is a query.
            config = FTS(base_tokenizer="icu/split", remove_stop_words=False)
            chunks.create_index(column, config=config, name=f"{column}_idx")
