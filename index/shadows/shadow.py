"""The data of a shadow: tables of its own, beside those of the index.

    <index.path>/shadows/<name>/shadow.json    says which data are the shadow's, and of which state
    <index.path>/shadows/<name>/next.json      likewise, of data that a switch is about to put there
    <index.path>/shadows/<name>/<data>/chunks.lance documents.lance …

No reader of the index sees them. Its documents have no texts, which are those of the index. What
has changed since is seen by their `run_id`, that of the published document that they were made
from, and by the hash of the text. Only one process at a time may write: the caller must hold the
lock of shadows.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

import polars as pl
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError

from vouch.index.publishing.search_indexes import refresh_indexes
from vouch.index.store.publication_columns import Stamp, stamped_chunks, stamped_documents
from vouch.index.store.staging import Staging, in_schema
from vouch.index.store.tables import KEYS, Tables, frame, is_in, row_schema, upsert
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.errors import IndexError_
from vouch.schemas.runs.cost import Spending
from vouch.schemas.settings.choices import VectorType
from vouch.schemas.settings.index import IndexSettings
from vouch.storage.location import Location

FOLDER = "shadows"
_STATE, _NEXT = "shadow.json", "next.json"
_NO_TEXTS = ("canonical_text", "structure")
# Nobody reads older versions, but a search that has begun on one.
_KEEP_VERSIONS = timedelta(hours=1)
_PUBLISHED = "status = 'published'"
_COPIED_ROWS = 1024
_MADE_FROM = ("canonical_sha256", "title", "parse_fingerprint", "check_fingerprint")
"""What a document's chunks are made from, besides the model and the chunking."""


class ShadowState(BaseModel):
    """What the tables of a shadow hold. Its keys are stored and keep their names.

    Attributes:
        data: The folder of its tables.
        embedding_fingerprint: The generation of its vectors.
        chunk_fingerprint: How its chunks are cut.
        model: Its model, for people.
        dimension: Length of its vectors.
        complete: Whether it has been made once as a whole.
        up_to_run: The run whose state it has.
        updated_at: When it was brought up to date.
        spending: What embedding for it has cost, without `working`.
        working: The run that brings it up to date, whose spending is not in `spending` yet; empty
            where none does.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    data: str
    embedding_fingerprint: str
    chunk_fingerprint: str
    model: str
    dimension: int
    complete: bool = False
    up_to_run: str = ""
    updated_at: datetime | None = None
    spending: Spending = Spending()
    working: str = ""


@dataclass(frozen=True, slots=True)
class Shadow:
    """A shadow of the index in a location, by its name. `place` is its folder."""

    name: str
    place: Location

    @classmethod
    def of(cls, index: Location, name: str) -> "Shadow":
        return cls(name, index / FOLDER / name)

    def state(self) -> ShadowState | None:
        """Return what it holds; None where it was never begun."""
        return self._read(_STATE)

    def next_state(self) -> ShadowState | None:
        """Return what a switch is about to put here; None where none does."""
        return self._read(_NEXT)

    def _read(self, name: str) -> ShadowState | None:
        try:
            return ShadowState.model_validate_json((self.place / name).read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise IndexError_(
                f"{self.place / name} is damaged; `vouch shadows remove {self.name}` removes the "
                f"shadow, and `vouch reindex --shadow {self.name}` makes it again"
            ) from error

    def write(self, state: ShadowState) -> None:
        (self.place / _STATE).write_text(state.model_dump_json())

    def tables(self, state: ShadowState, vectors: VectorType = "float32") -> Tables:
        """Open its tables, and create those that are missing: vectors of this type."""
        return Tables.create(self.place / state.data, state.dimension, vectors)

    def replace_by_next(self) -> None:
        """Put what `copy_published` has made in the place of what was here; does nothing where it
        has made nothing.
        """
        coming = self.next_state()
        if coming is None:
            return
        self.write(coming)
        self.drop_next()
        self.remove_leftovers()

    def drop_next(self) -> None:
        """Forget what `copy_published` has made."""
        (self.place / _NEXT).delete()

    def remove_leftovers(self) -> None:
        """Remove data that are neither the shadow's nor about to be."""
        states = (self.state(), self.next_state())
        self._remove_files(keep=[state.data for state in states if state])

    def remove(self) -> int:
        """Remove it; return how many bytes that frees."""
        freed = self.bytes()
        # First: data without it are of no shadow, and are removed by the next attempt.
        self.place.delete_files([_STATE, _NEXT])
        self._remove_files()
        return freed

    def _remove_files(self, keep: Collection[str] = ()) -> None:
        kept = {*keep, _STATE, _NEXT}
        self.place.delete_files(
            file.path for file in self.place.files() if file.path.partition("/")[0] not in kept
        )

    def bytes(self) -> int:
        """Return what its files take."""
        return sum(file.size for file in self.place.files())

    def copy_published(self, published: Tables, state: ShadowState) -> None:
        """Copy the published chunks to here as what `replace_by_next` puts in place."""
        self.drop_next()
        self.remove_leftovers()
        state = state.model_copy(update={"data": token_hex(4)})
        copy = self.tables(state, published.vectors)
        copy.chunks.add(_rows(published, "chunks", row_schema(copy.chunks), ()))
        copy.documents.add(_rows(published, "documents", row_schema(copy.documents), _NO_TEXTS))
        refresh_indexes(copy, IndexSettings())
        (self.place / _NEXT).write_text(state.model_dump_json())


