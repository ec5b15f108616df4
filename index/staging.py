"""Shards on their way to be published: immutable Parquet files with a completion marker.

    <work_path>/<run_id>/<shard>/chunks.parquet documents.parquet quarantine.parquet _DONE

A shard without its marker was cut short and counts as not there: a crash loses at most the shards in hand.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.arrow import DOCUMENTS, QUARANTINE, chunks_schema

_MARKER = "_DONE"


class Staging:
    """The staged shards of one run, in `folder`."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self.folder = folder
        self.schemas = {"chunks": chunks_schema(dimension), "documents": DOCUMENTS, "quarantine": QUARANTINE}

    def write(self, shard: str, tables: dict[str, pa.Table], summary: dict[str, Any]) -> None:
        """Stage a finished shard; `summary` (JSON) says what it holds."""
        folder = self.folder / shard
        folder.mkdir(parents=True, exist_ok=True)
        for name, schema in self.schemas.items():
            pq.write_table(tables[name].cast(schema), folder / f"{name}.parquet", compression="zstd")
        marker = folder / f"{_MARKER}.tmp"
        marker.write_text(json.dumps(summary), encoding="utf-8")
        marker.rename(folder / _MARKER)

    def shards(self) -> list[Path]:
        """Folders of the finished shards, in order."""
        return sorted(marker.parent for marker in self.folder.glob(f"*/{_MARKER}"))

    def summaries(self) -> list[dict[str, Any]]:
        return [json.loads((shard / _MARKER).read_text("utf-8")) for shard in self.shards()]

    def frame(self, name: str, columns: Sequence[str]) -> pl.DataFrame:
        """The named columns of all staged rows of a table."""
        schema = pa.schema([self.schemas[name].field(column) for column in columns])
        parts = [pq.read_table(shard / f"{name}.parquet", columns=list(columns)) for shard in self.shards()]
        return pl.DataFrame(pl.from_arrow(pa.concat_tables([schema.empty_table(), *parts])))

    def reader(self, name: str) -> pa.RecordBatchReader:
        """All staged rows of a table, batch by batch: memory does not grow with their number."""
        return pa.RecordBatchReader.from_batches(self.schemas[name], self._batches(name))

    def rows(self, name: str) -> int:
        return sum(pq.read_metadata(shard / f"{name}.parquet").num_rows for shard in self.shards())

    def discard(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _batches(self, name: str) -> Iterator[pa.RecordBatch]:
        for shard in self.shards():
            for batch in pq.ParquetFile(shard / f"{name}.parquet").iter_batches(batch_size=1024):
                yield batch.cast(self.schemas[name])
