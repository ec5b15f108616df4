"""Staged shards, the checkpoints of a run: immutable Parquet files with a completion marker.

    <work_path>/shards/<name>/<attempt>/chunks.parquet documents.parquet quarantine.parquet
    <work_path>/shards/<name>/_DONE    names the attempt that finished the shard

A shard's name is derived from its inputs (`vouch.pipeline.planning.sharding`), so a run reuses the
shards that an earlier run finished before it was interrupted or rejected. Columns that only the
publishing run can know (its id, the time, the number of attempts) are null here and filled in by
`vouch.index.store.publication_columns`.

Each attempt at a shard writes into a place of its own, and its marker last, where there is none
yet: a crash leaves files that no marker names, never a shard that looks finished and is not. Of two
attempts at once one wins; as both are made from the same inputs, either is right. A folder and a
bucket are treated alike. A table without rows has no file.

Shards that a version until 0.9.0 staged have their files beside the marker.
"""

import hashlib
import io
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.documents.arrow import DOCUMENTS, QUARANTINE, chunks_schema
from vouch.schemas.errors import IndexError_, VouchError
from vouch.schemas.runs.record import (
    LeftOutSummary,
    PolicyFinding,
    RuleBreak,
    StageCost,
    VocabularyCoverage,
)
from vouch.storage.at_once import at_once
from vouch.storage.location import Location, StoredFile
from vouch.storage.places import location_of

_MARKER = "_DONE"
_FILES = ("chunks.parquet", "documents.parquet", "quarantine.parquet")
_BATCH_ROWS = 1024
_AT_ONCE_BYTES = 1 << 20  # a file up to this size is read by one request, a larger one in parts

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
        attempt: The folder of these files in that of the shard; empty where a version until 0.9.0
            staged it, whose files lie beside the marker.
        sizes: Bytes of the shard's files, by name; likewise.
        rows: Number of rows, by table; likewise.
        tokens: Tokens that the model read for the shard; 0 where the run itself has counted them.
        costs: What its stages cost on the worker of a cluster that made it; likewise empty.
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
    attempt: str = ""
    sizes: dict[str, int] = {}
    rows: dict[str, int] = {}
    tokens: int = 0
    costs: list[StageCost] = []


