"""Repair tables of which files are missing or damaged, so that each can be opened and read.

Rows are kept wherever they can be read. Damaged files are moved aside, into a folder
`damaged-<time>` in the index, and nothing is deleted. In this order, for each table:

1. A version whose manifest is damaged is given up; the newest one that is left becomes the present
   one. A table of which no version is left is made again, empty.
2. Rows of files that cannot be read are given up. Those of files that can be read though they are
   not as they were written are written again.
3. Rows that were given up are taken from the newest older version that is whole, unless a later
   version has removed them.
4. Search indexes are built again.
5. Kept states that need a damaged file are forgotten.

What is missing then, or differs between the tables, are flaws of rows, which the doctor's other
repairs remove: see `vouch.pipeline.operations.doctor`.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from vouch.index.publishing.fence import MayPublish, always
from vouch.index.publishing.search_indexes import create_key_index, create_text_indexes
from vouch.index.store.checksums import CHANGED, Damage, find_damage, record_checksums
from vouch.index.store.lance_files import Fragment, Manifest, TableFiles
from vouch.index.store.reading_trial import can_be_read
from vouch.index.store.staging import in_schema
from vouch.index.store.stored_vectors import as_stored, sound_vectors
from vouch.index.store.tables import (
    KEYS,
    create_table,
    is_in,
    open_table,
    row_schema,
    rows,
    set_merge_key,
    upsert,
)
from vouch.index.vectors.vector_index import current_vector_index, record_vector_index
from vouch.schemas.errors import IndexError_
from vouch.schemas.settings.choices import VectorType
from vouch.storage.location import Location
from vouch.storage.places import location_of

_BATCH_ROWS = 1024
# A file of deletions that deletes nothing, by the ending of its name.
_NO_DELETIONS = {".bin": b"\x3a\x30\x00\x00\x00\x00\x00\x00"}
# Rows of an older version come back only where another table still has their document: else a
# later version has removed it.
_OWNERS = {"chunks": "documents", "documents": "chunks", "quarantine": "documents"}


@dataclass(slots=True)
class FileRepair:
    """What was done.

    Attributes:
        actions: In words.
        documents: Documents of which chunks were in files that were not as they were written: some
            columns have no hash of their own, so that these chunks are made again from the text.
        lost_rows: The tables that have lost rows.
    """

    actions: list[str] = field(default_factory=list)
    documents: set[str] = field(default_factory=set)
    lost_rows: set[str] = field(default_factory=set)


def repair_files(
    place: str | Path | Location,
    dimension: int,
    may_change: MayPublish = always,
    vectors: VectorType = "float32",
) -> FileRepair:
    """Repair the tables of the index in a folder or a bucket.

    The caller must hold the locks of all kinds of run and the publisher's. Readers that have a
    state open that is sound keep it.

    Args:
        place: The folder of the index.
        dimension: Length of the vectors of a chunks table that has to be made again.
        may_change: Raises an error where this process has lost the locks.
        vectors: As what these are stored.

    Raises:
        IndexError_: This user may not read a file.
        StorageError: An object store fails; what is repaired by then is sound.
    """
    location = location_of(place)
    damaged = find_damage(location, thorough=True)
    forbidden = [str(damage) for damage in damaged if damage.forbidden]
    if forbidden:
        raise IndexError_(
            f"{forbidden[0]} ({len(forbidden)} in all), so that nothing is repaired; correct the "
            f"rights of {location}"
        )
    # Files that no run has recorded, as of an index that an earlier version of Vouch made, may be
    # damaged without a sign: then the store fails at them.
    for name in KEYS:
        if not any(damage.table == name for damage in damaged):
            damaged += _unreadable(location, name)
    done = FileRepair()
    aside = location / f"damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    repairs = [
        _TableRepair(location, name, own, aside, done)
        for name in KEYS
        if (own := [damage for damage in damaged if damage.table == name])
    ]
    for repair in repairs:
        may_change()
        repair.give_up_what_is_lost(dimension, vectors)
    for repair in repairs:
        may_change()
        repair.complete_from_older()
    for repair in repairs:
        may_change()
        repair.drop_removed()
        repair.build_indexes()
        repair.forget_states()
    if repairs:
        record_checksums(location, again={damage.table for damage in damaged})
    if next(aside.files(), None):
        done.actions.append(f"damaged files were moved to {aside}")
    return done


def _unreadable(location: Location, name: str) -> list[Damage]:
    """Return every file of rows of a table as changed where the table cannot be read."""
    try:
        for _ in open_table(location, name).search().to_batches():
            pass
    except IndexError_:
        manifests = TableFiles.of(location / f"{name}.lance").manifests()
        newest = manifests[max(manifests)]
        return [Damage(name, file, CHANGED) for file in sorted(newest.row_files if newest else ())]
    return []


class _TableRepair:
    def __init__(
        self,
        location: Location,
        name: str,
        damage: list[Damage],
        aside: Location,
        done: FileRepair,
    ) -> None:
        self._location = location
        self._name = name
        self._table = location / f"{name}.lance"
        self._damaged = {item.file for item in damage}
        self._changed = {item.file for item in damage if item.problem == CHANGED}
        self._aside = aside / self._table.name
        self._done = done
        self._lost_rows = False

    def give_up_what_is_lost(self, dimension: int, vectors: VectorType) -> None:
        """Let the table be opened, with all rows that can be read."""
        self._move_damaged_manifests()
        # Before anything is written: the next version gets the number of one that is lost.
        self._move_dangling_tags()
        if not any(self._files().manifests().values()):
            self._start_again(dimension, vectors)
            return
        newest = self._newest()
        damaged = [part for part in newest.fragments if self._damaged & set(part.files)]
        kept, lost = self._trial(damaged)
        self._give_up(lost)
        if kept:
            self._write_again(kept)

    def _move_damaged_manifests(self) -> None:
        files = self._files()
        lost = {name for name in self._damaged if name.startswith("_versions/")}
        lost |= {
            files.versions[version]
            for version, manifest in files.manifests().items()
            if manifest is None
        }
        for name in lost:
            self._move(name)
        self._damaged -= lost
        if lost:
            self._lost_rows = True
            self._done.lost_rows.add(self._name)
            left = max(self._files().versions, default=None)
            self._report(f"lost versions: {len(lost)}; the newest that is left is {left}")

    def _start_again(self, dimension: int, vectors: VectorType) -> None:
        for file in self._files().present:
            self._move(file)
        self._table.delete()  # folders that are empty now
        create_table(self._location, self._name, dimension, vectors)
        set_merge_key(self._open(), KEYS[self._name])
        self._done.lost_rows.add(self._name)
        self._damaged.clear()
        self._report("it could not be opened, and was made again, empty")

    def _trial(self, fragments: list[Fragment]) -> tuple[list[Fragment], list[Fragment]]:
        """Return the fragments that can be read, though a file has changed, and those that cannot.

        Nobody can say which rows a damaged file of deletions had deleted, so all of them are given
        up: what was removed must not come back.
        """
        kept: list[Fragment] = []
        lost: list[Fragment] = []
        for fragment in fragments:
            deletions = {file for file in fragment.files if file.startswith("_deletions/")}
            is_known = not deletions & self._damaged
            is_there = not set(fragment.files) & (self._damaged - self._changed)
            is_kept = is_known and is_there and can_be_read(self._location, self._name, fragment)
            (kept if is_kept else lost).append(fragment)
        return kept, lost

    def _give_up(self, fragments: list[Fragment]) -> None:
        if not fragments:
            return
        self._lost_rows = True
        self._done.lost_rows.add(self._name)
        for fragment in fragments:
            for name in fragment.files:
                if name.startswith("_deletions/") and name in self._damaged:
                    self._move(name)
                    _write_no_deletions(self._table / name)
        table = self._open()
        before = table.count_rows()
        # The store drops a whole fragment without opening its files.
        table.delete(" OR ".join(fragment.row_ids for fragment in fragments))
        self._report(f"{before - table.count_rows():,} rows cannot be read")

    def _write_again(self, fragments: list[Fragment]) -> None:
        table = self._open()
        schema = row_schema(table)
        ids = [
            (fragment.number << 32) + number
            for fragment in fragments
            for number in range(fragment.rows)
        ]
        documents: set[str] = set()

        def batches() -> Iterator[pa.RecordBatch]:
            for part in _taken(table, ids, schema):
                if self._name == "chunks":
                    documents.update(part.column("document_id").to_pylist())
                    yield from part.filter(sound_vectors(part)).to_batches()
                else:
                    yield from part.to_batches()

        upsert(self._open(), pa.RecordBatchReader.from_batches(schema, batches()), KEYS[self._name])
        left = {file for part in self._newest().fragments for file in part.files}
        still = [part for part in fragments if left & set(part.files)]
        if still:  # rows that were not replaced, because a key or the vector was damaged
            self._open().delete(" OR ".join(part.row_ids for part in still))
        self._done.documents |= documents
        self._report(f"{len(ids):,} rows were written again from a file that has changed")

    def complete_from_older(self) -> None:
        """Take the rows that were given up from an older version."""
        older = [
            manifest
            for manifest in self._files().manifests().values()
            if manifest and not manifest.row_files & self._damaged
        ]
        present = self._open()
        whole = [entry for entry in older if entry.version < present.version]
        if not (self._lost_rows and whole):
            return
        past = self._open()
        past.checkout(max(entry.version for entry in whole))
        missing = self._missing(past, present)
        if not len(missing):
            return
        schema = row_schema(present)
        batches = (batch for part in _taken(past, missing, schema) for batch in part.to_batches())
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        upsert(present, reader, KEYS[self._name])
        self._report(f"{len(missing):,} rows came back from version {past.version}")

    def drop_removed(self) -> None:
        """Delete rows of documents that a later version, which is lost, had removed.

        Where a document is removed, so are its chunks; the table that is whole knows.
        """
        owner = _OWNERS.get(self._name)
        if not self._lost_rows or owner is None or owner in self._done.lost_rows:
            return
        whole_table = open_table(self._location, owner)
        ids = set(rows(whole_table, ["document_id"])["document_id"].to_pylist())
        table = self._open()
        whole = "status = 'published' AND chunk_count > 0" if self._name == "documents" else None
        present = set(rows(table, ["document_id"], whole)["document_id"].to_pylist())
        removed = present - ids
        if removed:
            table.delete(is_in("document_id", removed))
            self._report(f"{len(removed):,} documents stay removed, as the other tables say")

    def _missing(self, past: Any, present: Any) -> list[int]:  # noqa: ANN401 - guarded handles
        """Return the ids of the rows of an older version that are to come back."""
        key, owner = KEYS[self._name], _OWNERS.get(self._name)
        columns = list({key, "document_id"} if owner else {key})
        older: pa.Table = past.search().select(columns).with_row_id(True).to_arrow()
        present_keys = rows(present, [key]).column(key).combine_chunks()
        is_missing = pc.invert(pc.is_in(older.column(key), value_set=present_keys))
        if owner:
            table = open_table(self._location, owner)
            documents = rows(table, ["document_id"]).column("document_id").combine_chunks()
            owned = pc.is_in(older.column("document_id"), value_set=documents)
            is_missing = pc.and_(is_missing, owned)
        ids: list[int] = older.filter(is_missing).column("_rowid").to_pylist()
        return ids

    def build_indexes(self) -> None:
        """Drop the indexes of which files are damaged, and build them again."""
        newest = self._newest()
        damaged = {file.split("/")[1] for file in self._damaged if file.startswith("_indices/")}
        names = {name for folder, name in newest.indexes.items() if folder in damaged}
        if names:
            rebuild_indexes(self._location, self._name, names)
            self._report(f"built again: {', '.join(sorted(names))}")

    def forget_states(self) -> None:
        """Move aside the versions that need a damaged file, the tags that name none, and the
        damaged files.
        """
        newest, files = self._newest(), self._files()
        for version, manifest in files.manifests().items():
            is_needed = manifest is None or manifest.row_files & self._damaged
            if version != newest.version and is_needed:
                self._move(files.versions[version])
        self._move_dangling_tags()
        for name in self._damaged:
            if name not in newest.row_files:
                self._move(name)

    def _move_dangling_tags(self) -> None:
        files = self._files()
        left = files.manifests()
        for tag, version in files.tagged_versions().items():
            if version is None or version not in left:
                self._move(files.tags[tag])
                self._damaged.discard(files.tags[tag])
                self._report(f"the state {tag} is not kept any more")

    def _newest(self) -> Manifest:
        manifests = self._files().manifests()
        newest = manifests[max(manifests)]
        if newest is None:
            raise IndexError_(f"{self._table} changed while it was repaired; repair it again")
        return newest

    def _open(self) -> Any:  # noqa: ANN401 - a guarded handle
        return open_table(self._location, self._name)

    def _files(self) -> TableFiles:
        return TableFiles.of(self._table)

    def _move(self, file: str) -> None:
        with suppress(FileNotFoundError):
            (self._table / file).move_to(self._aside / file)

    def _report(self, action: str) -> None:
        self._done.actions.append(f"{self._name}: {action}")


def _taken(table: Any, ids: list[int], schema: pa.Schema) -> Iterator[pa.Table]:  # noqa: ANN401 - a guarded handle
    """Yield the rows with these ids, a bounded number at a time."""
    for start in range(0, len(ids), _BATCH_ROWS):
        taken = table.take_row_ids(ids[start : start + _BATCH_ROWS])
        names = [name for name in schema.names if name in table.schema.names]
        yield in_schema(as_stored(taken.select(names).to_arrow(), schema), schema)


def rebuild_indexes(place: str | Path | Location, name: str, indexes: set[str]) -> None:
    """Drop these indexes of a table, and build them again as they were chosen."""
    table = open_table(place, name)
    vectors = current_vector_index(table) if name == "chunks" else None
    for index in sorted(indexes):
        table.drop_index(index)
    if name == "chunks":
        create_text_indexes(table)
        if vectors is not None and vectors.kind != "exact":
            vectors.build(table)
            record_vector_index(table, vectors)
    elif name == "documents":
        create_key_index(table)


def missing_indexes(place: str | Path | Location, name: str) -> set[str]:
    """Return the indexes of a table's newest version whose files are gone."""
    files = TableFiles.of(location_of(place) / f"{name}.lance")
    newest = max(files.versions, default=0)
    manifest = files.manifests([newest])[newest] if newest else None
    indexes = manifest.indexes.items() if manifest else ()
    return {index for entry, index in indexes if not files.has_index(entry)}


def _write_no_deletions(file: Location) -> None:
    """Write a file of deletions that deletes nothing: the store reads it before it drops rows."""
    content = _NO_DELETIONS.get(PurePosixPath(file.name).suffix)
    if content is None:
        schema = pa.schema([pa.field("row_id", pa.uint32(), nullable=False)])
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, schema) as writer:
            # The store expects one batch, of which a table without rows has none.
            writer.write_batch(pa.RecordBatch.from_pylist([], schema=schema))
        content = sink.getvalue().to_pybytes()
    file.write_bytes(content)
