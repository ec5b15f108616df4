"""The listed rows on disk: what is fetched is what was listed, even if the table changes."""

import tempfile
import threading
import weakref


class Spool:
    """Contents by name in an unnamed temporary file, deleted with the object or the process."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="vouch-table-")  # noqa: SIM115 - closed by the finalizer
        self._positions: dict[str, tuple[int, int]] = {}
        self._end = 0
        self._lock = threading.Lock()
        self.close = weakref.finalize(self, self._file.close)

    def __contains__(self, name: str) -> bool:
        return name in self._positions

    def add(self, name: str, data: bytes) -> None:
        """Store `data` under a new name."""
        with self._lock:
            self._file.seek(self._end)
            self._file.write(data)
            self._positions[name] = (self._end, len(data))
            self._end += len(data)

    def read(self, name: str) -> bytes:
        """Return what is stored under a name. Raises `KeyError` where nothing is."""
        start, length = self._positions[name]
        with self._lock:
            self._file.seek(start)
            return self._file.read(length)

    def forget(self, name: str) -> None:
        """Remove a name. Its content stays in the file, which only grows."""
        del self._positions[name]
