"""A fetch or a listing that never returns holds neither the run nor its end."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from vouch.schemas.errors import SourceRefused, SourceUnavailable
from vouch.schemas.settings.sources import FilesSource
from vouch.sources import registry
from vouch.sources.base import Source
from vouch.sources.limited_source import MAX_STUCK
from vouch.sources.registry import check_source, open_source
from vouch.sources.time_limits import OutOfTime, within

FILES = {"docs/a.txt": b"one", "docs/b.txt": b"two", "docs/hung/c.txt": b"three"}


class HungStorage(MemoryFileSystem):
    """A file system of which some paths never answer, as a mount does whose server is gone."""

    protocol = "hung"
    store: ClassVar[dict] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    hung: ClassVar[set[str]] = set()
    ended = threading.Event()

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.removeprefix("hung://"))

    def _wait(self, path: str) -> None:
        if any(str(path).endswith(end) for end in self.hung):
            self.ended.wait()

    def ls(self, path, detail=True, **options):
        self._wait(path)
        return super().ls(path, detail, **options)

    def isdir(self, path):
        self._wait(path)
        return super().isdir(path)

    def _open(self, path, mode="rb", **options):
        self._wait(path)
        return super()._open(path, mode, **options)


@pytest.fixture
def storage() -> Iterator[type[HungStorage]]:
    """The storage with nothing hung; whoever waits for it continues when the test ends."""
    fsspec.register_implementation("hung", HungStorage, clobber=True)
    HungStorage.store.clear()
    HungStorage.hung, HungStorage.ended = set(), threading.Event()
    for name, data in FILES.items():
        fsspec.filesystem("hung").pipe(f"/{name}", data)
    yield HungStorage
    HungStorage.ended.set()


def open_hung(**settings: float) -> Source:
    settings = {"fetch_timeout_s": 5, **settings}
    return open_source(FilesSource(name="docs", path="hung://docs", **settings), Path("/"))


def test_work_that_is_done_in_time_returns_or_raises_as_it_does():
    assert within(60, lambda: 7) == 7
    # An error of its own is no end of the time.
    with pytest.raises(TimeoutError, match="its own"):
        within(60, _raise_timeout)
    with pytest.raises(OutOfTime):
        within(0.01, threading.Event().wait)


def _raise_timeout() -> None:
    raise TimeoutError("its own")


def test_a_file_that_does_not_answer_is_given_up_and_the_others_are_read(storage):
    source = open_hung()
    storage.hung = {"a.txt"}
    with pytest.raises(SourceUnavailable, match=r"a\.txt .* within 5 s \(fetch_timeout_s\)"):
        source.fetch("a.txt")
    assert source.fetch("b.txt").data == b"two"


def test_after_many_reads_that_do_not_end_no_more_are_begun(storage):
    source = open_hung(fetch_timeout_s=0.01)
    storage.hung = {"a.txt"}
    for _ in range(MAX_STUCK):
        with pytest.raises(SourceUnavailable, match="was not read within"):
            source.fetch("a.txt")
    waiting = threading.active_count()
    with pytest.raises(SourceUnavailable, match=f"{MAX_STUCK} reads before it have not ended"):
        source.fetch("b.txt")
    assert threading.active_count() <= waiting
    storage.ended.set()
    assert _fetched_in_the_end(source, "b.txt") == b"two"


def _fetched_in_the_end(source: Source, uri: str) -> bytes:
    while True:
        try:
            return source.fetch(uri).data
        except SourceUnavailable:
            threading.Event().wait(0.01)


def test_a_folder_that_does_not_answer_makes_the_listing_incomplete(storage):
    source = open_hung()
    storage.hung = {"docs/hung"}
    listing = source.list()
    assert not listing.complete
    assert {item.uri for item in listing.items} == {"a.txt", "b.txt"}
    assert listing.problems == ("hung could not be listed: no answer within 5 s (fetch_timeout_s)",)


def test_a_listing_ends_when_its_time_is_over(storage):
    source = open_hung(list_timeout_s=1e-9)
    listing = source.list()
    assert (listing.complete, listing.items) == (False, ())
    assert "list_timeout_s" in listing.problems[0]


def test_a_storage_that_does_not_answer_at_all_is_reported_before_the_run(storage, monkeypatch):
    monkeypatch.setattr(registry, "CHECK_TIMEOUT_S", 0.05)
    storage.hung = {"docs"}
    with pytest.raises(SourceRefused, match=r"source docs: hung://docs did not answer"):
        check_source(FilesSource(name="docs", path="hung://docs"), Path("/"))


def test_transient_errors_are_tried_again_within_the_time_limit(storage, monkeypatch):
    attempts: list[str] = []

    def fail(self, path, mode="rb", **options):
        attempts.append(path)
        raise ConnectionResetError("reset")

    monkeypatch.setattr(HungStorage, "_open", fail)
    settings = FilesSource(name="docs", path="hung://docs", fetch_timeout_s=60)
    with pytest.raises(SourceUnavailable, match="reset"):
        open_source(settings, Path("/"), attempts=2).fetch("a.txt")
    assert len(attempts) == 2


def test_a_process_ends_though_a_fetch_never_does(tmp_path):
    script = f"""
import os
from pathlib import Path
from vouch.sources.time_limits import OutOfTime, within
os.mkfifo({str(tmp_path / "pipe")!r})
try:
    within(0.1, Path({str(tmp_path / "pipe")!r}).read_bytes)
except OutOfTime:
    print("given up")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=True
    )
    assert done.stdout == "given up\n"
