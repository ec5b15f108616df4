"""What the published tables hold: the truth that a plan is made from."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from lancedb.expr import col, lit

from vouch.embedders.model import Vectors
from vouch.index.store.row_builders import vector_sha256
from vouch.index.store.tables import Tables, frame, is_in, matrix

_STATE = (
    "document_id", "parent_id", "source", "uri", "media_type", "status", "reason", "content_sha256", "size", "etag",
    "source_modified_at", "chunk_count", "parser", "parse_fingerprint", "chunk_fingerprint", "embedding_fingerprint",
    "check_fingerprint", "remove_after", "run_id",
)  # fmt: skip


def indexed_documents(tables: Tables) -> pl.DataFrame:
    """One row a document, without its text."""
    return frame(tables.documents, _STATE)


def indexed_quarantine(tables: Tables) -> pl.DataFrame:
    """One row a reject, without its message."""
    columns = (
        "document_id",
        "source",
        "stage",
        "reason",
        "rule_fingerprint",
        "attempts",
        "next_retry_at",
        "parked",
    )
    return frame(tables.quarantine, columns)


def indexed_vectors(
    tables: Tables, fingerprint: str, embedded_sha256: Sequence[str]
) -> dict[str, Vectors]:
    """The vectors that the index holds for these texts in this generation, by the texts' hash."""
    if not embedded_sha256 or tables.chunks.count_rows() == 0:
        return {}
    same = (col("embedding_fingerprint") == lit(fingerprint)) & is_in(
        "embedded_sha256", set(embedded_sha256)
    )
    # Each text once, and only then its vector: in one question the store reads the vectors of all rows, asked for or not.
    query: Any = tables.chunks.search().where(same).select(["embedded_sha256"]).with_row_id(True)
    places = pl.DataFrame(pl.from_arrow(query.to_arrow())).unique("embedded_sha256")
    if places.is_empty():
        return {}
    taken: Any = tables.chunks.take_row_ids(places["_rowid"].to_list())
    found = taken.select(["embedded_sha256", "vector", "vector_sha256"]).to_arrow()
    vectors = matrix(found.column("vector"))
    hashes = found.column("vector_sha256").to_pylist()
    keys = found.column("embedded_sha256").to_pylist()
    # A vector that is not what it was when it was written is not used again; rows without a hash are older than hashes.
    sound = [
        told is None or told == vector_sha256(vector)
        for told, vector in zip(hashes, vectors, strict=True)
    ]
    return {key: vector for key, vector, good in zip(keys, vectors, sound, strict=True) if good}
