"""Locks: one run of each kind on an index, and one publisher whatever its kind."""

import errno
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from vouch.schemas.errors import IndexError_, StorageError
from vouch.schemas.private_folder import make_private_folder
from vouch.schemas.storage_errors import storage_explained

_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


def _lock(folder: Path, name: str) -> FileLock:
    # Where there are no locks, a file that merely exists must not take their place: it would stay
    # when its process is killed.
    return FileLock(folder / f"{name}.lock", thread_local=False, fallback_to_soft=False)


class Locks:
    """The locks of the index in `folder`. The system releases them when their process dies.

    What is done under a lock raises `StorageError` where one of `folders`, which are named by what
    they are, is full or closed.
    """

    def __init__(
        self, folder: Path, publisher_wait_s: float, folders: Mapping[str, Path] | None = None
    ) -> None:
        """Create the folder. Raises `IndexError_` where that is not possible."""
        try:
            make_private_folder(folder)
        except OSError as error:
            raise IndexError_(
                f"the index folder {folder} cannot be created: {error.strerror}; correct index.path"
            ) from error
        self._folder = folder
        self._folders = folders or {}
        self._wait = publisher_wait_s
        self._publisher = _lock(folder, "publisher")

    @contextmanager
    def kind(self, kind: str, wait_s: float) -> Iterator[None]:
        """Hold the lock of this kind of run.

        Raises `IndexError_` where another run has it after `wait_s` seconds.
        """
        lock = _lock(self._folder, kind)
        with self._acquired(lock, wait_s, f"another {kind} run is in progress"):
            yield

    def in_progress(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """Return the kinds of which a run is in progress."""
        return tuple(kind for kind in kinds if self._is_taken(kind))

    def _is_taken(self, kind: str) -> bool:
        try:
            with self.kind(kind, 0.0):
                return False
        except IndexError_ as error:
            return isinstance(error.__cause__, Timeout)

    @contextmanager
    def publisher(self, wait_s: float | None = None) -> Iterator[None]:
        """Hold the publisher's lock; whoever holds it may take it again.

        Raises `IndexError_` where another run has it after `wait_s` seconds, by default after those
        of the settings.
        """
        wait_s = self._wait if wait_s is None else wait_s
        with self._acquired(self._publisher, wait_s, "another run is publishing"):
            yield

    @contextmanager
    def _acquired(self, lock: FileLock, wait_s: float, reason: str) -> Iterator[None]:
        try:
            lock.acquire(timeout=wait_s)
        except Timeout as error:
            raise IndexError_(
                f"{reason} on the index in {self._folder} (waited {wait_s:g} s); `vouch runs` "
                "shows it. Wait for it to end, or give this one more time with --wait"
            ) from error
        except OSError as error:
            if error.errno in _NO_LOCKS:
                raise StorageError(
                    f"the file system of the index in {self._folder} has no locks "
                    f"({error.strerror}), without which two runs could publish at once; mount it "
                    "with locks, or put the index on another one"
                ) from error
            if isinstance(error, IsADirectoryError):
                raise IndexError_(
                    f"{lock.lock_file} is a folder where a file belongs; move it away"
                ) from error
            raise IndexError_(
                f"the index in {self._folder} cannot be written ({error.strerror}); a run needs a "
                "folder that this user can write. Searching it works"
            ) from error
        try:
            with storage_explained(self._folders):
                yield
        finally:
            lock.release()
