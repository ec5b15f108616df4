"""Shards on their way to be published: immutable Parquet files with a completion marker.

    <work_path>/shards/<name>/chunks.parquet documents.parquet quarantine.parquet _DONE

A shard's name says what it was made from (`vouch.pipeline.planning.sharding`), so a run takes up the shards that another one finished before
it was cut short or refused. What only the run that publishes them can know (its id, the time, how often a reject was
tried) is null here and filled in by `vouch.index.store.publication_columns`.
"""

import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from vouch.schemas.arrow import DOCUMENTS, QUARANTINE, chunks_schema
from vouch.schemas.errors import IndexError_
from vouch.schemas.run import PolicyFinding, RuleBreak

_MARKER = "_DONE"
_PART = ".part"


class ShardSummary(BaseModel):
    """What a shard says of itself.

    `produced` chunks came out of the chunker and `refused` of them broke a contract. `touched` documents turned out to be
    what the index holds; `marked` ones are kept though they are listed no more. `findings` are the content policy's, `broken`
    the rules of sources' contracts that do not quarantine.
    """

    produced: int = 0
    refused: int = 0
    vectors_computed: int = 0
    vectors_reused: int = 0
    touched: list[str] = []
    marked: list[str] = []
    findings: list[PolicyFinding] = []
    broken: list[RuleBreak] = []


class Staging:
    """The staged shards below `root`; `use` says which of them are a run's. `kind` is that of the run that writes."""

    def __init__(
        self, root: Path, dimension: int, names: Iterable[str] = (), kind: str = "run"
    ) -> None:
        self.root = root
        self._kind = kind
        self.names = sorted(names)
        published = {
            "chunks": chunks_schema(dimension),
            "documents": DOCUMENTS,
            "quarantine": QUARANTINE,
        }
        self.schemas = {name: _nullable(schema) for name, schema in published.items()}

    def use(self, names: Iterable[str]) -> None:
        """The shards that a run is made of, finished or still to be written."""
        self.names = sorted(names)

    def has(self, name: str) -> bool:
        """Whether this shard is finished."""
        return (self.root / name / _MARKER).is_file()

    def write(self, name: str, tables: dict[str, pa.Table], summary: ShardSummary) -> None:
        """Stage a finished shard: it is there whole or not at all, whoever else writes the same."""
        part = self.root / f"{name}.{secrets.token_hex(4)}.{self._kind}{_PART}"
        part.mkdir(parents=True)
        try:
            for table, schema in self.schemas.items():
                with (part / f"{table}.parquet").open("wb") as file:
                    pq.write_table(tables[table].cast(schema), file, compression="zstd")
                    _settle(file.fileno())
            with (part / _MARKER).open("w", encoding="utf-8") as marker:
                marker.write(summary.model_dump_json())
                marker.flush()
                _settle(marker.fileno())
            if not self.has(name):
                part.rename(self.root / name)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def shards(self) -> list[Path]:
        """Folders of this run's shards. Raises `IndexError_` where one is not there."""
        missing = [name for name in self.names if not self.has(name)]
        if missing:
            raise IndexError_(
                f"{len(missing)} of {len(self.names)} staged shards are missing in {self.root}, the first is {missing[0]}; "
                "put them back, or run `vouch doctor --repair`"
            )
        return [self.root / name for name in self.names]

    def summaries(self) -> list[ShardSummary]:
        return [
            ShardSummary.model_validate_json((shard / _MARKER).read_text("utf-8"))
            for shard in self.shards()
        ]

    def frame(self, name: str, columns: Sequence[str]) -> pl.DataFrame:
        """The named columns of all staged rows of a table."""
        return pl.concat(self.frames(name, columns))

    def frames(self, name: str, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """As `frame`, shard by shard, after an empty one."""
        schema = pa.schema([self.schemas[name].field(column) for column in columns])
        yield pl.DataFrame(pl.from_arrow(schema.empty_table()))
        for shard in self.shards():
            yield pl.DataFrame(
                pl.from_arrow(
                    pq.read_table(shard / f"{name}.parquet", columns=list(columns)).cast(schema)
                )
            )

    def batches(self, name: str) -> Iterator[pa.RecordBatch]:
        """All staged rows of a table, batch by batch: memory does not grow with their number."""
        for shard in self.shards():
            for batch in pq.ParquetFile(shard / f"{name}.parquet").iter_batches(batch_size=1024):
                yield batch.cast(self.schemas[name])

    def rows(self, name: str) -> int:
        return sum(pq.read_metadata(shard / f"{name}.parquet").num_rows for shard in self.shards())

    def discard(self) -> None:
        """Remove this run's shards: they are published."""
        for name in self.names:
            shutil.rmtree(self.root / name, ignore_errors=True)

    def remove_leftovers(self, older_than_h: float) -> None:
        """Remove the leftovers."""
        remove_folders(self.leftovers(older_than_h))

    def remove_unfinished(self) -> None:
        """Remove what runs of this kind had only begun to write; only for the one run of it that may be at work."""
        remove_folders(self.root.glob(f"*.{self._kind}{_PART}"))

    def leftovers(self, older_than_h: float) -> list[Path]:
        """Shards and parts of shards that nobody has used for so long, and that are not this run's."""
        limit = time.time() - older_than_h * 3600
        found = sorted(self.root.iterdir()) if self.root.is_dir() else []
        return [
            folder
            for folder in found
            if folder.name not in self.names and folder.stat().st_mtime < limit
        ]


def _nullable(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema])


def _settle(file: int) -> None:
    """On the disk before the marker says so, also after a power cut."""
    os.fsync(file)


def remove_folders(folders: Iterable[Path]) -> None:
    """Remove shards, parts of shards and candidates that nobody wants."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
