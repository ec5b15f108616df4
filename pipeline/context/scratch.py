"""Where a process keeps what ends with it: its own temporary folder, which the next process of the
machine removes if this one was killed.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from vouch.storage.location import Location

_PREFIX = "vouch-scratch-"
_LOCK = "in-use.lock"

_base: Path | None = None


def scratch_base() -> Path:
    """Return the folder below which this process makes its own."""
    return _base or Path(tempfile.gettempdir())


def use_scratch_base(folder: Path) -> None:
    """Make temporary folders below this one from now on.

    Not by TMPDIR: the sockets of processes lie there, whose paths may not be long.
    """
    global _base
    _base = folder


@contextmanager
def scratch_of(work: Location) -> Iterator[Path]:
    """Yield the folder for what ends with a run: its work folder, if that is on this machine.

    The system's temporary folder may be memory, so it is taken only where the work is in a bucket.
    """
    if work.is_local:
        yield work.local_path
    else:
        with scratch_folder() as folder:
            yield folder


def roomy_base(work: Location) -> Path:
    """Return the folder for what may be large and does not end with a run: the work folder, where
    it is on this machine and this user may write to it, else as `scratch_base`.
    """
    if work.is_local and os.access(work.local_path, os.W_OK | os.X_OK):
        return work.local_path
    return scratch_base()


@contextmanager
def scratch_folder(base: Path | None = None) -> Iterator[Path]:
    """Make a folder below this one, by default the temporary one, for this user only, and remove it
    at the end.

    What killed processes have left there is removed now.
    """
    base = base or scratch_base()
    remove_left_scratch(base)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    try:
        with FileLock(folder / _LOCK, thread_local=False):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_left_scratch(base: Path) -> None:
    """Remove what killed processes have left below a folder: see `scratch_folder`."""
    for folder in base.glob(f"{_PREFIX}*"):
        if not (folder / _LOCK).is_file():
            continue  # of another user, or one that is being made just now
        try:
            # The system releases the lock of a process that has died.
            with FileLock(folder / _LOCK, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
        except (Timeout, OSError):
            continue
