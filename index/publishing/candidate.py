"""The candidate's chunks, which are searched before they are published."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
from lancedb.table import Table

from vouch.index.publishing.search_indexes import create_text_indexes
from vouch.index.store.lance_files import TableFiles
from vouch.index.store.publication_columns import Stamp, now, stamped_chunks
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables, is_in, row_schema
from vouch.schemas.errors import IndexError_, VouchError

# Rows that are added to shared files are searched one by one at each query. Up to this share of
# the published chunks that costs less than copying and indexing all of them.
_SHARED_UP_TO = 0.1


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
    built = Tables.create(folder, dimension, tables.vectors)
    built.chunks.add(_staged(staging, built.chunks))
    if same_length:
        built.chunks.add(_kept(tables, deleted, row_schema(built.chunks)))
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
    branches: Any = tables.chunks.branches
    for name in branches.list():
        if name.startswith(prefix):
            branches.delete(name)
    # A branch is listed only once it is complete, and until it begins to be deleted.
    trees = tables.location / "chunks.lance" / "tree"
    trees.delete_files(file.path for file in trees.files() if file.path.startswith(prefix))


@contextmanager
def _branch(published: Table, name: str) -> Iterator[Table]:
    """Make a branch of this version of a table; nothing that is done to it changes the table."""
    branches: Any = published.branches
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
    return stamped_chunks(staging, row_schema(chunks), Stamp("candidate", now()))


def _kept(tables: Tables, deleted: list[str], schema: pa.Schema) -> pa.RecordBatchReader:
    """Return the published chunks of documents that are not deleted, batch by batch."""
    query = tables.chunks.search()
    if deleted:
        query = query.where(~is_in("document_id", deleted))
    batches = (batch.cast(schema) for batch in query.select(schema.names).to_batches())
    return pa.RecordBatchReader.from_batches(schema, batches)
