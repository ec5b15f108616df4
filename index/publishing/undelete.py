"""Finds a document that is gone in an earlier published state, and stages it to be published again as it was."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from lancedb.expr import col, lit

from vouch.index.publishing.versions import at_state, states
from vouch.index.store.generations import newest
from vouch.index.store.run_log import Intent
from vouch.index.store.staging import ShardSummary, Staging
from vouch.index.store.tables import Tables, is_in, rows
from vouch.schemas.arrow import QUARANTINE
from vouch.schemas.errors import IndexError_, NotFound


@dataclass(frozen=True, slots=True)
class DeletedDocument:
    """Rows of the document and of what was attached to it, as the run published them; the document's own row first."""

    run_id: str
    documents: pa.Table
    chunks: pa.Table


def find_deleted(tables: Tables, uri: str) -> DeletedDocument:
    """The newest kept state that publishes the document. Raises `NotFound`, and where it is not gone."""
    if rows(
        tables.documents, ["uri"], (col("uri") == lit(uri)) & (col("status") == lit("published"))
    ).num_rows:
        raise NotFound(f"{uri} is published; there is nothing to bring back")
    for run_id in reversed(states(tables)):
        past = at_state(tables, run_id)
        own = f"{((col('uri') == lit(uri)) & (col('status') == lit('published'))).to_sql()} AND parent_id IS NULL"
        ids = rows(past.documents, ["document_id"], own).column("document_id").to_pylist()
        if ids:
            return _found(past, run_id, ids[:1])
    raise NotFound(
        f"none of the {len(states(tables))} kept states publishes {uri} (index.keep_published)"
    )


def _found(past: Tables, run_id: str, ids: list[str]) -> DeletedDocument:
    documents = [_rows(past, "documents", "document_id", ids)]
    while below := _rows(
        past, "documents", "parent_id", documents[-1].column("document_id").to_pylist()
    ):
        documents.append(below)
    together = pa.concat_tables(documents)
    chunks = _rows(past, "chunks", "document_id", together.column("document_id").to_pylist())
    return DeletedDocument(run_id, together, chunks)


def _rows(past: Tables, name: str, key: str, values: list[str]) -> pa.Table:
    table = getattr(past, name)
    return rows(table, table.schema.names, is_in(key, values))


def stage_deleted(
    tables: Tables, staging: Staging, found: DeletedDocument, run_id: str, until: datetime
) -> Intent:
    """Stage the rows, to be kept until then though no source lists them. Raises `IndexError_` for another generation."""
    generations = set(found.chunks.column("embedding_fingerprint").to_pylist())
    if generations - {newest(tables)[0]}:
        raise IndexError_(
            f"run {found.run_id} published it with vectors of another model; put the file back and ingest, or roll back"
        )
    place = found.documents.schema.get_field_index("remove_after")
    field = found.documents.schema.field("remove_after")
    documents = found.documents.set_column(
        place, field, pa.array([until] * found.documents.num_rows, field.type)
    )
    name = f"undelete-{run_id}"
    staging.use([name])
    parts = {"chunks": found.chunks, "documents": documents, "quarantine": QUARANTINE.empty_table()}
    schemas = staging.schemas
    ready = {key: part.select(schemas[key].names) for key, part in parts.items()}
    staging.write(
        name,
        ready,
        ShardSummary(produced=found.chunks.num_rows, vectors_reused=found.chunks.num_rows),
    )
    ids = found.documents.column("document_id").to_pylist()
    return Intent(
        staging=str(staging.root),
        shards=[name],
        dimension=tables.dimension,
        replaced=ids,
        settled=ids,
        chunks=tables.chunks.count_rows() + found.chunks.num_rows,
    )
