"""The candidate: the index as it would be after publishing, which is audited before it is."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl
import pyarrow as pa
from lancedb.table import Table

from vouch.index.publishing.search_indexes import create_text_indexes
from vouch.index.store.lance_files import TableFiles
from vouch.index.store.publication_columns import Stamp, now, stamped_chunks
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables, frame, frames, is_in
from vouch.schemas.arrow import DOCUMENTS
from vouch.schemas.errors import IndexError_, VouchError

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


@contextmanager
def build_candidate(
    tables: Tables,
    staging: Staging,
    deleted: list[str],
    folder: Path,
    shared_up_to: float = _SHARED_UP_TO,
) -> Iterator[Tables]:
    """Build the candidate's chunks to be searched until the block ends; nothing published changes.

    Where few rows are staged, they are a branch of the published chunks, which shares their files
    and indexes. A search by words then weighs them as the published index does.

    Args:
        tables: The published tables.
        staging: The run's shards. Where their vectors have another length than the published
            ones, all chunks must be staged.
        deleted: Documents whose published chunks are not in the candidate.
        folder: Where tables of their own are made; a branch gets its name.
        shared_up_to: The share of published chunks up to which files are shared.
    """
    dimension = staging.schemas["chunks"].field("vector").type.list_size
    same_length = dimension == tables.dimension
    few = staging.rows("chunks") <= shared_up_to * tables.chunks.count_rows()
    if same_length and few:
        with _branch(tables.chunks, folder.name) as chunks:
            if deleted:
                chunks.delete(is_in("document_id", deleted))
            chunks.add(_staged(staging, chunks))
            create_text_indexes(chunks)
            yield replace(tables, chunks=chunks)
        return
    built = Tables.create(folder, dimension)
    built.chunks.add(_staged(staging, built.chunks))
    if same_length:
        built.chunks.add(_kept(tables, deleted, built.chunks.schema))
    create_text_indexes(built.chunks)
    yield built


def left_candidates(tables: Tables, prefix: str) -> list[str]:
    """Return the names of branches that begin so, made or deleted in part too."""
    files = TableFiles.of(tables.location / "chunks.lance").present
    names = {path.split("/")[1] for path in files if path.startswith("tree/")}
    names |= {PurePosixPath(path).stem for path in files if path.startswith("_refs/branches/")}
    return sorted(name for name in names if name.startswith(prefix))


def remove_candidates(tables: Tables, prefix: str) -> None:
    """Remove branches that begin so, which runs left that were killed.

    The caller must hold the lock of their kind: otherwise a run may still search them.
    """
    branches: Any = tables.chunks.branches  # type: ignore[attr-defined]
    for name in branches.list():
        if name.startswith(prefix):
            branches.delete(name)
    # A branch is listed only once it is complete, and until it begins to be deleted.
    trees = tables.location / "chunks.lance" / "tree"
    trees.delete_files(file.path for file in trees.files() if file.path.startswith(prefix))


@contextmanager
def _branch(published: Table, name: str) -> Iterator[Table]:
    """Make a branch of this version of a table; nothing that is done to it changes the table."""
    branches: Any = published.branches  # type: ignore[attr-defined]
    try:
        branch = branches.create(name, from_version=published.version)
    except IndexError_:
        # The store asks again where an answer is lost, and may meet its own branch.
        if name not in branches.list():
            raise
        branch = branches.checkout(name)
    try:
        yield branch
    finally:
        with suppress(VouchError):  # what is left the next run removes
            branches.delete(name)


def _staged(staging: Staging, chunks: Table) -> pa.RecordBatchReader:
    return stamped_chunks(staging, chunks.schema, Stamp("candidate", now()))


def _kept(tables: Tables, deleted: list[str], schema: pa.Schema) -> pa.RecordBatchReader:
    """Return the published chunks of documents that are not deleted, batch by batch."""
    query = tables.chunks.search()
    if deleted:
        query = query.where(~is_in("document_id", deleted))
    batches = (batch.cast(schema) for batch in query.select(schema.names).to_batches())
    return pa.RecordBatchReader.from_batches(schema, batches)
