"""Folders and buckets keep the same promises; buckets are those of a real server."""

import hashlib
import os
import pickle
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.object_store import ObjectStore
from vouch.schemas.errors import StorageError
from vouch.storage.location import Location, delete_all
from vouch.storage.places import location_of


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    if request.param == "folder":
        yield location_of(tmp_path / "place")
    else:
        running: ObjectStore = request.getfixturevalue("store")
        yield running.location() / "place"


def test_a_file_is_written_read_replaced_and_deleted(place: Location) -> None:
    file = place / "a/b.txt"
    with pytest.raises(FileNotFoundError):
        file.read_bytes()
    assert not file.is_file()
    file.write_text("één")
    file.write_text("two")
    assert file.is_file()
    assert file.read_text() == "two"
    with file.open() as opened:
        opened.seek(1)
        assert opened.read() == b"wo"
    file.delete()
    file.delete()
    assert not file.is_file()


def test_a_file_is_written_from_an_open_one_of_any_size(place: Location, tmp_path: Path) -> None:
    content = bytes(range(256)) * 50_000  # more than one part of an upload
    (tmp_path / "large").write_bytes(content)
    with (tmp_path / "large").open("rb") as file:
        (place / "a/copy").write_from(file)
    assert (place / "a/copy").read_bytes() == content


def test_lists_files_at_any_depth_and_folders(place: Location) -> None:
    assert list(place.files()) == []
    assert place.folders() == []
    for name in ("x/1", "x/y/2", "z/3", "4"):
        (place / name).write_bytes(name.encode())
    assert {(file.path, file.size) for file in place.files()} == {
        ("x/1", 3), ("x/y/2", 5), ("z/3", 3), ("4", 1)
    }  # fmt: skip
    assert place.folders() == ["x", "z"]
    assert [file.path for file in (place / "x/y").files()] == ["2"]
    # What merely begins alike is another folder.
    (place / "xx/5").write_bytes(b"")
    (place / "x").delete()
    assert place.folders() == ["xx", "z"]
    delete_all([place / "xx", place / "z", place / "none"])
    assert [file.path for file in place.files()] == ["4"]


def test_files_are_deleted_by_their_paths(place: Location) -> None:
    for name in ("x/y/1", "x/2", "z/3"):
        (place / name).write_bytes(b"")
    place.delete_files([])
    place.delete_files(["x/y/1", "z/3", "none"])
    assert place.folders() == ["x"]
    assert [file.path for file in place.files()] == ["x/2"]


def test_parts_of_a_file_and_its_hash(place: Location) -> None:
    file = place / "file"
    file.write_bytes(b"0123456789")
    assert file.read_range(2, 4) == b"23"
    assert file.read_range(7, 99) == b"789"
    assert file.read_range(3, 3) == b""
    assert file.sha256() == hashlib.sha256(b"0123456789").hexdigest()
    for read in (lambda: (place / "none").read_range(0, 1), (place / "none").sha256):
        with pytest.raises(FileNotFoundError):
            read()


def test_a_file_is_moved(place: Location) -> None:
    (place / "a/file").write_bytes(b"content")
    (place / "a/file").move_to(place / "b/c/file")
    assert [file.path for file in place.files()] == ["b/c/file"]
    assert (place / "b/c/file").read_bytes() == b"content"
    with pytest.raises(FileNotFoundError):
        (place / "a/file").move_to(place / "d")


def test_folders_that_nobody_may_look_into(tmp_path: Path) -> None:
    place = location_of(tmp_path)
    (place / "open/file").write_bytes(b"")
    (place / "closed/file").write_bytes(b"")
    assert place.closed_folders() == []
    (tmp_path / "closed").chmod(0o400)
    try:
        expected = [] if os.access(tmp_path / "closed", os.X_OK) else ["closed"]  # as root
        assert place.closed_folders() == expected
        assert {file.path for file in place.files()} >= {"open/file"}
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_a_version_changes_with_the_content(place: Location) -> None:
    file = place / "file"
    file.write_bytes(b"one")
    _, first = file.read_versioned()
    file.write_bytes(b"three")
    content, second = file.read_versioned()
    assert content == b"three"
    assert first != second == file.stat().version


