"""Publishing: from an accepted candidate to what readers see.

What happens when it is cut short: the intent is written down first, each table then changes in one commit, and every
step gives the same when it is done again. So a run that dies before the intent has changed nothing, and one that dies
after it is finished by the next run, from the same staged files. Chunks come first: a reader of the chunks table sees
the old state or the new one, never a part.
"""

from datetime import timedelta
from pathlib import Path

from lancedb.index import FTS, IvfFlat

from index.runs import Intent, Unfinished, unfinished, write_run
from index.staging import Staging
from index.tables import Tables, is_in, upsert
from schemas.errors import IndexError_
from schemas.run import RunRecord, Status
from schemas.settings import IndexSettings

TEXT_COLUMNS = ("text", "embedded_text")
_VECTOR_INDEX = "vector_idx"
_UNDELETED = timedelta(days=36_500)  # optimize() compacts and updates the indexes; old versions are retention's business


def publish(tables: Tables, staging: Staging, intent: Intent, record: RunRecord, settings: IndexSettings) -> RunRecord:
    """Commit the staged rows and deletes; returns the record with the pinned versions and the tag."""
    write_run(tables, record.model_copy(update={"status": Status.PUBLISHING}), intent)
    _commit_chunks(tables, staging, intent)
    _check_count(tables, intent)
    return _publish_rest(tables, staging, intent, record, settings)


def _publish_rest(tables: Tables, staging: Staging, intent: Intent, record: RunRecord, settings: IndexSettings) -> RunRecord:
    _commit_rest(tables, staging, intent)
    refresh_indexes(tables, settings)
    tag = f"run-{record.run_id}"
    _tag(tables, tag)
    done = record.model_copy(update={"status": Status.PUBLISHED, "versions": tables.versions(), "tag": tag})
    write_run(tables, done)
    return done


def finish(tables: Tables, dimension: int, settings: IndexSettings) -> list[RunRecord]:
    """Publish what earlier runs had begun to publish; returns their records."""
    return [_finish(tables, dimension, settings, one) for one in unfinished(tables)]


def _finish(tables: Tables, dimension: int, settings: IndexSettings, one: Unfinished) -> RunRecord:
    staging = Staging(Path(one.intent.staging), dimension)
    if not staging.shards() and not one.intent.removed:
        raise IndexError_(
            f"run {one.record.run_id} was cut short while it published, and its staged files in {staging.folder} are gone; "
            "put them back, or ingest into a new index.path"
        )
    _commit_chunks(tables, staging, one.intent)
    done = _publish_rest(tables, staging, one.intent, one.record, settings)
    staging.discard()
    return done


def _commit_chunks(tables: Tables, staging: Staging, intent: Intent) -> None:
    gone = [*intent.replaced, *intent.removed]
    if staging.rows("chunks") or gone:
        delete = is_in("document_id", gone) if gone else None
        upsert(tables.chunks, staging.reader("chunks"), "chunk_id", delete)


def _check_count(tables: Tables, intent: Intent) -> None:
    held = tables.chunks.count_rows()
    if held != intent.chunks:
        raise IndexError_(
            f"the chunks table holds {held:,} rows after the commit, not {intent.chunks:,} as audited; another program has "
            "written to it: run again when nothing else does, and the next run finishes this one"
        )


def _commit_rest(tables: Tables, staging: Staging, intent: Intent) -> None:
    if staging.rows("documents") or intent.removed:
        delete = is_in("document_id", intent.removed) if intent.removed else None
        upsert(tables.documents, staging.reader("documents"), "document_id", delete)
    settled = [*intent.settled, *intent.removed]
    if staging.rows("quarantine") or settled:
        delete = is_in("document_id", settled) if settled else None
        upsert(tables.quarantine, staging.reader("quarantine"), "quarantine_id", delete)


def refresh_indexes(tables: Tables, settings: IndexSettings) -> None:
    """Make the search indexes where they are due, and bring them up to date: new rows are searched slowly until then."""
    held = {index.name for index in tables.chunks.list_indices()}
    count = tables.chunks.count_rows()
    for column in TEXT_COLUMNS:
        if count and f"{column}_idx" not in held:
            # Words of every script; stems are English, stop words stay, because "to be or not to be" is a query.
            config = FTS(base_tokenizer="icu/split", remove_stop_words=False)
            tables.chunks.create_index(column, config=config, name=f"{column}_idx")
    if count >= settings.vector_index_from_rows and _VECTOR_INDEX not in held:
        tables.chunks.create_index("vector", config=IvfFlat(distance_type="dot"), name=_VECTOR_INDEX)
    for table in (tables.chunks, tables.documents, tables.quarantine):
        table.optimize(cleanup_older_than=_UNDELETED)


def _tag(tables: Tables, tag: str) -> None:
    for table in (tables.chunks, tables.documents, tables.quarantine):
        if tag in table.tags.list():
            table.tags.update(tag, table.version)
        else:
            table.tags.create(tag, table.version)