def _rows(
    tables: Tables, name: str, schema: pa.Schema, without: Collection[str]
) -> pa.RecordBatchReader:
    """Return the rows of a published table in the shadow's schema; columns `without` are null."""
    table = getattr(tables, name)
    names = [each for each in schema.names if each not in without and each in table.schema.names]
    query = table.search().select(names)
    if name == "documents":
        query = query.where(_PUBLISHED)

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in query.to_batches(_COPIED_ROWS):
            yield in_schema(batch, schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def shadow_names(index: Location) -> list[str]:
    """Return the names of all shadows that there are data of, whatever the settings name."""
    return (index / FOLDER).folders()


def shadows_of_generation(index: Location, fingerprint: str) -> list[Tables]:
    """Return the tables of the shadows with vectors of this generation."""
    shadows = [Shadow.of(index, name) for name in shadow_names(index)]
    return [
        shadow.tables(state)
        for shadow in shadows
        for state in (shadow.state(), shadow.next_state())
        if state and state.embedding_fingerprint == fingerprint
    ]


@dataclass(frozen=True, slots=True)
class Difference:
    """In what a shadow differs from the published documents: the ids of those that it lacks or has
    in an older state, and of those that it has and that are no longer published.

    `runs` are the runs that published each document.
    """

    stale: frozenset[str]
    gone: frozenset[str]
    runs: Mapping[str, str]

    @property
    def count(self) -> int:
        return len(self.stale) + len(self.gone)


def difference(
    published: Tables, shadow: Tables, embedding_fingerprint: str, chunk_fingerprint: str
) -> Difference:
    """Return in what a shadow differs from what is published now."""
    columns = ("document_id", "run_id", *_MADE_FROM)
    prints = ("embedding_fingerprint", "chunk_fingerprint")
    there = frame(published.documents, columns, _PUBLISHED)
    here = frame(shadow.documents, (*columns, *prints))
    # Rejected ones too: they are not tried again until they, the model or the chunking change.
    current = here.filter(
        (pl.col("embedding_fingerprint") == embedding_fingerprint)
        & (pl.col("chunk_fingerprint") == chunk_fingerprint)
    )
    # A run that chunks or embeds everything again, such as a switch, leaves texts as they are.
    # An index of an early version has no hashes.
    is_same = pl.col("canonical_sha256").is_not_null() & pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(f"{name}_here")) for name in _MADE_FROM
    )
    is_current = (pl.col("run_id") == pl.col("run_id_here")) | is_same
    both = there.join(current, on="document_id", suffix="_here")
    stale = there.join(both.filter(is_current), on="document_id", how="anti")
    gone = here.join(there, on="document_id", how="anti")
    return Difference(
        frozenset(stale["document_id"]),
        frozenset(gone["document_id"]),
        dict(there.select("document_id", "run_id").iter_rows()),
    )


@crossing(Boundary.WRITE_SHADOW)
def write_rows(
    shadow: Tables,
    staging: Staging,
    replaced: Collection[str],
    runs: Mapping[str, str],
    stamp: Stamp,
    settings: IndexSettings,
) -> None:
    """Put the staged rows in the place of those of the documents `replaced`.

    Repeating it gives the same result. Chunks come first: a document whose row says that it is
    current has its chunks.
    """
    delete = is_in("document_id", replaced) if replaced else None
    chunks = stamped_chunks(staging, row_schema(shadow.chunks), stamp)
    upsert(shadow.chunks, chunks, KEYS["chunks"], delete)
    documents = stamped_documents(shadow, staging, stamp, {})

    def rows() -> Iterator[pa.RecordBatch]:
        for batch in documents:
            yield _noting_runs(batch, runs)

    reader = pa.RecordBatchReader.from_batches(documents.schema, rows())
    upsert(shadow.documents, reader, KEYS["documents"], delete)
    refresh_indexes(shadow, settings)
    for table in (shadow.chunks, shadow.documents):
        table.optimize(cleanup_older_than=_KEEP_VERSIONS)


def _noting_runs(batch: pa.RecordBatch, runs: Mapping[str, str]) -> pa.RecordBatch:
    """Return documents without their texts, with the run that published each."""
    ids = batch.column("document_id").to_pylist()
    values: dict[str, Any] = {"run_id": [runs.get(identity, "") for identity in ids]}
    values |= {name: [None] * len(ids) for name in _NO_TEXTS}
    for name, column in values.items():
        place = batch.schema.get_field_index(name)
        field = batch.schema.field(name)
        batch = batch.set_column(place, field, pa.array(column, field.type))
    return batch
