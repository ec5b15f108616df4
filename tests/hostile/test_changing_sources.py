"""Files that change between listing and reading, or while they are read: nothing wrong is read."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipeline.steps import configure, indexed, run, texts
from vouch.schemas.boundary import Boundary, Hook, Side, install
from vouch.schemas.documents.ids import sha256_bytes
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected, SourceRefused, VouchError
from vouch.schemas.settings.sources import FilesSource
from vouch.sources.base import Source
from vouch.sources.registry import open_source

GOOD = b"The gate opens at nine."


def open_folder(folder: Path) -> Source:
    return open_source(FilesSource(name="docs", path=str(folder), max_file_mb=1), Path("/"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.txt").write_text("secret")
    (tmp_path / "documents" / "sub").mkdir(parents=True)
    (tmp_path / "documents" / "good.txt").write_bytes(GOOD)
    (tmp_path / "documents" / "sub" / "a.txt").write_bytes(b"The gate is green.")
    return tmp_path / "documents"


def _to_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _to_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _to_link(file: Path) -> None:
    file.unlink()
    file.symlink_to("../../secret/a.txt")


def _to_device(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def _to_giant(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(1_000_000_000_000)  # sparse: it takes no place on the disk


def _to_other_parent(file: Path) -> None:
    shutil.rmtree(file.parent)
    file.parent.symlink_to("../secret", target_is_directory=True)


CHANGES: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "gone": (Path.unlink, "fetch_failed", "No such file"),
    "folder gone": (lambda file: shutil.rmtree(file.parent), "fetch_failed", "No such file"),
    "pipe": (_to_pipe, "fetch_failed", "a pipe or a device"),
    "folder": (_to_folder, "fetch_failed", "has become a folder"),
    "link": (_to_link, "fetch_failed", "leads out"),
    "device": (_to_device, "fetch_failed", "a pipe or a device"),
    "parent": (_to_other_parent, "fetch_failed", "leads out"),
    "giant": (_to_giant, "too_large", "max_file_mb"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changed_its_kind_is_not_read(folder: Path, change: str):
    source = open_folder(folder)
    assert len(source.list().items) == 2
    make, reason, message = CHANGES[change]
    make(folder / "sub" / "a.txt")
    with pytest.raises(VouchError) as raised:
        source.fetch("sub/a.txt")
    assert message in str(raised.value)
    is_rejected = isinstance(raised.value, DocumentRejected)
    assert (raised.value.reason if is_rejected else Reason.FETCH_FAILED) == reason
    assert source.fetch("good.txt").data == GOOD


def _once_before_fetching(change: Callable[[], None]) -> Hook:
    """Return a hook that makes a change when the sources are listed and nothing is fetched yet."""
    left = [change]

    def hook(boundary: Boundary, side: Side) -> None:
        if (boundary, side) == (Boundary.PLAN, Side.AFTER) and left:
            left.pop()()

    return hook


def test_a_run_publishes_the_neighbours_of_what_changes_under_it(tmp_path, folder, tiny_model):
    files = {change: folder / change.replace(" ", "-") / "a.txt" for change in CHANGES}
    for change, file in files.items():
        file.parent.mkdir()
        file.write_text(f"before: {change}")
    settings = configure(
        tmp_path,
        tiny_model,
        {"max_file_mb": 1},
        contracts={"batch": {"max_quarantine_share": 1.0}},
    )

    def change_all() -> None:
        for change, file in files.items():
            CHANGES[change][0](file)

    with install(_once_before_fetching(change_all)):
        run(settings)
    assert set(texts(settings)) == {"good.txt", "sub/a.txt"}
    rejects = indexed(settings, "quarantine", "uri", "reason")
    assert {row["uri"]: row["reason"] for row in rejects} == {
        file.relative_to(folder).as_posix(): CHANGES[change][1] for change, file in files.items()
    }


def test_what_is_published_is_what_was_hashed(tmp_path, folder, tiny_model):
    """A file that grows, shrinks or is replaced before it is read is published as it was read."""
    settings = configure(tmp_path, tiny_model)
    changed = {
        "grown.txt": b"It opens at nine and closes at five.",
        "shrunk.txt": b"It",
        "other.txt": b"It opens at ten.",
    }
    for name in changed:
        (folder / name).write_bytes(b"It opens at six.")

    def change_all() -> None:
        for name, data in changed.items():
            (folder / name).write_bytes(data)

    with install(_once_before_fetching(change_all)):
        run(settings)
    published = texts(settings)
    rows = indexed(settings, "documents", "uri", "content_sha256")
    hashes = {row["uri"]: row["content_sha256"] for row in rows}
    for name, data in changed.items():
        assert published[name] == [data.decode()]
        assert hashes[name] == sha256_bytes(data)
    # The listing was of the former state, so that the next run looks again, and finds the same.
    run(settings)
    assert texts(settings) == published


def test_a_folder_that_vanishes_during_the_listing_is_a_problem(folder: Path):
    source = open_folder(folder)
    source.list()
    shutil.rmtree(folder)
    listing = source.list()
    assert (listing.complete, listing.items) == (False, ())
    with pytest.raises(SourceRefused, match="there is no folder"):
        open_folder(folder).list()
