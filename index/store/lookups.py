"""Read what the published tables hold: the state that a plan is made from."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from lancedb.expr import col, lit

from vouch.embedders.base import Vectors
from vouch.index.store.stored_vectors import matrix, vector_sha256
from vouch.index.store.tables import Tables, frame, frames, in_parts, is_in, rows

_DOCUMENT_STATE = (
    "document_id", "parent_id", "source", "uri", "media_type", "status", "reason",
    "content_sha256", "size", "etag", "source_modified_at", "chunk_count", "parser",
    "parse_fingerprint", "chunk_fingerprint", "embedding_fingerprint", "check_fingerprint",
    "remove_after", "run_id",
)  # fmt: skip
_QUARANTINE_STATE = (
    "document_id", "source", "stage", "reason", "rule_fingerprint", "attempts",
    "next_retry_at", "parked",
)  # fmt: skip
_IS_ATTACHED = "parent_id IS NOT NULL AND parent_id != ''"
_AT_ONCE = 50_000  # rows that are in memory together


def listed_documents(tables: Tables) -> Iterator[pl.DataFrame]:
    """Yield one row per document that was listed, without its text, in parts of bounded size."""
    columns = {name: name for name in _DOCUMENT_STATE}
    yield from in_parts(frames(tables.documents, columns, f"NOT ({_IS_ATTACHED})"), _AT_ONCE)


def attached_documents(tables: Tables) -> pl.DataFrame:
    """Return one row per document that is attached to another one, without its text."""
    return frame(tables.documents, _DOCUMENT_STATE, _IS_ATTACHED)


def indexed_documents(tables: Tables) -> pl.DataFrame:
    """Return one row per document, without its text."""
    return frame(tables.documents, _DOCUMENT_STATE)


def indexed_ids(tables: Tables) -> set[str]:
    """Return the ids of all documents."""
    return set(rows(tables.documents, ["document_id"]).column("document_id").to_pylist())


def unrecorded_generations(tables: Tables) -> list[str]:
    """Return the embedding fingerprints of published chunks that no generation is recorded for."""
    key = "embedding_fingerprint"
    recorded = set(rows(tables.generations, [key]).column(key).to_pylist())
    published = frame(tables.chunks, [key])[key].unique()
    return sorted(set(published.to_list()) - recorded)


def indexed_quarantine(tables: Tables) -> pl.DataFrame:
    """Return one row per reject, without its message."""
    return frame(tables.quarantine, _QUARANTINE_STATE)


def ingested_metadata(tables: Tables, source: str) -> Iterator[list[dict[str, str]]]:
    """Yield the metadata of a source's documents that ingest runs published: keys and values."""
    is_ingest = col("kind") == lit("ingest")
    ingests = set(rows(tables.runs, ["run_id"], is_ingest).column("run_id").to_pylist())
    columns = {name: name for name in ("run_id", "metadata")}
    for part in frames(tables.documents, columns, col("source") == lit(source)):
        yield from part.filter(pl.col("run_id").is_in(list(ingests)))["metadata"].to_list()


def indexed_vectors(
    tables: Tables, fingerprint: str, embedded_sha256: Sequence[str]
) -> dict[str, Vectors]:
    """Return the published vectors of these texts in one generation.

    Args:
        tables: The published tables.
        fingerprint: The embedding fingerprint of the generation.
        embedded_sha256: Hashes of the embedded texts.

    Returns:
        Vectors, shape (dimension,), by the text's hash; texts that are not indexed are absent.
    """
    if not embedded_sha256 or tables.chunks.count_rows() == 0:
        return {}
    condition = (col("embedding_fingerprint") == lit(fingerprint)) & is_in(
        "embedded_sha256", set(embedded_sha256)
    )
    # Two queries: first one row id per text, then its vector. In a single query the store reads
    # the vectors of every row, also of those that the condition excludes.
    query: Any = tables.chunks.search().where(condition).select(["embedded_sha256"])
    row_ids = pl.DataFrame(pl.from_arrow(query.with_row_id(True).to_arrow()))
    row_ids = row_ids.unique("embedded_sha256")
    if row_ids.is_empty():
        return {}
    taken: Any = tables.chunks.take_row_ids(row_ids["_rowid"].to_list())
    table = taken.select(["embedded_sha256", "vector", "vector_sha256"]).to_arrow()
    texts = table.column("embedded_sha256").to_pylist()
    hashes = table.column("vector_sha256").to_pylist()
    # A vector that no longer matches its hash is damaged: leaving it out has it embedded again.
    # Rows written before there were hashes have none, and are trusted.
    return {
        text: vector
        for text, vector, expected in zip(
            texts, matrix(table.column("vector")), hashes, strict=True
        )
        if expected is None or expected == vector_sha256(vector)
    }
