"""The candidate: the index as it would be after publishing, which is audited before it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lancedb
import polars as pl
import pyarrow as pa

from vouch.index.publishing.search_indexes import create_text_indexes
from vouch.index.store.publication_columns import Stamp, now, stamped_chunks
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables, frame, frames, is_in
from vouch.schemas.arrow import DOCUMENTS

_DOCUMENTS = tuple(name for name in DOCUMENTS.names if name not in ("canonical_text", "structure"))
_CHUNKS = (
    "chunk_id", "document_id", "source", "language", "token_count", "text_sha256",
    "embedding_fingerprint", "chunk_fingerprint", "flags", "minhash",
)  # fmt: skip

HEADING_DEPTH_SQL = "CAST(coalesce(array_length(heading_path), 0) AS INT UNSIGNED)"
# Columns with few distinct values, which as categories are held in memory once.
_CATEGORIES = pl.col("embedding_fingerprint", "chunk_fingerprint")

# Rows that are added to shared files are searched one by one at each query. Up to this share of
# the published chunks that costs less than copying and indexing all of them.
_SHARED_UP_TO = 0.1


@dataclass(frozen=True, slots=True)
class State:
    """The rows of one state of the index.

    Attributes:
        documents: All columns except the texts.
        chunks: Columns that the audit needs, without texts and vectors, and `heading_depth`, the
            number of headings above a chunk.
    """

    documents: pl.DataFrame
    chunks: pl.DataFrame

    def of(self, source: str) -> "State":
        """Return the part of one source."""
        return State(
            self.documents.filter(pl.col("source") == source),
            self.chunks.filter(pl.col("source") == source),
        )


@dataclass(frozen=True, slots=True)
class Candidate(State):
    """The state after publishing, the published state `before`, and what the run adds to it."""

    before: State
    arrivals: State


def candidate(
    tables: Tables, staging: Staging, replaced: list[str], removed: list[str], processed: set[str]
) -> Candidate:
    """Return the published rows less those replaced and removed, plus the staged ones.

    Args:
        tables: The published tables.
        staging: The run's shards.
        replaced: Documents whose chunks are replaced by the staged ones.
        removed: Documents that are removed.
        processed: Documents that the run has parsed; of the staged ones only these are arrivals.
    """
    published = frames(
        tables.chunks, {name: name for name in _CHUNKS} | {"heading_depth": HEADING_DEPTH_SQL}
    )
    added = map(with_heading_depth, staging.frames("chunks", (*_CHUNKS, "heading_path")))
    before = State(frame(tables.documents, _DOCUMENTS), _concat(published))
    staged = State(staging.frame("documents", _DOCUMENTS), _concat(added))
    documents = _without(before.documents, [*staged.documents["document_id"], *removed])
    chunks = _without(before.chunks, [*replaced, *removed])
    # Staged rows also include documents of which only the status or the time has changed.
    arrived = staged.documents.filter(pl.col("document_id").is_in(list(processed)))
    return Candidate(
        pl.concat([documents, staged.documents]),
        pl.concat([chunks, staged.chunks]),
        before,
        State(arrived, staged.chunks),
    )


def with_heading_depth(part: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with `heading_depth` in place of `heading_path`.

    Applied shard by shard, so that the headings of all chunks are never in memory together.
    """
    depth = pl.col("heading_path").list.len().alias("heading_depth")
    return part.with_columns(depth).drop("heading_path")


def _concat(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(part.with_columns(_CATEGORIES.cast(pl.Categorical)) for part in parts)


def _without(rows: pl.DataFrame, documents: list[str]) -> pl.DataFrame:
    ids = pl.Series(documents, dtype=pl.String).implode()
    return rows.filter(~pl.col("document_id").is_in(ids))


def build_candidate(
    tables: Tables,
    staging: Staging,
    deleted: list[str],
    folder: Path,
    shared_up_to: float = _SHARED_UP_TO,
) -> Tables:
    """Build the candidate's chunks as searchable tables of their own; nothing published changes.

    Where few rows are staged, the published files and indexes are shared instead of copied. A
    search by words then weighs them as the published index does.

    Args:
        tables: The published tables.
        staging: The run's shards. Where their vectors have another length than the published
            ones, all chunks must be staged.
        deleted: Documents whose published chunks are not in the candidate.
        folder: Where the tables are made.
        shared_up_to: The share of published chunks up to which files are shared.
    """
    dimension = staging.schemas["chunks"].field("vector").type.list_size
    same_length = dimension == tables.dimension
    few = staging.rows("chunks") <= shared_up_to * tables.chunks.count_rows()
    shared = same_length and few
    if shared:
        folder.mkdir(parents=True, exist_ok=True)
        # A shallow clone: its version refers to the published files. What is deleted or added later
        # is written into `folder` only.
        database: Any = lancedb.connect(folder)
        source: Any = tables.chunks
        database.clone_table("chunks", source.uri, source_version=source.version)
    built = Tables.create(folder, dimension)
    if shared and deleted:
        built.chunks.delete(is_in("document_id", deleted))
    built.chunks.add(stamped_chunks(staging, built.chunks.schema, Stamp("candidate", now())))
    if not shared and same_length:
        built.chunks.add(_kept(tables, deleted, built.chunks.schema))
    create_text_indexes(built.chunks)
    return built


def _kept(tables: Tables, deleted: list[str], schema: pa.Schema) -> pa.RecordBatchReader:
    """Return the published chunks of documents that are not deleted, batch by batch."""
    query = tables.chunks.search()
    if deleted:
        query = query.where(~is_in("document_id", deleted))
    batches = (batch.cast(schema) for batch in query.select(schema.names).to_batches())
    return pa.RecordBatchReader.from_batches(schema, batches)
