"""Damage to the files of tables is found in folders and in buckets, and nothing else is damage."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import lancedb
import pyarrow as pa
import pytest
from lancedb.index import FTS

from tests.object_store import ObjectStore
from tests.store_proxy import Faults, store_proxy
from vouch.index.store.checksums import (
    CHANGED,
    find_damage,
    read_checksums,
    record_checksums,
    refuse_damaged,
)
from vouch.index.store.lance_files import TableFiles
from vouch.index.store.tables import KEYS
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.errors import IndexError_, StorageError
from vouch.storage.location import Location
from vouch.storage.places import location_of

ROWS = pa.table({"key": [f"k{number}" for number in range(40)], "text": ["some words"] * 40})
Damaging = Callable[[Location], None]


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """An index whose tables have files of every kind, and checksums of all of them."""
    if request.param == "folder":
        place = location_of(tmp_path / "index")
    else:
        running: ObjectStore = request.getfixturevalue("store")
        place = running.location() / "index"
    make_index(place)
    record_checksums(place)
    return place


def connect(place: Location) -> lancedb.DBConnection:
    return lancedb.connect(place.url, storage_options=place.options or None)


def make_index(place: Location) -> None:
    """Make all tables, with other rows than Vouch's: damage is found by files alone."""
    for name in KEYS:
        connect(place).create_table(name, ROWS.slice(0, 10))
    chunks = connect(place).open_table("chunks")
    chunks.add(ROWS.slice(10))
    chunks.delete("key IN ('k1', 'k12')")
    chunks.create_index("text", config=FTS(), name="text_idx")
    chunks.tags.create("run-1", chunks.version)
    chunks.add(ROWS.slice(0, 3))


def chunks_files(place: Location) -> TableFiles:
    return TableFiles.of(place / "chunks.lance")


def a_file(place: Location, kind: str) -> str:
    """Return a file of this kind of the table of chunks."""
    files = chunks_files(place)
    if kind == "manifest":
        return files.versions[max(files.versions)]
    newest = files.manifests()[max(files.versions)]
    assert newest is not None
    if kind == "index":
        return next(path for path in sorted(files.present) if path.startswith("_indices/"))
    return next(path for path in sorted(newest.row_files) if path.startswith(kind))


def overwrite(file: Location) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def truncate(file: Location) -> None:
    file.write_bytes(file.read_bytes()[:-3])


DAMAGES: dict[str, Damaging] = {
    "deleted": lambda file: file.delete(),
    "cut off": truncate,
    "overwritten": overwrite,
}


