"""The LanceDB tables of one index: opened, or made with explicit schemas."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import polars as pl
import pyarrow as pa
from lancedb.expr import Expr, col
from lancedb.table import Table

from vouch.embedders.model import Vectors
from vouch.schemas.arrow import DOCUMENTS, GENERATIONS, QUARANTINE, RUNS, chunks_schema
from vouch.schemas.errors import IndexError_

# The key of each table; LanceDB keeps concurrent merges from inserting one twice.
KEYS = {
    "chunks": "chunk_id",
    "documents": "document_id",
    "quarantine": "quarantine_id",
    "runs": "run_id",
    "generations": "embedding_fingerprint",
}
_UNDELETED = timedelta(
    days=36_500
)  # optimize() compacts and updates the indexes; old versions are retention's business
_PASSES = 8  # of them; three have always been enough
_SCHEMAS = {
    "documents": DOCUMENTS,
    "quarantine": QUARANTINE,
    "runs": RUNS,
    "generations": GENERATIONS,
}


@dataclass(frozen=True, slots=True)
class Tables:
    """Handles on the tables of the index in a folder. Handles do not refresh: see `latest`."""

    folder: Path
    chunks: Table
    documents: Table
    quarantine: Table
    runs: Table
    generations: Table

    @classmethod
    def open(cls, folder: Path) -> "Tables":
        """Raises `IndexError_` where there is no index."""
        missing = set(KEYS)
        if folder.is_dir():
            database = lancedb.connect(folder)
            missing -= set(database.list_tables().tables)
        if missing:
            raise IndexError_(
                f"there is no index in {folder}; run `vouch ingest` first, or correct index.path"
            )
        return cls(folder, **{name: database.open_table(name) for name in KEYS})

    @classmethod
    def create(cls, folder: Path, dimension: int) -> "Tables":
        """Open the index, making what is not there; `dimension` is that of the vectors of a new one."""
        folder.mkdir(parents=True, exist_ok=True)
        database = lancedb.connect(folder)
        for name in sorted(set(KEYS) - set(database.list_tables().tables)):
            database.create_table(name, schema=schema_of(name, dimension))
        tables = cls.open(folder)
        tables._bring_up_to_date()
        return tables

    def require_current(self) -> "Tables":
        """Raise `IndexError_` for an index that lacks columns which joined the schema later."""
        for name in KEYS:
            missing = set(schema_of(name, self.dimension).names) - set(
                getattr(self, name).schema.names
            )
            if missing:
                raise IndexError_(
                    f"the index in {self.folder} was made by an earlier version of Vouch (no column {min(missing)}); the next "
                    "`vouch ingest` brings it up to date"
                )
        return self

    def latest(self) -> "Tables":
        """Let every handle see the newest version."""
        for name in KEYS:
            getattr(self, name).checkout_latest()
        return self

    def versions(self) -> dict[str, int]:
        """The version of each published table."""
        return {name: getattr(self, name).version for name in ("chunks", "documents", "quarantine")}

    @property
    def dimension(self) -> int:
        """Of the published vectors."""
        size: int = self.chunks.schema.field("vector").type.list_size
        return size

    def _bring_up_to_date(self) -> None:
        """Columns that joined the schema since the index was made, and keys of tables that were just made."""
        for name, key in KEYS.items():
            table: Table = getattr(self, name)
            fresh = [
                field
                for field in schema_of(name, self.dimension)
                if field.name not in table.schema.names
            ]
            if fresh:
                table.add_columns(pa.schema([field.with_nullable(True) for field in fresh]))
            set_merge_key(table, key)


def schema_of(name: str, dimension: int) -> pa.Schema:
    """Of a table of the index; `dimension` is that of the vectors."""
    return chunks_schema(dimension) if name == "chunks" else _SCHEMAS[name]


def set_merge_key(table: Table, key: str) -> None:
    """Let the store refuse a key that two writers insert at once."""
    if not (table.schema.field(key).metadata or {}):
        table.set_unenforced_primary_key(key)  # type: ignore[attr-defined]


def rows(table: Table, columns: Sequence[str], where: Expr | str | None = None) -> pa.Table:
    """The named columns of all rows that match, as an Arrow table."""
    query = table.search().select(list(columns))
    return (query if where is None else query.where(where)).to_arrow()


def frame(table: Table, columns: Sequence[str], where: Expr | str | None = None) -> pl.DataFrame:
    """As `rows`, as a polars frame."""
    return pl.DataFrame(pl.from_arrow(rows(table, columns, where)))


def frames(table: Table, columns: Mapping[str, str]) -> Iterator[pl.DataFrame]:
    """Columns of all rows by name, each an SQL expression, batch by batch, after an empty frame.

    Dropping a column afterwards frees nothing: a batch of the store is let go of as a whole.
    """
    batches = table.search().select(dict(columns)).to_batches()
    yield pl.DataFrame(pl.from_arrow(batches.schema.empty_table()))
    for batch in batches:
        yield pl.DataFrame(pl.from_arrow(batch))


def dicts(table: Table, where: Expr | str) -> list[dict[str, Any]]:
    """All columns of the rows that match, but the vector."""
    names = [name for name in table.schema.names if name != "vector"]
    found: list[dict[str, Any]] = rows(table, names, where).to_pylist()
    return found


def upsert(table: Table, data: Any, key: str, delete: Expr | None = None) -> None:  # noqa: ANN401 - any Arrow data
    """One commit: rows of `data` updated or inserted by key; rows matching `delete` that are not in it are deleted.

    The index on the key is not used: with one, concurrent inserts of the same key are not seen.
    """
    merge = table.merge_insert(key).when_matched_update_all().when_not_matched_insert_all()
    if delete is not None:
        merge = merge.when_not_matched_by_source_delete(delete)
    merge.use_index(False).execute(data)


def is_in(column: str, values: Iterable[str]) -> Expr:
    """A safe `column IN (values)`."""
    return col(column).isin(sorted(values))


def matrix(column: pa.ChunkedArray | pa.Array) -> Vectors:
    """A column of vectors, shape (rows, dimension); it may share the column's memory, and then cannot be written."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    flat = whole.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, dtype=np.float32).reshape(len(whole), whole.type.list_size)


def compact(table: Table) -> None:
    """Put small fragments together and take new rows up into the table's indexes; no version is lost."""
    table.optimize(cleanup_older_than=_UNDELETED)


def optimize_fully(table: Table) -> None:
    """Until there is nothing left to do: what is indexed apart can be put together only after its indexes were."""
    for _ in range(_PASSES):
        version = table.version
        compact(table)
        if table.version == version:
            return


def fragment_count(table: Table) -> int:
    """How many fragments the table's rows lie in."""
    stats: Any = table.stats()  # typed as an object, given as a dict
    return int(stats["fragment_stats"]["num_fragments"])
