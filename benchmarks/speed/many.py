"""A project of tens of thousands of documents: real files under different names, and their index.

One folder is ingested by a run. The copies are hard links to its files; their rows are its rows
with new ids, which are staged and published as a run does it. Each copied document keeps its first
chunks only: the cost of a run with nothing to do depends on the number of documents.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from vouch.index.publishing.publish import publish
from vouch.index.store.run_log import Intent
from vouch.index.store.staging import ShardSummary, Staging
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile, read_settings
from vouch.pipeline.operations.rollback import new_record
from vouch.schemas.documents.ids import chunk_id, document_id

FIRST = "c000"
_CHUNKS = 2  # of a copied document


def copy_files(corpus: Path, project: Path) -> None:
    """Copy the files of the corpus to the folder that is ingested by a run."""
    shutil.copytree(corpus, project / "documents" / FIRST)


def multiply(settings: Path, documents: int) -> int:
    """Copy documents until there are about `documents` of them; return their exact number."""
    file = read_settings(settings)
    folder = file.folder / "documents"
    tables = Tables.open(file.index_location)
    times = max(1, round(documents / tables.documents.count_rows()))
    names = [f"c{number:03}" for number in range(1, times)]
    for name in names:
        shutil.copytree(folder / FIRST, folder / name, copy_function=os.link)
    if names:
        _publish(file, tables, names)
    return int(tables.documents.count_rows())


def _publish(file: SettingsFile, tables: Tables, names: list[str]) -> None:
    staging = Staging(file.work_location / "shards", tables.dimension)
    for name, documents, chunks in _copies(tables, names):
        shard_tables = {
            "chunks": chunks.to_arrow().cast(staging.schemas["chunks"]),
            "documents": documents.to_arrow().cast(staging.schemas["documents"]),
            "quarantine": staging.schemas["quarantine"].empty_table(),
        }
        staging.write(
            name, shard_tables, ShardSummary(produced=chunks.height, vectors_reused=chunks.height)
        )
    staging = staging.of(names)
    chunk_count = tables.chunks.count_rows() + staging.rows("chunks")
    intent = Intent(
        staging=str(staging.root), shards=names, dimension=tables.dimension, chunks=chunk_count
    )
    publish(tables, staging, intent, new_record(file, "ingest", "copies"), file.settings)
    staging.discard()


def _copies(tables: Tables, names: list[str]) -> Iterator[tuple[str, pl.DataFrame, pl.DataFrame]]:
    """Yield the name, the documents and the chunks of each copy."""
    documents = pl.DataFrame(pl.from_arrow(tables.documents.search().to_arrow()))
    chunks = pl.DataFrame(pl.from_arrow(tables.chunks.search().to_arrow())).filter(
        pl.col("chunk_index") < _CHUNKS
    )
    for name in names:
        uri = pl.col("uri").str.replace(FIRST, name, literal=True)
        copied = documents.with_columns(
            uri=uri, chunk_count=pl.min_horizontal("chunk_count", pl.lit(_CHUNKS, pl.Int32))
        )
        copied_chunks = chunks.with_columns(uri=uri)
        ids = [document_id(*row) for row in copied_chunks.select("source", "uri").iter_rows()]
        spans = copied_chunks.select("char_start", "char_end", "text").iter_rows()
        yield (
            name,
            copied.with_columns(
                document_id=pl.Series(
                    [document_id(*row) for row in copied.select("source", "uri").iter_rows()]
                )
            ),
            copied_chunks.with_columns(
                document_id=pl.Series(ids),
                chunk_id=pl.Series(
                    [chunk_id(owner, *span) for owner, span in zip(ids, spans, strict=True)]
                ),
            ),
        )