@pytest.mark.parametrize("kind", ["manifest", "data", "_deletions", "index"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found(place: Location, kind: str, damage: str):
    assert find_damage(place, thorough=True) == []
    file = a_file(place, kind)
    DAMAGES[damage](place / "chunks.lance" / file)
    damaged = {(item.table, item.file) for item in find_damage(place, thorough=True)}
    assert ("chunks", file) in damaged
    assert {table for table, _ in damaged} == {"chunks"}
    # In a folder a file of the same size is read by a thorough check only.
    if not (place.is_local and damage == "overwritten"):
        assert ("chunks", file) in {
            (item.table, item.file) for item in find_damage(place, thorough=False)
        }
        with pytest.raises(IndexError_, match=r"is damaged: chunks\.lance.*doctor --repair"):
            refuse_damaged(place)


@pytest.mark.parametrize("content", [b'{"branch": null, "version": 99}', b"{"])
def test_a_tag_that_names_no_version_is_damage(place: Location, content: bytes):
    file = chunks_files(place).tags["run-1"]
    (place / "chunks.lance" / file).write_bytes(content)
    assert [item.file for item in find_damage(place, thorough=False)] == [file]
    (place / "chunks.lance" / file).delete()
    assert find_damage(place, thorough=False) == []


def test_what_a_crash_has_left_unrecorded_is_compared_with_its_kind(place: Location):
    connect(place).open_table("documents").add(ROWS.slice(20))
    assert find_damage(place, thorough=False) == []
    files = TableFiles.of(place / "documents.lance")
    recorded = read_checksums(place)
    assert recorded is not None
    (new,) = (
        path
        for path in files.present
        if path.startswith("data/") and f"documents.lance/{path}" not in recorded
    )
    truncate(place / "documents.lance" / new)
    assert [str(item) for item in find_damage(place, thorough=False)] == [
        f"documents.lance/{new} is cut off"
    ]


def test_versions_that_were_cleaned_up_are_no_damage_and_are_forgotten(place: Location):
    table = connect(place).open_table("chunks")
    table.tags.delete("run-1")
    table.optimize(cleanup_older_than=timedelta(milliseconds=1))
    assert len(chunks_files(place).versions) < 5
    assert find_damage(place, thorough=False) == []  # before it is recorded, as after a crash
    record_checksums(place)
    recorded = read_checksums(place)
    assert recorded is not None
    prefix = "chunks.lance/"
    left = {path.removeprefix(prefix) for path in recorded if path.startswith(prefix)}
    assert left <= chunks_files(place).present.keys()
    assert find_damage(place, thorough=True) == []


def test_a_missing_file_that_a_version_needs_is_not_forgotten(place: Location):
    file = a_file(place, "data")
    (place / "chunks.lance" / file).delete()
    record_checksums(place)
    assert [item.file for item in find_damage(place, thorough=False)] == [file]


def test_branches_are_neither_damage_nor_counted(place: Location):
    before = read_checksums(place)
    table = connect(place).open_table("chunks")
    branch = table.branches.create("candidate-1")
    branch.add(ROWS.slice(5, 5))
    (tree,) = {path.split("/")[1] for path in chunks_files(place).present if "tree/" in path}
    assert tree == "candidate-1"
    assert find_damage(place, thorough=True) == []
    record_checksums(place)
    assert read_checksums(place) == before
    table.branches.delete("candidate-1")
    assert find_damage(place, thorough=False) == []


def test_recording_again_changes_nothing(place: Location):
    before = (place / "checksums.json").read_text()
    record_checksums(place)
    assert (place / "checksums.json").read_text() == before


def copy(source: Location, target: Location) -> None:
    for file in source.files():
        (target / file.path).write_bytes((source / file.path).read_bytes())


@pytest.mark.parametrize("target", ["folder", "bucket"])
def test_an_index_that_was_copied_to_another_place_is_sound(
    place: Location, store: ObjectStore, tmp_path: Path, target: str
):
    elsewhere = location_of(tmp_path / "copy") if target == "folder" else store.location() / "copy"
    copy(place, elsewhere)
    assert find_damage(elsewhere, thorough=True) == []
    record_checksums(elsewhere)
    truncate(elsewhere / "chunks.lance" / a_file(place, "data"))
    assert len(find_damage(elsewhere, thorough=False)) == 1


def test_checksums_of_an_earlier_version_are_read_and_completed(tmp_path: Path):
    place = location_of(tmp_path)
    make_index(place)
    record_checksums(place)
    recorded = read_checksums(place)
    assert recorded is not None
    old = {path: entry[:2] for path, entry in recorded.items() if "_refs/" not in path}
    text = json.dumps(old)
    (place / "checksums.json").write_text(f"{sha256_text(text)}\n{text}")
    overwrite(place / "chunks.lance" / a_file(place, "data"))
    assert [item.problem for item in find_damage(place, thorough=True)] == [CHANGED]
    record_checksums(place)
    assert read_checksums(place) == recorded


def test_a_check_of_a_bucket_costs_two_requests_where_nothing_is_new(store: ObjectStore):
    with store_proxy(store.endpoint) as proxy:
        place = location_of(store.bucket(), store.options_by(proxy.endpoint)) / "index"
        make_index(place)
        record_checksums(place)
        proxy.phase = "check"
        refuse_damaged(place)
        assert sorted(request.operation for request in proxy.requests if request.phase == "check") == [
            "GET", "LIST",
        ]  # fmt: skip
        # A run that writes one row reads what it has written of the table's versions, and no more.
        connect(place).open_table("runs").add(ROWS.slice(0, 1))
        proxy.phase = "record"
        record_checksums(place)
        assert sorted(request.operation for request in proxy.requests if request.phase == "record") == [
            "GET", "GET", "LIST", "PUT",
        ]  # fmt: skip


def test_a_store_that_does_not_answer_is_no_damage(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("vouch.storage.object_store.RETRIES", 0)
    with store_proxy(store.endpoint) as proxy:
        options = store.options_by(proxy.endpoint)
        place = location_of(store.bucket(), options) / "index"
        make_index(place)
        record_checksums(place)
        proxy.faults = Faults(down=True)
        with pytest.raises(StorageError, match="cannot be used"):
            refuse_damaged(place, thorough=True)
