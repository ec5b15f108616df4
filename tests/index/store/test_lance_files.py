"""What is read of manifests and tags, compared with what the store says of the same table."""

from contextlib import suppress
from pathlib import Path

import hypothesis.strategies as st
import lancedb
import pyarrow as pa
import pytest
from hypothesis import given
from lancedb.index import FTS
from lancedb.table import Table

from vouch.index.store.lance_files import TableFiles, is_cut_off, read_manifest


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """A table with fragments, deletions, an index and a tag."""
    folder = tmp_path_factory.mktemp("lance")
    rows = pa.table({"key": [f"k{number}" for number in range(40)], "text": ["some words"] * 40})
    table = lancedb.connect(folder).create_table("t", rows.slice(0, 10))
    table.add(rows.slice(10))
    table.delete("key IN ('k1', 'k12', 'k13')")
    table.create_index("text", config=FTS(), name="text_idx")
    table.tags.create("first", 2)
    return table


@pytest.fixture(scope="module")
def folder(table: Table) -> Path:
    return Path(str(table.uri))  # type: ignore[attr-defined]


def test_versions_tags_and_indexes_are_those_of_the_store(table: Table, folder: Path):
    versions = [version["version"] for version in table.list_versions()]
    files = TableFiles.of(folder)
    manifests = files.manifests()
    assert sorted(manifests) == sorted(files.versions) == sorted(versions)
    assert files.tagged_versions() == {"first": 2}
    newest = manifests[table.version]
    assert newest is not None
    assert set(newest.indexes.values()) == {index.name for index in table.list_indices()}
    for entry in newest.indexes:
        assert files.has_index(entry)


def test_row_ids_of_a_fragment_select_its_rows(table: Table, folder: Path):
    newest = TableFiles.of(folder).manifests()[table.version]
    assert newest is not None
    selected = [
        table.search().where(fragment.row_ids).to_arrow().num_rows for fragment in newest.fragments
    ]
    assert [fragment.rows for fragment in newest.fragments] == [10, 30]
    assert selected == [9, 28]


def test_every_file_of_rows_is_named_and_ends_as_its_kind_does(table: Table, folder: Path):
    named: set[str] = set()
    for manifest in TableFiles.of(folder).manifests().values():
        assert manifest is not None
        named |= manifest.row_files
    present = {
        file.relative_to(folder).as_posix()
        for kind in ("data", "_deletions")
        for file in (folder / kind).iterdir()
    }
    assert named == present
    files = TableFiles.of(folder)
    assert not any(is_cut_off(files.location / name, files.present[name].size) for name in named)


@given(place=st.floats(0, 1), byte=st.integers(0, 255), keep=st.floats(0, 1))
def test_a_damaged_manifest_is_read_or_refused(folder: Path, place: float, byte: int, keep: float):
    files = TableFiles.of(folder)
    sound = (files.location / files.versions[max(files.versions)]).read_bytes()
    data = bytearray(sound[: int(keep * len(sound))])
    if data:
        data[min(len(data) - 1, int(place * len(data)))] = byte
    with suppress(ValueError):
        read_manifest(bytes(data))
