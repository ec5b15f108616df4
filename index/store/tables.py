"""The LanceDB tables of one index: open them, create them with explicit schemas, read and merge.

What takes a `place` takes a folder, a URL or a `Location`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import lancedb
import polars as pl
import pyarrow as pa
from lancedb.db import DBConnection
from lancedb.expr import Expr, col
from lancedb.table import Table

from vouch.index.store.store_errors import Place, guarded, store_errors
from vouch.index.store.stored_vectors import vector_type
from vouch.schemas.documents.arrow import DOCUMENTS, GENERATIONS, QUARANTINE, RUNS, chunks_schema
from vouch.schemas.errors import IndexError_
from vouch.schemas.settings.choices import VectorType
from vouch.storage.location import Location
from vouch.storage.object_store import RETRIES, RETRY_S
from vouch.storage.places import location_of

# The merge key of each table. LanceDB lets only one of two concurrent merges insert a key.
KEYS = {
    "chunks": "chunk_id",
    "documents": "document_id",
    "quarantine": "quarantine_id",
    "runs": "run_id",
    "generations": "embedding_fingerprint",
}
_SCHEMAS = {
    "documents": DOCUMENTS,
    "quarantine": QUARANTINE,
    "runs": RUNS,
    "generations": GENERATIONS,
}
# Columns since 0.9.0, which runs fill: before the first one everything else does without.
_FILLED_BY_RUNS = ("read_chars", "left_out_chars", "part", "source_version", "fields")
# How the store marks a column of JSON, which it keeps as bytes of its own.
_STORED_JSON = {b"ARROW:extension:name": b"lance.json"}
# optimize() also deletes versions that are older than this. Only retention may delete versions,
# because it knows which are tagged or still read.
_KEEP_ALL_VERSIONS = timedelta(days=36_500)
# As patient with an object store as the rest of Vouch: by default three tries take a second.
_PATIENCE = {"client_max_retries": str(RETRIES), "client_retry_timeout": str(RETRY_S)}
_MAX_OPTIMIZE_PASSES = 8  # three have always been enough


@dataclass(frozen=True, slots=True)
class Tables:
    """Handles on the tables of the index in a folder or a bucket.

    A handle stays at the version that it has read: see `latest`.
    """

    location: Location
    chunks: Table
    documents: Table
    quarantine: Table
    runs: Table
    generations: Table

    @classmethod
    def open(cls, place: str | Path | Location) -> "Tables":
        """Open an existing index.

        Raises:
            IndexError_: There is no index in this place, or a table of it is missing or damaged.
            StorageError: The place cannot be used.
        """
        location = location_of(place)
        try:
            # Without a look at each table: on an object store every look is a request.
            if next(location.files(), None) is None:
                raise _absent(location)
            database = _connect(location)
            return cls(location, **{name: _open(database, location, name) for name in KEYS})
        except IndexError_:
            if missing_tables(location) and not has_rows(location):
                raise _absent(location) from None
            raise

    @classmethod
    def create(
        cls, place: str | Path | Location, dimension: int, vectors: VectorType = "float32"
    ) -> "Tables":
        """Open the index, and create the tables and columns that it lacks.

        A new chunks table has vectors of this dimension and type. A table that is missing where
        others have rows is not created: the run would take what was lost for done.

        Raises:
            IndexError_: A table is missing or damaged.
            StorageError: The place cannot be used.
        """
        location = location_of(place)
        try:
            tables = cls.open(location)
        except IndexError_:
            missing = missing_tables(location)
            if not missing or has_rows(location):
                raise
            for name in missing:
                create_table(location, name, dimension, vectors)
            tables = cls.open(location)
        tables._migrate()
        return tables

    def require_current(self) -> "Tables":
        """Return these tables if they have every column of the schema that is read without a run.

        Raises:
            IndexError_: An earlier version of Vouch made the index, and it lacks a column.
        """
        # Generations are read with what they have: without the newest column they are verified.
        for name in KEYS.keys() - {"generations"}:
            present = {*getattr(self, name).schema.names, *_FILLED_BY_RUNS}
            missing = set(schema_of(name, self.dimension).names) - present
            if missing:
                raise IndexError_(
                    f"the index in {self.location} was made by an earlier version of Vouch (no "
                    f"column {min(missing)}); the next `vouch ingest` brings it up to date"
                )
        return self

    def latest(self) -> "Tables":
        """Move every handle to the newest version of its table."""
        for name in KEYS:
            getattr(self, name).checkout_latest()
        return self

    def versions(self) -> dict[str, int]:
        """Return the version of each table that readers see."""
        return {name: getattr(self, name).version for name in ("chunks", "documents", "quarantine")}

    @property
    def dimension(self) -> int:
        """Length of the published vectors."""
        size: int = self.chunks.schema.field("vector").type.list_size
        return size

    @property
    def vectors(self) -> VectorType:
        """As what the published vectors are stored."""
        return vector_type(self.chunks.schema)

    def _migrate(self) -> None:
        """Add columns that joined the schema since the index was made, and set missing keys."""
        for name, key in KEYS.items():
            table: Table = getattr(self, name)
            present = set(table.schema.names)
            schema = schema_of(name, self.dimension)
            new = [field.with_nullable(True) for field in schema if field.name not in present]
            if new:
                table.add_columns(pa.schema(new))
            set_merge_key(table, key)


def _absent(location: Location) -> IndexError_:
    return IndexError_(
        f"there is no index in {location}; run `vouch ingest` first, or correct index.path"
    )


def missing_tables(place: str | Path | Location) -> list[str]:
    """Return the names of the tables that have no folder."""
    present = set(location_of(place).folders())
    return [name for name in KEYS if f"{name}.lance" not in present]


def has_rows(place: str | Path | Location) -> bool:
    """Return whether any table has files of rows; else no run has ever begun to write here."""
    location = location_of(place)
    return any(
        next((location / f"{name}.lance" / "data").files(), None) is not None for name in KEYS
    )


def open_table(place: str | Path | Location, name: str) -> Table:
    """Open one table.

    Raises:
        IndexError_: It is missing or damaged.
        StorageError: The place cannot be used.
    """
    location = location_of(place)
    return _open(_connect(location), location, name)


def create_table(
    place: str | Path | Location, name: str, dimension: int, vectors: VectorType = "float32"
) -> None:
    """Create an empty table; `dimension` and type are those of the vectors of `chunks`."""
    location = location_of(place)
    with store_errors(Place(location, name)):
        _connect(location).create_table(name, schema=schema_of(name, dimension, vectors))


def _connect(location: Location) -> DBConnection:
    options = None if location.is_local else _PATIENCE | location.options
    return lancedb.connect(location.url, storage_options=options)


def _open(database: DBConnection, location: Location, name: str) -> Table:
    place = Place(location, name)
    with store_errors(place):
        return guarded(database.open_table(name), place)


def schema_of(name: str, dimension: int, vectors: VectorType = "float32") -> pa.Schema:
    """Return the schema of a table; `dimension` and type are those of the vectors in `chunks`."""
    return chunks_schema(dimension, vectors) if name == "chunks" else _SCHEMAS[name]


def row_schema(table: Table) -> pa.Schema:
    """Return the schema of rows that are read from a table or written into it.

    That of the table itself says how the store keeps JSON: rows have its text, and what is cast to
    the other is written as damaged JSON.
    """
    return pa.schema(
        field.with_type(pa.json_()).remove_metadata()
        if (field.metadata or {}).items() >= _STORED_JSON.items()
        else field
        for field in table.schema
    )


def set_merge_key(table: Table, key: str) -> None:
    """Make the store detect two writers that insert the same key at the same time."""
    if not (table.schema.field(key).metadata or {}):
        table.set_unenforced_primary_key(key)  # type: ignore[attr-defined]


def rows(table: Table, columns: Sequence[str], where: Expr | str | None = None) -> pa.Table:
    """Return the named columns of all rows that match, as an Arrow table."""
    # A search without a query is a scan of all rows.
    query = table.search().select(list(columns))
    return (query if where is None else query.where(where)).to_arrow()


def frame(table: Table, columns: Sequence[str], where: Expr | str | None = None) -> pl.DataFrame:
    """Return the named columns of all rows that match, as a polars frame."""
    return pl.DataFrame(pl.from_arrow(rows(table, columns, where)))


def frames(
    table: Table, columns: Mapping[str, str], where: Expr | str | None = None
) -> Iterator[pl.DataFrame]:
    """Yield an empty frame with the schema, then all rows that match, batch by batch.

    `columns` maps each name to an SQL expression. Select only what is needed: dropping a column
    afterwards frees no memory, because a batch of the store is freed as a whole.
    """
    # A frame with the schema comes first, so that the parts of an empty table can be joined too.
    query = table.search().select(dict(columns))
    batches = (query if where is None else query.where(where)).to_batches()
    yield pl.DataFrame(pl.from_arrow(batches.schema.empty_table()))
    for batch in batches:
        yield pl.DataFrame(pl.from_arrow(batch))


def copied(some: pl.DataFrame) -> pl.DataFrame:
    """Return rows that keep nothing else in memory: texts are views of the batches that they are
    from, and a batch of the store is freed as a whole.
    """
    return pl.DataFrame(pl.from_arrow(some.to_arrow(compat_level=pl.CompatLevel.oldest())))


def in_parts(parts: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of small frames in frames of about so many rows."""
    waiting: list[pl.DataFrame] = []
    for part in parts:
        waiting.append(part)
        if sum(each.height for each in waiting) >= rows:
            yield pl.concat(waiting)
            waiting = []
    if waiting:
        yield pl.concat(waiting)