class Staging:
    """The staged shards below a folder or a prefix of a bucket, of which a run uses some.

    Args:
        root: The folder, as a path, URL or location; it need not exist.
        dimension: Length of the vectors.
        names: Names of the shards that the run uses.
        kind: Kind of the run that writes: its unfinished shards are recognized by it.
    """

    def __init__(
        self,
        root: str | Path | Location,
        dimension: int,
        names: Iterable[str] = (),
        kind: str = "run",
    ) -> None:
        self.root = location_of(root)
        self._kind = kind
        self.names = sorted(names)
        # Markers as they were read: as text, because there may be tens of thousands.
        self._markers: dict[str, bytes] = {}
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
        """Return the same place with the shards of a run, finished or still to be written."""
        staging = copy(self)
        staging.names = sorted(names)
        return staging

    def has(self, name: str) -> bool:
        """Return whether this shard is finished, and as it was written.

        One that is not can be made again from its inputs.
        """
        summary = self.summary_of(name)
        if summary is None:
            return False
        present = {f"{name}/{file.path}": file.size for file in (self.root / name).files()}
        return self._is_whole(name, summary, present)

    def finished(self, names: Iterable[str]) -> set[str]:
        """Return those of these shards that are finished, and as they were written.

        A folder's files are all read; in a bucket sizes are compared, because the store itself sees
        to it that what it returns is what was written. One list serves all.
        """
        present = {file.path: file.size for file in self.root.files()}

        def is_whole(name: str) -> bool:
            summary = self.summary_of(name)
            return summary is not None and self._is_whole(name, summary, present)

        marked = [name for name in names if f"{name}/{_MARKER}" in present]
        whole = at_once(is_whole, marked)
        return {name for name, is_one in zip(marked, whole, strict=True) if is_one}

    @crossing(Boundary.STAGE)
    def write(self, name: str, tables: Mapping[str, pa.Table], summary: ShardSummary) -> None:
        """Stage a finished shard, completely or not at all.

        If another attempt has finished the same shard meanwhile, that one is kept.
        """
        attempt = f"{self._kind}-{token_hex(4)}"
        files = {
            f"{table}.parquet": _parquet(tables[table].cast(schema))
            for table, schema in self.schemas.items()
            if tables[table].num_rows
        }
        summary = summary.model_copy(
            update={
                "attempt": attempt,
                "files": {file: hashlib.sha256(data).hexdigest() for file, data in files.items()},
                "sizes": {file: len(data) for file, data in files.items()},
                "rows": {table: tables[table].num_rows for table in self.schemas},
            }
        )
        paths = [f"{name}/{attempt}/{file}" for file in files]
        try:
            for path, data in zip(paths, files.values(), strict=True):
                with crossing(Boundary.SYNC_SHARD_FILE):
                    (self.root / path).write_bytes(data)
        except BaseException:
            with suppress(VouchError, OSError):
                self.root.delete_files(paths)
            raise
        marker, content = self.root / name / _MARKER, summary.model_dump_json().encode()
        with crossing(Boundary.SYNC_SHARD_FILE):
            is_first = marker.create(content)
        if is_first:
            return
        if self.has(name):
            self.root.delete_files(paths)
        else:  # damaged, or files of it were removed
            marker.write_bytes(content)
            self._markers.pop(name, None)  # the old one, which was read to find the damage

    def refuse_damaged(self) -> None:
        """Raise `IndexError_` where a shard is missing, unfinished or damaged: see `finished`."""
        self._refuse(set(self.names) - self.finished(self.names))

    def _is_whole(self, name: str, summary: ShardSummary, present: Mapping[str, int]) -> bool:
        """Return whether all files of a shard are as its marker says; `present` are sizes by path
        below the root.
        """
        for file, size in _expected(summary).items():
            path = _path(name, summary, file)
            if path not in present or size not in (None, present[path]):
                return False
            expected = summary.files.get(file)
            if self.root.is_local and expected is not None and self._sha256(path) != expected:
                return False
        return True

    def _sha256(self, path: str) -> str | None:
        """Return the hash of a file below the root; None where it cannot be read."""
        try:
            return (self.root / path).sha256()
        except OSError:
            return None

    def _refuse(self, damaged: Collection[str]) -> None:
        if damaged:
            raise IndexError_(
                f"{len(damaged)} of {len(self.names)} staged shards are missing or damaged in "
                f"{self.root}, the first is {min(damaged)}; put them back, or let `vouch doctor "
                "--repair` give up what they were for"
            )

    def summaries(self) -> list[ShardSummary]:
        """Return the summaries of this run's shards, in the order of their names.

        Raises:
            IndexError_: A shard is missing or unfinished.
        """
        return [summary for _, summary in self._shards()]

    def _shards(self) -> Iterator[tuple[str, ShardSummary]]:
        self._read_markers()
        self._refuse([name for name in self.names if name not in self._markers])
        for name in self.names:
            yield name, ShardSummary.model_validate_json(self._markers[name])

    def _read_markers(self) -> None:
        """Read the markers of finished shards that have not been read yet, several at once."""
        at_once(self.summary_of, [name for name in self.names if name not in self._markers])

    def summary_of(self, name: str) -> ShardSummary | None:
        """Return the summary of a shard as its marker says now; None where it is unfinished."""
        self._markers.pop(name, None)
        try:
            content = (self.root / name / _MARKER).read_bytes()
            summary = ShardSummary.model_validate_json(content)
        except (OSError, ValueError):  # missing, or damaged
            return None
        self._markers[name] = content
        return summary

    def frame(self, name: str, columns: Sequence[str]) -> pl.DataFrame:
        """Return the named columns of all staged rows of a table."""
        return pl.concat(self.frames(name, columns))

    def frames(self, name: str, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield an empty frame with the schema, then one frame per shard that has rows."""
        schema = pa.schema([self.schemas[name].field(column) for column in columns])
        yield pl.DataFrame(pl.from_arrow(schema.empty_table()))
        for shard, summary in self._shards():
            if summary.rows.get(name) != 0:
                with self._parquet_file(shard, summary, name) as file:
                    table = file.read(columns=list(columns))
                yield pl.DataFrame(pl.from_arrow(in_schema(table, schema)))

    def batches(self, name: str) -> Iterator[pa.RecordBatch]:
        """Yield all staged rows of a table in batches: memory does not grow with their number."""
        for shard, summary in self._shards():
            if summary.rows.get(name) != 0:
                with self._parquet_file(shard, summary, name) as file:
                    for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                        yield in_schema(batch, self.schemas[name])

    def rows(self, name: str) -> int:
        """Return the number of staged rows of a table, as the shards' markers say."""
        return sum(self._rows(shard, summary, name) for shard, summary in self._shards())

    def _rows(self, shard: str, summary: ShardSummary, name: str) -> int:
        if name in summary.rows:
            return summary.rows[name]
        with self._parquet_file(shard, summary, name) as file:
            return int(file.metadata.num_rows)

    @contextmanager
    def _parquet_file(
        self, shard: str, summary: ShardSummary, name: str
    ) -> Iterator[pq.ParquetFile]:
        """Open a file of a shard. Raises `IndexError_` where it is missing or damaged."""
        try:
            with self._open(shard, summary, f"{name}.parquet") as content:
                yield pq.ParquetFile(content)
        except (FileNotFoundError, pa.ArrowException):
            self._refuse([shard])

    def _open(self, shard: str, summary: ShardSummary, file: str) -> BinaryIO:
        location = self.root / _path(shard, summary, file)
        if summary.sizes.get(file, _AT_ONCE_BYTES + 1) > _AT_ONCE_BYTES:
            return location.open()
        content = location.read_bytes()
        if hashlib.sha256(content).hexdigest() != summary.files.get(file):
            self._refuse([shard])
        return io.BytesIO(content)

    def discard(self) -> None:
        """Remove this run's shards, after they were published; those that are gone are no error.

        Only what their markers name: another attempt may be writing.
        """
        self._read_markers()
        markers = {name: marker for name in self.names if (marker := self._markers.pop(name, None))}
        summaries = {
            name: ShardSummary.model_validate_json(marker) for name, marker in markers.items()
        }
        self.root.delete_files(
            _path(name, summary, file)
            for name, summary in summaries.items()
            for file in _expected(summary)
        )
        # Last: they say where the files are, should this be cut short.
        self.root.delete_files(f"{name}/{_MARKER}" for name in markers)

    def remove_leftovers(self, older_than_h: float) -> None:
        """Remove the leftovers of earlier runs that are older than this many hours."""
        shards = self._files()
        self.root.delete_files(
            file.path for name in self._leftovers(shards, older_than_h) for file in shards[name]
        )

    def leftovers(self, older_than_h: float) -> list[str]:
        """Return finished and unfinished shards that this run does not use and that are older."""
        return self._leftovers(self._files(), older_than_h)

    def abandoned(self) -> dict[str, list[str]]:
        """Return the files that belong to no finished shard of this run, by their shard, or by the
        attempt at a shard that another one has finished. No run may be writing.
        """
        abandoned: dict[str, list[str]] = {}
        for name, files in self._files().items():
            summary = self.summary_of(name) if name in self.names else None
            kept = {_path(name, summary, file) for file in _expected(summary)} if summary else set()
            for file in files:
                if summary is None:
                    abandoned.setdefault(name, []).append(file.path)
                elif file.path not in kept and file.path != f"{name}/{_MARKER}":
                    abandoned.setdefault(file.path.rpartition("/")[0], []).append(file.path)
        return abandoned

    def remove_unfinished(self) -> None:
        """Remove what runs of this kind left of shards that they did not finish.

        The caller must hold the lock of that kind. A worker that has not heard that its run is over
        may still write such a shard: what it finishes then lacks files, which `has` notices, so
        that the shard is made again.
        """
        own = re.compile(rf"[^/]+/{re.escape(self._kind)}-[0-9a-f]+/")
        self.root.delete_files(
            file.path
            for name, files in self._files().items()
            if all(file.path != f"{name}/{_MARKER}" for file in files)
            for file in files
            if own.match(file.path)
        )

    def _files(self) -> dict[str, list[StoredFile]]:
        """Return all files below the root, by shard."""
        shards: dict[str, list[StoredFile]] = {}
        for file in self.root.files():
            shards.setdefault(file.path.partition("/")[0], []).append(file)
        return shards

    def _leftovers(
        self, shards: Mapping[str, Iterable[StoredFile]], older_than_h: float
    ) -> list[str]:
        limit = datetime.now(UTC) - timedelta(hours=older_than_h)
        return sorted(
            name
            for name, files in shards.items()
            if name not in self.names and all(file.modified < limit for file in files)
        )


def _expected(summary: ShardSummary) -> dict[str, int | None]:
    """Return the sizes of a shard's files by name; None for those of an old one."""
    return {**summary.sizes} if summary.attempt else dict.fromkeys(_FILES)


def _path(shard: str, summary: ShardSummary, file: str) -> str:
    """Return the path of a shard's file below the root."""
    return "/".join(part for part in (shard, summary.attempt, file) if part)


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def in_schema(rows: Rows, schema: pa.Schema) -> Rows:
    """Return rows with the columns of the schema; those that an earlier version of Vouch, which
    wrote them, did not have are null.
    """
    missing = [name for name in schema.names if name not in rows.schema.names]
    for name in missing:
        rows = rows.append_column(name, pa.nulls(rows.num_rows, schema.field(name).type))
    return rows.select(schema.names).cast(schema)


def remove_folders(folders: Iterable[Path]) -> None:
    """Remove folders of shards or candidates; one that another process removes is no error."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
