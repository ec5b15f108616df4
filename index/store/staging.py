"""Staged shards, the checkpoints of a run: immutable Parquet files with a completion marker.

    <work_path>/shards/<name>/chunks.parquet documents.parquet quarantine.parquet _DONE

A shard's name is derived from its inputs (`vouch.pipeline.planning.sharding`), so a run reuses the
shards that an earlier run finished before it was interrupted or rejected. Columns that only the
publishing run can know (its id, the time, the number of attempts) are null here and filled in by
`vouch.index.store.publication_columns`.

A shard is written to a folder of its own, synced, and renamed when it is complete: a crash leaves
a folder that ends in `.part`, never a shard that looks finished and is not.
"""

import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from vouch.index.store.checksums import sha256_file
from vouch.schemas.arrow import DOCUMENTS, QUARANTINE, chunks_schema
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.errors import IndexError_
from vouch.schemas.private_folder import make_private_folder
from vouch.schemas.run import LeftOutSummary, PolicyFinding, RuleBreak, VocabularyCoverage

_MARKER = "_DONE"
_PART = ".part"
_BATCH_ROWS = 1024

Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)


class ShardSummary(BaseModel):
    """The content of a shard's completion marker. Its keys are stored and keep their names.

    Attributes:
        produced: Chunks that the chunker made.
        refused: Of these, chunks that broke a contract.
        vectors_computed: Vectors that the model computed.
        vectors_reused: Vectors that were taken from the index or from this run's cache.
        touched: Documents whose content turned out to be the indexed one.
        marked: Documents that are no longer listed and kept until their grace period ends.
        findings: What the content policy detected.
        broken: Rules of a source's contract that were broken and do not quarantine.
        left_out: What parsers read and is not searched; nothing in those of a version until 0.8.0.
        vocabulary: How much of the embedded texts the model's vocabulary covers; likewise.
        files: SHA-256 of the shard's files, by name; a version until 0.7.0 recorded none.
    """

    produced: int = 0
    refused: int = 0
    vectors_computed: int = 0
    vectors_reused: int = 0
    touched: list[str] = []
    marked: list[str] = []
    findings: list[PolicyFinding] = []
    broken: list[RuleBreak] = []
    left_out: LeftOutSummary = LeftOutSummary()
    vocabulary: list[VocabularyCoverage] = []
    files: dict[str, str] = {}


