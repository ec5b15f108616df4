"""Files sources: what is listed, what a rule keeps out, and what an error on the way means."""

import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest

from vouch.schemas.errors import SourceRefused
from vouch.schemas.records import Listing, Reason
from vouch.schemas.settings import FilesSource
from vouch.sources.registry import open_source


def listing(folder: Path, path: str = ".", **settings) -> Listing:
    return open_source(FilesSource(name="docs", path=path, **settings), folder).list()


def uris(found: Listing) -> list[str]:
    return sorted(item.uri for item in found.items)


def rules(found: Listing) -> dict[str, str]:
    return {filtered.item.uri: filtered.rule for filtered in found.filtered}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.md", "b.txt", "deep/er/c.md", ".hidden", ".git/config", "drafts/d.md"):
        file = tmp_path / "root" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"text of {name}")
    return tmp_path / "root"


def test_a_folder_is_listed_whole_but_for_what_is_hidden(folder: Path):
    found = listing(folder)
    assert found.complete
    assert uris(found) == ["a.md", "b.txt", "deep/er/c.md", "drafts/d.md"]
    assert rules(found) == {".hidden": Reason.HIDDEN, ".git": Reason.HIDDEN}


def test_hidden_files_are_taken_when_asked_for(folder: Path):
    assert {".hidden", ".git/config"} <= set(uris(listing(folder, hidden=True)))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"include": ("*.md",)}, ["a.md", "deep/er/c.md", "drafts/d.md"]),
        ({"include": ("/*.md",)}, ["a.md"]),
        ({"include": ("deep/**",)}, ["deep/er/c.md"]),
        ({"exclude": ("drafts/", "*.txt")}, ["a.md", "deep/er/c.md"]),
        ({"path": "./**/*.md"}, ["a.md", "deep/er/c.md", "drafts/d.md"]),
        ({"path": "deep/er/c.md"}, ["c.md"]),
        ({"path": "deep"}, ["er/c.md"]),
    ],
)
def test_patterns(folder: Path, settings: dict, expected: list[str]):
    assert uris(listing(folder, **settings)) == expected


def test_what_is_excluded_or_too_large_is_filtered_not_forgotten(folder: Path):
    (folder / "big.bin").write_bytes(b"x" * 2000)
    found = listing(folder, exclude=("drafts/",), max_file_mb=0.001, include=("*.md", "*.bin"))
    assert rules(found) == {"drafts/d.md": Reason.EXCLUDED, "big.bin": Reason.TOO_LARGE}


def test_links_that_leave_the_root_and_linked_folders_are_not_followed(folder: Path):
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "out.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "up").symlink_to(folder.parent, target_is_directory=True)
    (folder / "again").symlink_to(folder / "deep", target_is_directory=True)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "inside.txt").symlink_to(folder / "b.txt")
    found = listing(folder)
    assert "inside.txt" in uris(found)
    told = {uri: rule for uri, rule in rules(found).items() if rule is not Reason.HIDDEN}
    assert told == {
        "out.txt": Reason.OUTSIDE_ROOT,
        "up": Reason.OUTSIDE_ROOT,
        "again": Reason.LINKED_FOLDER,
        "loop": Reason.LINKED_FOLDER,
    }


def test_pipes_are_never_opened(folder: Path):
    os.mkfifo(folder / "pipe")
    assert rules(listing(folder))["pipe"] is Reason.SPECIAL_FILE


def test_a_name_that_is_not_unicode_is_told_and_not_read(folder: Path):
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("x")
    found = listing(folder)
    assert rules(found)["caf\\udce9.txt"] is Reason.BAD_NAME


def test_a_folder_that_cannot_be_listed_makes_the_listing_incomplete(folder: Path, monkeypatch):
    from fsspec.implementations.local import LocalFileSystem

    listed = LocalFileSystem.ls

    def ls(self, path, **options):
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(self, path, **options)

    monkeypatch.setattr(LocalFileSystem, "ls", ls)
    found = listing(folder)
    assert not found.complete
    assert "deep could not be listed" in found.problems[0]
    assert "a.md" in uris(found)


def test_a_missing_folder_is_refused_by_name(tmp_path: Path):
    with pytest.raises(SourceRefused, match="there is no folder nowhere"):
        listing(tmp_path, path="nowhere")


def test_a_file_that_is_gone_is_refused_and_not_tried_again(folder: Path):
    with pytest.raises(SourceRefused, match="gone.txt of source docs cannot be read") as raised:
        open_source(FilesSource(name="docs", path="."), folder).fetch("gone.txt")
    assert not raised.value.retryable


@pytest.mark.parametrize("path", ["docs.zip", "zip://::{folder}/docs.zip"])
def test_a_zip_is_a_folder(tmp_path: Path, path: str):
    with zipfile.ZipFile(tmp_path / "docs.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("a/b.txt", (2024, 5, 6, 7, 8, 10)), "hello")
    source = open_source(FilesSource(name="docs", path=path.format(folder=tmp_path)), tmp_path)
    (item,) = source.list().items
    assert (item.uri, item.size) == ("a/b.txt", 5)
    assert item.modified == datetime(2024, 5, 6, 7, 8, 10, tzinfo=UTC)
    assert item.etag
    assert source.fetch("a/b.txt") == b"hello"


def test_memory_is_a_file_system_like_any_other(tmp_path: Path):
    fsspec.filesystem("memory").pipe("/vouch-test/x/y.md", b"# hi")
    source = open_source(FilesSource(name="docs", path="memory://vouch-test"), tmp_path)
    assert uris(source.list()) == ["x/y.md"]
    assert source.fetch("x/y.md") == b"# hi"
