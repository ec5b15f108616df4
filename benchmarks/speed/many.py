"""A project of tens of thousands of documents: real files under other names, and an index that holds them.

One folder is ingested for real; the others are hard links to its files, and their rows are its rows under their own ids,
which go the real way from staged shards to published tables. Of each copied document the first chunks are kept: what a run
with nothing to do costs is told by the number of documents.
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
from vouch.schemas.ids import chunk_id, document_id

FIRST = "c000"
_CHUNKS = 2  # of a copied document


def copy_files(corpus: Path, project: Path) -> None:
    """The folder that is ingested for real."""
    shutil.copytree(corpus, project / "documents" / FIRST)


def multiply(settings: Path, documents: int) -> int:
    """Make copies until there are about so many documents; returns how many there are."""
    file = read_settings(settings)
    folder = file.folder / "documents"
    tables = Tables.open(file.index_folder)
    times = max(1, round(documents / tables.documents.count_rows()))
    names = [f"c{number:03}" for number in range(1, times)]
    for name in names:
        shutil.copytree(folder / FIRST, folder / name, copy_function=os.link)
    if names:
        _publish(file, tables, names)
    return int(tables.documents.count_rows())


def _publish(file: SettingsFile, tables: Tables, names: list[str]) -> None:
    staging = Staging(file.work_folder / "shards", tables.dimension)
    for name, documents, chunks in _copies(tables, names):
        made = {
            "chunks": chunks.to_arrow().cast(staging.schemas["chunks"]),
            "documents": documents.to_arrow().cast(staging.schemas["documents"]),
            "quarantine": staging.schemas["quarantine"].empty_table(),
        }
        staging.write(
            name, made, ShardSummary(produced=chunks.height, vectors_reused=chunks.height)
        )
    staging = staging.of(names)
    whole = tables.chunks.count_rows() + staging.rows("chunks")
    intent = Intent(
        staging=str(staging.root), shards=names, dimension=tables.dimension, chunks=whole
    )
    publish(tables, staging, intent, new_record(file, "ingest", "copies"), file.settings)
    staging.discard()


def _copies(tables: Tables, names: list[str]) -> Iterator[tuple[str, pl.DataFrame, pl.DataFrame]]:
    """Documents and chunks of each copy."""
    documents = pl.DataFrame(pl.from_arrow(tables.documents.search().to_arrow()))
    chunks = pl.DataFrame(pl.from_arrow(tables.chunks.search().to_arrow())).filter(
        pl.col("chunk_index") < _CHUNKS
    )
    for name in names:
        uri = pl.col("uri").str.replace(FIRST, name, literal=True)
        own = documents.with_columns(
            uri=uri, chunk_count=pl.min_horizontal("chunk_count", pl.lit(_CHUNKS, pl.Int32))
        )
        held = chunks.with_columns(uri=uri)
        ids = [document_id(*row) for row in held.select("source", "uri").iter_rows()]
        spans = held.select("char_start", "char_end", "text").iter_rows()
        yield (
            name,
            own.with_columns(
                document_id=pl.Series(
                    [document_id(*row) for row in own.select("source", "uri").iter_rows()]
                )
            ),
            held.with_columns(
                document_id=pl.Series(ids),
                chunk_id=pl.Series(
                    [chunk_id(one, *span) for one, span in zip(ids, spans, strict=True)]
                ),
            ),
        )
