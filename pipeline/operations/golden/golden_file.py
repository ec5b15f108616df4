"""Changes the file of golden queries: as a whole, and never over what somebody else has written."""

import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.context.text_files import read_text
from vouch.schemas.errors import NotFound, SettingsError
from vouch.storage.location import Location
from vouch.validators.retrieval.golden_queries import GoldenQuery, load_golden

_WAIT_S = 30.0  # for another command that writes the file, which takes milliseconds
_TRIES = 20


def golden_place(file: SettingsFile) -> Location:
    """Return where the file of golden queries is, or will be.

    Raises `SettingsError` where the settings name none.
    """
    name = file.settings.retrieval.golden
    if name is None:
        raise SettingsError(
            "no file of golden queries is named; set retrieval.golden in vouch.yaml"
        )
    return file.location(name)


def change_text(place: Location, change: Callable[[str], str]) -> str:
    """Replace the text of a file of golden queries by what `change` makes of it; return that.

    The file is made where it is missing. `change` may be called several times, where somebody else
    writes meanwhile. Raises `SettingsError` where its result is no valid file: then nothing is
    written.
    """
    for _ in range(_TRIES):
        with _only_writer(place):
            before, version = _read(place)
            after = change(before)
            load_golden(after, place.name)
            if after == before or _write(place, after, version):
                return after
    raise SettingsError(f"{place} keeps changing while it is written; run the command again")


def append(place: Location, added: Sequence[GoldenQuery]) -> None:
    """Add queries at the end of a file. Raises `SettingsError` where an id is in it already."""
    lines = "".join(f"{query.model_dump_json(exclude_defaults=True)}\n" for query in added)

    def with_added(text: str) -> str:
        existing = {query.id for query in load_golden(text, place.name)}
        for query in added:
            if query.id in existing:
                raise SettingsError(f"this query is in {place.name} already, as {query.id}")
        return (text if text.endswith("\n") or not text else f"{text}\n") + lines

    change_text(place, with_added)


def remove(place: Location, ids: Collection[str]) -> list[GoldenQuery]:
    """Remove queries, and leave all other lines as they are; return what is removed.

    Raises `NotFound` where the file lacks one of the ids: then nothing is removed.
    """
    removed: list[GoldenQuery] = []

    def without_removed(text: str) -> str:
        removed[:] = [query for query in load_golden(text, place.name) if query.id in ids]
        missing = set(ids) - {query.id for query in removed}
        if missing:
            raise NotFound(
                f"{place.name} has no query {', '.join(sorted(missing))}; `vouch golden list` "
                "shows the ids"
            )
        lines = text.split("\n")
        return "\n".join(line for line in lines if not _ids(line) & set(ids))

    change_text(place, without_removed)
    return removed


def text_of(place: Location) -> str:
    """Return the text of a file of golden queries; empty where it is missing."""
    return _read(place)[0]


def _ids(line: str) -> set[str]:
    return {query.id for query in load_golden(line)}


def _read(place: Location) -> tuple[str, str | None]:
    """Return text and version of a file; an empty text and None where it is missing."""
    try:
        if not place.is_local:
            content, version = place.read_versioned()
            return content.decode("utf-8"), version
    except FileNotFoundError:
        return "", None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{place} cannot be read: it is not UTF-8 text") from error
    return (read_text(place) if place.is_file() else ""), None


def _write(place: Location, text: str, version: str | None) -> bool:
    """Write the file; return False where somebody else has written it since it was read."""
    content = text.encode("utf-8")
    if place.is_local:
        try:
            place.write_bytes(content)
        except OSError as error:
            raise SettingsError(f"{place} cannot be written: {error.strerror}") from error
        return True
    if version is None:
        return place.create(content)
    return place.replace(content, version) is not None


@contextmanager
def _only_writer(place: Location) -> Iterator[None]:
    """Keep other commands of this machine from writing in the folder of a local file meanwhile."""
    folder = place.local_path.parent if place.is_local else None
    if folder is None or not folder.is_dir() or sys.platform == "win32":
        yield
        return
    # The lock of a folder leaves no file behind, and ends with its process.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    import fcntl  # Windows has none

    end = time.monotonic() + _WAIT_S
    # A file system without locks has none to wait for: the file is still written as a whole.
    with suppress(OSError):
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > end:
                    break
                time.sleep(0.02)
        raise SettingsError(
            f"another command has been writing in {folder} for {_WAIT_S:g} seconds; end it, and "
            "run this one again"
        )
