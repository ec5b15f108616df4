"""Reads the bytes of one file: never more than a limit, and never from outside the root.

What a listing said of a file may no longer hold when the file is read: it may have become a pipe, a
link that leads out of the root, or larger than any memory.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from vouch.schemas.documents.records import Fetched, Reason
from vouch.schemas.errors import DocumentRejected, SourceRefused, SourceUnavailable
from vouch.sources.files.bucket import Bucket
from vouch.sources.files.folder import Place, SourceFolder

_MEGABYTE = 1_000_000
# Not on Windows, which has no pipes in folders.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
# A circle of links, a name that is too long, a socket.
_PERMANENT = {errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO}


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_file(place: Place, uri: str, max_mb: float) -> Fetched:
    """Return the bytes of a file, all of one state.

    Raises:
        DocumentRejected: It is larger than `max_mb` (too_large).
        SourceRefused: It is no file, or lies outside the root.
        SourceUnavailable: It was changed while it was read.
        StorageError: A bucket does not give it.
        OSError: It cannot be read. Other file systems raise whatever their libraries do.
    """
    limit = int(max_mb * _MEGABYTE)
    if isinstance(place, Bucket):
        fetched = place.read(uri, limit)
        if len(fetched.data) > limit:
            raise _too_large(limit)
        return fetched
    if place.is_local:
        return Fetched(_read_local(place, uri, limit))
    # HTTP: as one stream, without asking for the size first. In ranges, a file that changes
    # meanwhile would be mixed from two states.
    options = {"block_size": 0, "size": 1} if place.is_http else {}
    with place.filesystem.open(place.path_of(uri), "rb", **options) as file:
        return Fetched(_read_limited(file, limit, limit))


def _read_local(folder: SourceFolder, uri: str, limit: int) -> bytes:
    path = folder.path_of(uri)
    with _opened(path) as file:
        before = os.fstat(file)
        if stat.S_ISDIR(before.st_mode):
            raise SourceRefused("it has become a folder")
        if not stat.S_ISREG(before.st_mode):
            raise SourceRefused("it has become a pipe or a device")
        root = os.path.realpath(folder.root)
        if os.path.commonpath([root, _real_path(file, path)]) != root:
            raise SourceRefused("it has become a link that leads out of the source's folder")
        if before.st_size > limit:
            raise _too_large(limit)
        with open(file, "rb", buffering=0, closefd=False) as stream:
            data = _read_limited(stream, limit, before.st_size)
        after = os.fstat(file)
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise SourceUnavailable("it was changed while it was read")
    return data


@contextmanager
def _opened(path: str) -> Iterator[int]:
    """Open a file without waiting: opening a pipe that nobody writes to would block forever."""
    try:
        file = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno in _PERMANENT:
            raise SourceRefused(str(error)) from error
        raise
    try:
        yield file
    finally:
        os.close(file)


def _real_path(file: int, path: str) -> str:
    """Return where an open file lies; `path` is the one by which it was opened."""
    link = Path(f"/proc/self/fd/{file}")
    # The system knows what was opened, whatever the path leads to by now.
    return str(link.readlink()) if link.is_symlink() else os.path.realpath(path)


def _read_limited(file: _Readable, limit: int, expected: int) -> bytes:
    """Return all bytes, of which there are `expected` ones or fewer as a rule."""
    pieces, length = [], 0
    while piece := file.read(min(expected, limit - length) + 1):
        pieces.append(piece)
        length += len(piece)
        if length > limit:
            raise _too_large(limit)
    return b"".join(pieces)


def _too_large(limit: int) -> DocumentRejected:
    return DocumentRejected(
        Reason.TOO_LARGE,
        f"it is larger than {limit / _MEGABYTE:g} MB (max_file_mb of its source), though its "
        "listing did not say so; raise the limit, or leave it out by `exclude`",
    )