def test_one_of_many_creates_a_file(place: Location) -> None:
    file = place / "marker"
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda number: file.create(str(number).encode()), range(8)))
    assert sum(created) == 1
    assert file.read_text() == str(created.index(True))


def test_who_creates_the_same_content_again_has_created_it(place: Location) -> None:
    assert (place / "marker").create(b"attempt 1")
    assert (place / "marker").create(b"attempt 1")
    assert not (place / "marker").create(b"attempt 2")


def test_one_of_many_replaces_an_object(store: ObjectStore) -> None:
    file = store.location() / "lease"
    file.write_bytes(b"free")
    _, version = file.read_versioned()
    with ThreadPoolExecutor(8) as pool:
        versions = list(
            pool.map(lambda number: file.replace(str(number).encode(), version), range(8))
        )
    assert len([version for version in versions if version]) == 1
    newest = next(version for version in versions if version)
    assert file.replace(b"last", version) is None
    assert file.replace(b"last", newest)
    assert file.read_bytes() == b"last"
    file.delete()
    assert file.replace(b"gone", newest) is None


def test_a_location_can_be_pickled_and_compared(place: Location) -> None:
    (place / "file").write_bytes(b"content")
    again = pickle.loads(pickle.dumps(place / "file"))
    assert again == place / "file"
    assert hash(again) == hash(place / "file")
    assert again.read_bytes() == b"content"


def test_secrets_are_not_shown(store: ObjectStore) -> None:
    location = store.location()
    assert store.options["secret_access_key"] not in f"{location!r}{location}"


def test_a_refused_request_is_explained(store: ObjectStore) -> None:
    url = store.bucket()
    wrong = location_of(url, store.options | {"secret_access_key": "another"}) / "file"
    with pytest.raises(StorageError, match=r"give its user the right.*storage\.options"):
        wrong.write_bytes(b"")


def test_a_missing_bucket_is_explained(store: ObjectStore) -> None:
    place = location_of("s3://no-such-bucket/index", store.options)
    with pytest.raises(StorageError, match="its bucket does not exist; make it, or correct"):
        list(place.files())


def test_a_server_without_tls_is_explained() -> None:
    options = {"endpoint": "http://127.0.0.1:9", "access_key_id": "a", "secret_access_key": "b"}
    with pytest.raises(StorageError, match="set allow_http: true"):
        (location_of("s3://bucket", options) / "file").write_bytes(b"")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    # Of the second one, this server would guess that it is a page.
    [("report.html", b"1", "text/html; charset=utf-8"), ("a.json", b"<p>", "application/json")],
)
def test_a_browser_learns_what_an_object_is(
    store: ObjectStore, name: str, content: bytes, kind: str
) -> None:
    file = store.location() / "a b" / name
    file.write_bytes(content)
    with urllib.request.urlopen(file.signed_link(), timeout=60) as answer:
        assert (answer.read(), answer.headers["Content-Type"]) == (content, kind)


def test_a_file_of_this_machine_is_opened_by_its_path(tmp_path: Path) -> None:
    assert location_of(tmp_path / "a b.html").signed_link() == f"file://{tmp_path}/a%20b.html"


def test_an_unknown_option_is_explained() -> None:
    with pytest.raises(StorageError, match=r"storage\.options"):
        location_of("s3://bucket/folder", {"no_such_option": "1"})


def test_a_file_of_this_machine_is_for_its_owner(tmp_path: Path) -> None:
    (location_of(tmp_path) / "new/file").write_bytes(b"")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_folder_in_the_way_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        (location_of(tmp_path) / "file").write_bytes(b"")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
