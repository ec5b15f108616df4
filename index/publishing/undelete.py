"""Find a removed document in an earlier published state, and stage it to be published again."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from vouch.index.publishing.versions import at_state, states
from vouch.index.store.generations import newest
from vouch.index.store.run_log import Intent
from vouch.index.store.sql import quoted
from vouch.index.store.staging import ShardSummary, Staging, in_schema
from vouch.index.store.tables import Tables, is_in, rows
from vouch.schemas.documents.arrow import QUARANTINE
from vouch.schemas.errors import IndexError_, NotFound


@dataclass(frozen=True, slots=True)
class DeletedDocument:
    """The rows of a document and of its attachments as a run published them.

    The first row of `documents` is the document's own.
    """

    run_id: str
    documents: pa.Table
    chunks: pa.Table


def find_deleted(tables: Tables, uri: str) -> DeletedDocument:
    """Return a removed document as the newest kept state publishes it.

    Raises:
        NotFound: The document is published now, or no kept state publishes it.
    """
    published = f"uri = {quoted(uri)} AND status = 'published'"
    if rows(tables.documents, ["uri"], published).num_rows:
        raise NotFound(f"{uri} is published; there is nothing to bring back")
    kept = states(tables)
    for run_id in reversed(kept):
        past = at_state(tables, run_id)
        # An attachment comes back with its document, never by itself.
        condition = f"{published} AND parent_id IS NULL"
        ids = rows(past.documents, ["document_id"], condition).column("document_id").to_pylist()
        if ids:
            return _with_attachments(past, run_id, ids[:1])
    raise NotFound(f"none of the {len(kept)} kept states publishes {uri} (index.keep_published)")


def _with_attachments(past: Tables, run_id: str, ids: list[str]) -> DeletedDocument:
    levels = [_rows(past, "documents", "document_id", ids)]
    while True:
        parents = levels[-1].column("document_id").to_pylist()
        attached = _rows(past, "documents", "parent_id", parents)
        if not attached.num_rows:
            break
        levels.append(attached)
    documents = pa.concat_tables(levels)
    chunks = _rows(past, "chunks", "document_id", documents.column("document_id").to_pylist())
    return DeletedDocument(run_id, documents, chunks)


def _rows(past: Tables, name: str, key: str, values: list[str]) -> pa.Table:
    table = getattr(past, name)
    return rows(table, table.schema.names, is_in(key, values))


def stage_deleted(
    tables: Tables, staging: Staging, deleted: DeletedDocument, run_id: str, until: datetime
) -> Intent:
    """Stage the document's rows, and return the intent of the run that publishes them.

    Args:
        tables: The published tables.
        staging: Where the rows are staged, as a shard of their own.
        deleted: The document.
        run_id: The run that publishes them.
        until: How long the document is kept although no source lists it.

    Raises:
        IndexError_: The document's vectors belong to another generation.
    """
    generations = set(deleted.chunks.column("embedding_fingerprint").to_pylist())
    if generations - {newest(tables)[0]}:
        raise IndexError_(
            f"run {deleted.run_id} published it with vectors of another model; put the file back "
            "and ingest, or roll back"
        )
    position = deleted.documents.schema.get_field_index("remove_after")
    field = deleted.documents.schema.field("remove_after")
    expiry = pa.array([until] * deleted.documents.num_rows, field.type)
    parts = {
        "chunks": deleted.chunks,
        "documents": deleted.documents.set_column(position, field, expiry),
        "quarantine": QUARANTINE.empty_table(),
    }
    name = f"undelete-{run_id}"
    count = deleted.chunks.num_rows
    staging.write(
        name,
        {key: in_schema(part, staging.schemas[key]) for key, part in parts.items()},
        ShardSummary(produced=count, vectors_reused=count),
    )
    # Replaced, though they have no chunks now: publishing again after a crash gives the same rows.
    ids = deleted.documents.column("document_id").to_pylist()
    return Intent(
        staging=str(staging.root),
        shards=[name],
        dimension=tables.dimension,
        replaced=ids,
        settled=ids,
        chunks=tables.chunks.count_rows() + count,
    )
