"""Locks: one run of each kind on an index, and one publisher whatever its kind.

In a folder they are locks of the file system, which the system releases at once when a process
dies. An object store has none, so there they are leases, which end some time after the last
renewal: see `vouch.storage.lease`.
"""

import errno
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from vouch.pipeline.context.progress import WAITING, observer
from vouch.schemas.errors import IndexError_, StorageError
from vouch.schemas.process.private_folder import make_private_folder
from vouch.schemas.process.storage_errors import storage_explained
from vouch.storage.lease import Lease, LeaseTaken
from vouch.storage.location import Location
from vouch.storage.places import location_of

_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
_LEASES = "leases"
_PUBLISHER = "publisher"


class Lock(Protocol):
    """Can be held by one at a time; whoever holds it may take it again."""

    def acquire(self, wait_s: float) -> None:
        """Raise `LeaseTaken` where another one has it after `wait_s` seconds."""

    def release(self) -> None:
        """Undo one `acquire`."""

    def require(self) -> None:
        """Raise `StorageError` where it is no longer had."""

    def taken(self) -> str | None:
        """Return who has it, in words; None where it is free."""

    def left_by(self) -> str | None:
        """Return who has died without releasing it, in words; None where nobody has."""


class Locks:
    """The locks of the index in a location.

    What is done under a lock raises `StorageError` where one of `folders`, which are named by what
    they are, is full or closed.
    """

    def __init__(
        self,
        place: str | Path | Location,
        publisher_wait_s: float,
        folders: Mapping[str, Path] | None = None,
        lease_s: float = 60.0,
        runs: Callable[[str | None], str] | None = None,
    ) -> None:
        """Create a folder that is missing. Raises `IndexError_` where that is not possible.

        `lease_s` is the time of a lease: `storage.lease_s` of the settings. `runs` returns in words
        the runs in progress of a kind, or of all kinds; empty where none is recorded.
        """
        self._place = location_of(place)
        if self._place.is_local:
            _make(self._place.local_path)
        self._folders = folders or {}
        self._wait = publisher_wait_s
        self._lease_s = lease_s
        self._runs = runs or (lambda kind: "")
        self._taken: dict[str, Lock] = {}
        self._publisher = self._lock(_PUBLISHER)

    @contextmanager
    def kind(self, kind: str, wait_s: float) -> Iterator[None]:
        """Hold the lock of this kind of run.

        Raises `IndexError_` where another run has it after `wait_s` seconds.
        """
        with self._acquired(
            kind, self._lock(kind), wait_s, f"another {kind} run is in progress", kind
        ):
            yield

    def in_progress(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """Return the kinds of which a run is in progress."""
        return tuple(kind for kind in kinds if self._lock(kind).taken())

    def left(self, kinds: Iterable[str]) -> list[str]:
        """Return in words the locks whose holder has died; the next run takes them over."""
        left = {name: self._lock(name).left_by() for name in (*kinds, _PUBLISHER)}
        return [f"lease {name} of {holder}" for name, holder in left.items() if holder]

    @contextmanager
    def publisher(self, wait_s: float | None = None) -> Iterator[None]:
        """Hold the publisher's lock; whoever holds it may take it again.

        Raises `IndexError_` where another run has it after `wait_s` seconds, by default after those
        of the settings.
        """
        wait_s = self._wait if wait_s is None else wait_s
        with self._acquired(_PUBLISHER, self._publisher, wait_s, "another run is publishing"):
            yield

    def require(self) -> None:
        """Raise `StorageError` where a lock that was taken is no longer had.

        That can be so of a lease after a cut of the network or where the process was suspended.
        Whoever is about to change what others see asks first.
        """
        for lock in list(self._taken.values()):
            lock.require()

    def _wait_for(self, lock: Lock, wait_s: float, other: str, kind: str | None) -> None:
        """Take the lock; say what this run waits for, if it has to. Raises `LeaseTaken`."""
        if wait_s:
            try:
                lock.acquire(0.0)
            except LeaseTaken as error:
                who = self._runs(kind) or str(error) or "another process"
                observer().stage(f"{WAITING} {who}, because {other}")
            else:
                return
        lock.acquire(wait_s)

    def _lock(self, name: str) -> Lock:
        if self._place.is_local:
            return _FolderLock(self._place.local_path / f"{name}.lock")
        return Lease(self._place / _LEASES, name, self._lease_s)

    @contextmanager
    def _acquired(
        self, name: str, lock: Lock, wait_s: float, other: str, kind: str | None = None
    ) -> Iterator[None]:
        try:
            self._wait_for(lock, wait_s, other, kind)
        except LeaseTaken as error:
            holder = f" by {error}" if str(error) else ""
            runs = self._runs(kind)
            raise IndexError_(
                f"{other} on the index in {self._place}{holder}{f': {runs}' if runs else ''} "
                f"(waited {wait_s:g} s); `vouch runs` shows it. Wait for it to end, or give this "
                "one more time with --wait"
            ) from error
        outer = self._taken.get(name)
        self._taken[name] = lock
        try:
            with storage_explained(self._folders):
                yield
        finally:
            if outer is None:
                del self._taken[name]
            lock.release()


class _FolderLock:
    """A lock of the file system, which the system releases at once when its process dies."""

    def __init__(self, path: Path) -> None:
        # Where there are no locks, a file that merely exists must not take their place: it would
        # stay when its process is killed.
        self._lock = FileLock(path, thread_local=False, fallback_to_soft=False)
        self._path = path

    def acquire(self, wait_s: float) -> None:
        """Raise `StorageError` or `IndexError_` too, where the file system does not allow it."""
        try:
            self._lock.acquire(timeout=wait_s)
        except Timeout as error:
            raise LeaseTaken from error
        except OSError as error:
            raise self._explained(error) from error

    def release(self) -> None:
        self._lock.release()

    def require(self) -> None:
        """Do nothing: nobody can take it while this process lives."""

    def taken(self) -> str | None:
        try:
            self.acquire(0.0)
        except LeaseTaken:
            return "another process"
        except (IndexError_, StorageError):
            return None
        self.release()
        return None

    def left_by(self) -> str | None:
        """Return None: the system releases the lock of a process that has died."""
        return None

    def _explained(self, error: OSError) -> IndexError_ | StorageError:
        folder = self._path.parent
        if error.errno in _NO_LOCKS:
            return StorageError(
                f"the file system of the index in {folder} has no locks ({error.strerror}), "
                "without which two runs could publish at once; mount it with locks, or put the "
                "index on another one"
            )
        if isinstance(error, IsADirectoryError):
            return IndexError_(f"{self._path} is a folder where a file belongs; move it away")
        return IndexError_(
            f"the index in {folder} cannot be written ({error.strerror}); a run needs a folder "
            "that this user can write. Searching it works"
        )


def _make(folder: Path) -> None:
    try:
        make_private_folder(folder)
    except OSError as error:
        raise IndexError_(
            f"the index folder {folder} cannot be created: {error.strerror}; correct index.path"
        ) from error