def dicts(table: Table, where: Expr | str) -> list[dict[str, Any]]:
    """Return the rows that match as dictionaries, with all columns except the vector."""
    # As a list of Python floats a vector takes more memory than all other columns together.
    names = [name for name in table.schema.names if name != "vector"]
    matching: list[dict[str, Any]] = rows(table, names, where).to_pylist()
    return matching


def upsert(table: Table, data: Any, key: str, delete: Expr | None = None) -> None:  # noqa: ANN401 - any Arrow data
    """Update or insert rows by key, in one commit.

    The same commit deletes rows that match `delete` and are not in `data`.
    """
    merge = table.merge_insert(key).when_matched_update_all().when_not_matched_insert_all()
    if delete is not None:
        merge = merge.when_not_matched_by_source_delete(delete)
    # With an index on the key the store does not detect concurrent inserts of the same key.
    merge.use_index(False).execute(data)


def is_in(column: str, values: Iterable[str]) -> Expr:
    """Return the condition `column IN (values)`, with the values quoted by the store."""
    return col(column).isin(sorted(values))


def compact(table: Table) -> None:
    """Merge small fragments and add new rows to the table's indexes, without losing a version."""
    table.optimize(cleanup_older_than=_KEEP_ALL_VERSIONS)


def optimize_fully(table: Table) -> None:
    """Compact until nothing changes: fragments merge only after their indexes were merged."""
    for _ in range(_MAX_OPTIMIZE_PASSES):
        version = table.version
        compact(table)
        if table.version == version:
            return


def fragment_count(table: Table) -> int:
    """Return the number of fragments that the table's rows lie in."""
    stats: Any = table.stats()  # declared as an object, returned as a dictionary
    return int(stats["fragment_stats"]["num_fragments"])
