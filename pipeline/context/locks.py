"""Who may do what at the same time: one run of a kind on an index, and one publisher whatever the kind."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from vouch.schemas.errors import IndexError_


class Locks:
    """Locks of the index in `folder`. They fall with the process that holds them, however it ends."""

    def __init__(self, folder: Path, publisher_wait_s: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._wait = publisher_wait_s
        self._publisher = FileLock(folder / "publisher.lock", thread_local=False)

    @contextmanager
    def kind(self, kind: str, wait_s: float) -> Iterator[None]:
        """For as long as a run of this kind takes. Raises `IndexError_` where another has it after `wait_s` seconds."""
        with self._held(
            FileLock(self._folder / f"{kind}.lock", thread_local=False),
            wait_s,
            f"another {kind} run is at work",
        ):
            yield

    def at_work(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """Kinds of which a run is at work now."""
        return tuple(kind for kind in kinds if self._is_held(kind))

    def _is_held(self, kind: str) -> bool:
        try:
            with self.kind(kind, 0.0):
                return False
        except IndexError_:
            return True

    @contextmanager
    def publisher(self) -> Iterator[None]:
        """For as long as the published tables are written to; may be taken again by who holds it."""
        with self._held(self._publisher, self._wait, "another run is publishing"):
            yield

    @contextmanager
    def _held(self, lock: FileLock, wait_s: float, who: str) -> Iterator[None]:
        try:
            lock.acquire(timeout=wait_s)
        except Timeout as error:
            raise IndexError_(
                f"{who} on the index in {self._folder} (waited {wait_s:g} s); `vouch runs` shows it. Wait for it to end, or "
                "let this one wait longer with --wait"
            ) from error
        try:
            yield
        finally:
            lock.release()