class Staging:
    """The staged shards below a folder, of which a run uses some.

    Args:
        root: The folder; it need not exist.
        dimension: Length of the vectors.
        names: Names of the shards that the run uses.
        kind: Kind of the run that writes: its unfinished shards are recognized by it.
    """

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
        # Columns that the publishing run fills in are required there, and null here.
        self.schemas = {
            name: pa.schema([field.with_nullable(True) for field in schema])
            for name, schema in published.items()
        }

    def of(self, names: Iterable[str]) -> "Staging":
        """Return the same folder with the shards of a run, finished or still to be written."""
        staging = copy(self)
        staging.names = sorted(names)
        return staging

    def has(self, name: str) -> bool:
        """Return whether this shard is finished, and as it was written.

        One that is not can be made again from its inputs.
        """
        shard = self.root / name
        try:
            summary = ShardSummary.model_validate_json((shard / _MARKER).read_bytes())
            for table in self.schemas:
                file = shard / f"{table}.parquet"
                if not file.is_file():
                    return False
                expected = summary.files.get(file.name)
                if expected is not None and sha256_file(file) != expected:
                    return False
        except (OSError, ValueError):
            return False
        return True

    @crossing(Boundary.STAGE)
    def write(self, name: str, tables: dict[str, pa.Table], summary: ShardSummary) -> None:
        """Stage a finished shard, completely or not at all.

        If another process has finished the same shard meanwhile, that one is kept.
        """
        part = self.root / f"{name}.{secrets.token_hex(4)}.{self._kind}{_PART}"
        make_private_folder(part)
        files: dict[str, str] = {}
        try:
            for table, schema in self.schemas.items():
                with (part / f"{table}.parquet").open("wb") as file:
                    pq.write_table(tables[table].cast(schema), file, compression="zstd")
                    _sync(file.fileno())
                files[f"{table}.parquet"] = sha256_file(part / f"{table}.parquet")
            summary = summary.model_copy(update={"files": files})
            with (part / _MARKER).open("w", encoding="utf-8") as marker:
                marker.write(summary.model_dump_json())
                marker.flush()
                _sync(marker.fileno())
            # The name is derived from the inputs, so both contents are equal.
            if not self.has(name):
                remove_folders([self.root / name])  # a damaged one
                part.rename(self.root / name)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def shards(self) -> list[Path]:
        """Return the folders of this run's shards.

        Raises:
            IndexError_: A shard is missing or unfinished.
        """
        self._refuse([name for name in self.names if not (self.root / name / _MARKER).is_file()])
        return [self.root / name for name in self.names]

    def refuse_damaged(self) -> None:
        """Raise `IndexError_` where a shard is missing, unfinished or damaged; all are read."""
        self._refuse([name for name in self.names if not self.has(name)])

    def _refuse(self, damaged: list[str]) -> None:
        if damaged:
            raise IndexError_(
                f"{len(damaged)} of {len(self.names)} staged shards are missing or damaged in "
                f"{self.root}, the first is {damaged[0]}; put them back, or let `vouch doctor "
                "--repair` give up what they were for"
            )

    def summaries(self) -> list[ShardSummary]:
        """Return the summaries of this run's shards."""
        markers = [(shard / _MARKER).read_text("utf-8") for shard in self.shards()]
        return [ShardSummary.model_validate_json(marker) for marker in markers]

    def frame(self, name: str, columns: Sequence[str]) -> pl.DataFrame:
        """Return the named columns of all staged rows of a table."""
        return pl.concat(self.frames(name, columns))

    def frames(self, name: str, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield an empty frame with the schema, then one frame per shard."""
        schema = pa.schema([self.schemas[name].field(column) for column in columns])
        yield pl.DataFrame(pl.from_arrow(schema.empty_table()))
        for shard in self.shards():
            table = pq.ParquetFile(shard / f"{name}.parquet").read(columns=list(columns))
            yield pl.DataFrame(pl.from_arrow(_of_schema(table, schema)))

    def batches(self, name: str) -> Iterator[pa.RecordBatch]:
        """Yield all staged rows of a table in batches: memory does not grow with their number."""
        for shard in self.shards():
            file = pq.ParquetFile(shard / f"{name}.parquet")
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                yield _of_schema(batch, self.schemas[name])

    def rows(self, name: str) -> int:
        """Return the number of staged rows of a table, from the files' metadata."""
        return sum(pq.read_metadata(shard / f"{name}.parquet").num_rows for shard in self.shards())

    def discard(self) -> None:
        """Remove this run's shards, after they were published."""
        remove_folders(self.root / name for name in self.names)

    def remove_leftovers(self, older_than_h: float) -> None:
        """Remove the leftovers of earlier runs that are older than this many hours."""
        remove_folders(self.leftovers(older_than_h))

    def remove_unfinished(self) -> None:
        """Remove shards that runs of this kind left unfinished.

        The caller must hold the lock of that kind: otherwise a run may still be writing them.
        """
        remove_folders(self.root.glob(f"*.{self._kind}{_PART}"))

    def leftovers(self, older_than_h: float) -> list[Path]:
        """Return finished and unfinished shards that this run does not use and that are older."""
        limit = time.time() - older_than_h * 3600
        folders = sorted(self.root.iterdir()) if self.root.is_dir() else []
        return [
            folder
            for folder in folders
            if folder.name not in self.names and folder.stat().st_mtime < limit
        ]


def _of_schema(rows: Rows, schema: pa.Schema) -> Rows:
    """Return staged rows with the columns of the schema; those that an earlier version of Vouch,
    which staged them, did not have are null.
    """
    missing = [name for name in schema.names if name not in rows.schema.names]
    for name in missing:
        rows = rows.append_column(name, pa.nulls(rows.num_rows, schema.field(name).type))
    return rows.select(schema.names).cast(schema)


def _sync(file: int) -> None:
    """Flush a file to disk: after a power cut no marker may be beside truncated data."""
    with crossing(Boundary.SYNC_SHARD_FILE):
        os.fsync(file)


def remove_folders(folders: Iterable[Path]) -> None:
    """Remove folders of shards or candidates; one that another process removes is no error."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
