"""Files: what is listed, what a rule filters, and what an error makes of the listing."""

import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest

from vouch.schemas.documents.records import Listing, Reason
from vouch.schemas.errors import SourceRefused, SourceUnavailable
from vouch.schemas.settings.sources import FilesSource
from vouch.sources.base import Source
from vouch.sources.registry import open_source


def open_files(folder: Path, path: str = ".", **settings) -> Source:
    return open_source(FilesSource(name="docs", path=path, **settings), folder)


def uris(listing: Listing) -> list[str]:
    return sorted(item.uri for item in listing.items)


def rules(listing: Listing) -> dict[str, str]:
    return {filtered.item.uri: filtered.rule for filtered in listing.filtered}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.md", "b.txt", "deep/er/c.md", ".hidden", ".git/config", "drafts/d.md"):
        file = tmp_path / "root" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"text of {name}")
    return tmp_path / "root"


def test_all_files_but_hidden_ones_are_listed(folder: Path):
    listing = open_files(folder).list()
    assert listing.complete
    assert uris(listing) == ["a.md", "b.txt", "deep/er/c.md", "drafts/d.md"]
    assert rules(listing) == {".hidden": Reason.HIDDEN, ".git": Reason.HIDDEN}


def test_hidden_files_are_listed_where_the_settings_include_them(folder: Path):
    assert {".hidden", ".git/config"} <= set(uris(open_files(folder, hidden=True).list()))


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
def test_patterns_select_files(folder: Path, settings: dict, expected: list[str]):
    assert uris(open_files(folder, **settings).list()) == expected


def test_excluded_and_too_large_files_are_listed_as_filtered(folder: Path):
    (folder / "big.bin").write_bytes(b"x" * 2000)
    settings = {"exclude": ("drafts/",), "max_file_mb": 0.001, "include": ("*.md", "*.bin")}
    listing = open_files(folder, **settings).list()
    assert rules(listing) == {"drafts/d.md": Reason.EXCLUDED, "big.bin": Reason.TOO_LARGE}


def test_links_that_leave_the_root_and_linked_folders_are_not_followed(folder: Path):
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "out.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "up").symlink_to(folder.parent, target_is_directory=True)
    (folder / "again").symlink_to(folder / "deep", target_is_directory=True)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    listing = open_files(folder, exclude=(".*",)).list()
    links = {uri: rule for uri, rule in rules(listing).items() if rule is not Reason.HIDDEN}
    assert links == {
        "out.txt": Reason.OUTSIDE_ROOT,
        "up": Reason.OUTSIDE_ROOT,
        "again": Reason.LINKED_FOLDER,
        "loop": Reason.LINKED_FOLDER,
    }


def test_a_link_within_the_root_has_the_size_of_its_target(folder: Path):
    (folder / "inside.txt").symlink_to(folder / "b.txt")
    sizes = {item.uri: item.size for item in open_files(folder).list().items}
    assert sizes["inside.txt"] == sizes["b.txt"]


def test_a_pipe_is_never_opened(folder: Path):
    os.mkfifo(folder / "pipe")
    (folder / "linked").symlink_to("pipe")
    (folder / "device").symlink_to("/dev/zero")
    filtered = rules(open_files(folder).list())
    assert {filtered[name] for name in ("pipe", "linked", "device")} == {Reason.SPECIAL_FILE}


def test_a_name_that_is_not_utf8_is_filtered(folder: Path):
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("x")
    assert rules(open_files(folder).list())["caf\\udce9.txt"] is Reason.BAD_NAME


def test_a_folder_that_cannot_be_listed_makes_the_listing_incomplete(folder: Path, monkeypatch):
    from fsspec.implementations.local import LocalFileSystem

    ls = LocalFileSystem.ls

    def ls_without_permission(self, path, **options):
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return ls(self, path, **options)

    # Not by file permissions, which do not bind root.
    monkeypatch.setattr(LocalFileSystem, "ls", ls_without_permission)
    listing = open_files(folder).list()
    assert not listing.complete
    assert "deep could not be listed" in listing.problems[0]
    assert "a.md" in uris(listing)


def test_a_missing_file_is_refused_for_good(folder: Path):
    with pytest.raises(SourceRefused, match=r"gone\.txt of source docs cannot be read") as raised:
        open_files(folder).fetch("gone.txt")
    assert not raised.value.retryable


def test_a_read_that_times_out_can_be_retried(folder: Path, monkeypatch):
    from fsspec.implementations.memory import MemoryFileSystem

    def time_out(self, path, mode, **options):
        raise TimeoutError("timed out")

    fsspec.filesystem("memory").pipe("/vouch-slow/a.md", b"# hi")
    monkeypatch.setattr(MemoryFileSystem, "_open", time_out)
    with pytest.raises(
        SourceUnavailable, match=r"a\.md of source docs could not be read this time"
    ):
        open_files(folder, "memory://vouch-slow").fetch("a.md")


@pytest.mark.parametrize("path", ["docs.zip", "zip://::{folder}/docs.zip"])
def test_a_zip_is_a_folder(tmp_path: Path, path: str):
    with zipfile.ZipFile(tmp_path / "docs.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("a/b.txt", (2024, 5, 6, 7, 8, 10)), "hello")
    source = open_files(tmp_path, path.format(folder=tmp_path))
    (item,) = source.list().items
    assert (item.uri, item.size) == ("a/b.txt", 5)
    assert item.modified == datetime(2024, 5, 6, 7, 8, 10, tzinfo=UTC)
    assert item.etag
    assert source.fetch("a/b.txt").data == b"hello"


def test_memory_is_a_file_system_like_any_other(tmp_path: Path):
    fsspec.filesystem("memory").pipe("/vouch-test/x/y.md", b"# hi")
    source = open_files(tmp_path, "memory://vouch-test")
    assert uris(source.list()) == ["x/y.md"]
    assert source.fetch("x/y.md").data == b"# hi"
