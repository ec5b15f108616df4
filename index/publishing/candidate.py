"""The index as it would be after publishing: what is audited before anything changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lancedb
import polars as pl
import pyarrow as pa

from vouch.index.publishing.publish import create_text_indexes
from vouch.index.store.publication_columns import Stamp, now, stamped_chunks
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables, frame, frames, is_in
from vouch.schemas.arrow import DOCUMENTS

_DOCUMENTS = tuple(name for name in DOCUMENTS.names if name not in ("canonical_text", "structure"))
_CHUNKS = (
    "chunk_id", "document_id", "source", "language", "token_count", "text_sha256", "embedding_fingerprint",
    "chunk_fingerprint", "flags", "minhash",
)  # fmt: skip

_DEPTH = "CAST(coalesce(array_length(heading_path), 0) AS INT UNSIGNED)"
_FEW = pl.col("embedding_fingerprint", "chunk_fingerprint")

_LITTLE = 0.1  # of the published chunks: what is added to shared files is searched row by row at each query


@dataclass(frozen=True, slots=True)
class State:
    """`documents` without texts; `chunks` without texts and vectors; `heading_depth`: how many headings stand above one."""

    documents: pl.DataFrame
    chunks: pl.DataFrame

    def of(self, source: str) -> "State":
        """The part of one source."""
        return State(
            self.documents.filter(pl.col("source") == source),
            self.chunks.filter(pl.col("source") == source),
        )


@dataclass(frozen=True, slots=True)
class Candidate(State):
    """The state as it would be after publishing, the published one `before` it, and what the run brings to it."""

    before: State
    arrivals: State


def candidate(
    tables: Tables, staging: Staging, replaced: list[str], removed: list[str], made: set[str]
) -> Candidate:
    """The published rows less those replaced and removed, and the staged ones; `made` are the documents worked on."""
    published = frames(tables.chunks, {name: name for name in _CHUNKS} | {"heading_depth": _DEPTH})
    added = (_with_depth(part) for part in staging.frames("chunks", (*_CHUNKS, "heading_path")))
    before = State(frame(tables.documents, _DOCUMENTS), _lean(published))
    staged = State(staging.frame("documents", _DOCUMENTS), _lean(added))
    documents = _without(before.documents, [*staged.documents["document_id"], *removed])
    chunks = _without(before.chunks, [*replaced, *removed])
    arrived = staged.documents.filter(pl.col("document_id").is_in(list(made)))
    return Candidate(
        pl.concat([documents, staged.documents]),
        pl.concat([chunks, staged.chunks]),
        before,
        State(arrived, staged.chunks),
    )


def _with_depth(part: pl.DataFrame) -> pl.DataFrame:
    """Part by part, so that headings are never held of all of them."""
    return part.with_columns(pl.col("heading_path").list.len().alias("heading_depth")).drop(
        "heading_path"
    )


def _lean(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Values of which there are few are held once."""
    return pl.concat(part.with_columns(_FEW.cast(pl.Categorical)) for part in parts)


def _without(rows: pl.DataFrame, gone: list[str]) -> pl.DataFrame:
    return rows.filter(~pl.col("document_id").is_in(pl.Series(gone, dtype=pl.String).implode()))


def build_candidate(tables: Tables, staging: Staging, gone: list[str], folder: Path) -> Tables:
    """The candidate's chunks as tables of their own in `folder`, ready to be searched: published less gone, and staged.

    Nothing of the published tables is changed. Where the vectors' length is another, all chunks must be staged. Where little
    is staged, the published files and indexes are shared rather than copied; words are then weighed as they were published.
    """
    dimension = staging.schemas["chunks"].field("vector").type.list_size
    shared = (
        dimension == tables.dimension
        and staging.rows("chunks") <= _LITTLE * tables.chunks.count_rows()
    )
    if shared:
        folder.mkdir(parents=True, exist_ok=True)
        database: Any = lancedb.connect(folder)
        source: Any = tables.chunks
        database.clone_table("chunks", source.uri, source_version=source.version)
    made = Tables.create(folder, dimension)
    if shared and gone:
        made.chunks.delete(is_in("document_id", gone))
    made.chunks.add(stamped_chunks(staging, made.chunks.schema, Stamp("candidate", now())))
    if not shared and dimension == tables.dimension:
        made.chunks.add(_kept(tables, gone, made.chunks.schema))
    create_text_indexes(made.chunks)
    return made


def _kept(tables: Tables, gone: list[str], schema: pa.Schema) -> pa.RecordBatchReader:
    """The published chunks that stay."""
    kept = tables.chunks.search()
    if gone:
        kept = kept.where(~is_in("document_id", gone))
    batches = (batch.cast(schema) for batch in kept.select(schema.names).to_batches())
    return pa.RecordBatchReader.from_batches(schema, batches)
