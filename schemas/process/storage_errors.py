"""Says in a sentence what a storage error means: which folder is full or closed, and what to do.

Python raises `OSError` with a number; the store's Rust code raises errors that have the number in
their text only.
"""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from vouch.schemas.errors import StorageError, VouchError

_NATIVE = re.compile(r"\(os error (\d+)\)")
_NO_TEMPORARY = "Failed to create temp dir"
_NO_THREAD = "can't start new thread"
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_IN_THE_WAY = (errno.ENOTDIR, errno.EISDIR)
_SCARCE_BYTES = 64_000_000  # a folder with less free is named where an error names none
_ADVICE = {
    errno.ENOSPC: "free some space there, or name another folder in the settings",
    errno.EDQUOT: "free some space there, or ask for a larger quota",
    errno.EROFS: "it is mounted read-only: mount it for writing, or name another folder in the "
    "settings",
    errno.EACCES: "give this user the right to it, or name another folder in the settings",
    errno.EPERM: "give this user the right to it, or name another folder in the settings",
    errno.EMFILE: "raise the limit of open files (`ulimit -n 1024`)",
    errno.ENFILE: "end other programs, or raise the system's limit of open files (fs.file-max)",
    errno.ENOMEM: "end other programs, or give this machine more memory",
    errno.EAGAIN: "raise the limit of processes (`ulimit -u`), or end other programs",
    errno.EIO: "the disk or the network behind it fails: look at the system's log",
    errno.ESTALE: "the network file system has lost it: mount it again",
    errno.ENOLCK: "its file system has no locks: mount it with locks, or put the index on a local "
    "disk",
    errno.EOPNOTSUPP: "its file system cannot do this: put the folder on a local disk",
    errno.ENOSYS: "this system lacks what it needs, such as /dev/shm: mount it",
}
"""What to do, by number of the error. Other numbers are no trouble of storage."""


@contextmanager
def storage_explained(folders: Mapping[str, Path]) -> Iterator[None]:
    """Turn an error of storage within the block into a `StorageError`.

    `folders` are those that the work uses, by what they are, such as "the index".
    """
    try:
        yield
    except VouchError:
        raise
    except Exception as error:
        problem = storage_problem(error, folders)
        if problem is None:
            raise
        raise StorageError(problem) from error


def storage_problem(error: BaseException, folders: Mapping[str, Path] | None = None) -> str | None:
    """Return what happened, where, and what to do; None where `error` is no error of storage."""
    if _NO_TEMPORARY in str(error):  # the store's: Python takes another folder by itself
        folder = os.environ.get("TMPDIR") or tempfile.gettempdir()
        return f"no file can be made in the temporary folder {folder}; make it, or correct TMPDIR"
    number = _number(error)
    if number in _IN_THE_WAY:
        return _in_the_way(error)
    if number not in _ADVICE:
        return None
    return f"{os.strerror(number)}{_place(error, number, folders or {})}; {_ADVICE[number]}"


def _number(error: BaseException) -> int | None:
    """Return the number of a system's error, also where an error of a library contains it."""
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if isinstance(error, RuntimeError) and _NO_THREAD in str(error):
        return errno.EAGAIN
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    native = _NATIVE.findall(str(error))
    if native:
        return int(native[-1])
    return _number(error.__cause__) if error.__cause__ else None


def _place(error: BaseException, number: int, folders: Mapping[str, Path]) -> str:
    """Return where it happened, as far as that is known."""
    named = getattr(error, "filename", None)
    text = os.fsdecode(named) if isinstance(named, str | bytes) else str(error)
    for role, folder in folders.items():
        if str(folder.resolve()).lstrip("/") in text or str(folder) in text:
            return f" in {role} ({folder}{_free(folder, number)})"
    if isinstance(named, str | bytes):
        return f": {text}"
    if number in _NO_SPACE:
        scarce = [
            f"{role} ({folder}{_free(folder, number)})"
            for role, folder in folders.items()
            if _free_bytes(folder) < _SCARCE_BYTES
        ]
        return f" in {' or '.join(scarce)}" if scarce else ""
    return ""


def _in_the_way(error: BaseException) -> str | None:
    """Return what is in the way; None where the error names nothing, as the store's own."""
    named = getattr(error, "filename2", None) or getattr(error, "filename", None)
    if not isinstance(named, str | bytes):
        return None
    path = Path(os.fsdecode(named))
    file = next((above for above in (path, *path.parents) if above.is_file()), None)
    problem = f"{file} is a file where a folder" if file else f"{path} is a folder where a file"
    return f"{problem} belongs; move it away"


def _free(folder: Path, number: int) -> str:
    return f", {_free_bytes(folder) / 1e6:,.1f} MB free" if number == errno.ENOSPC else ""


def _free_bytes(folder: Path) -> int:
    """Return the free bytes of the file system of a folder, which need not exist yet."""
    existing = next((path for path in (folder, *folder.absolute().parents) if path.exists()), None)
    return shutil.disk_usage(existing).free if existing else 0
