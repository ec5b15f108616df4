"""Rows as they were listed, kept on disk: what is fetched later is what was listed, whatever the table is by then."""

import tempfile
import threading
import weakref


class Spool:
    """Texts by name in a temporary file without a name, which is gone with the object, and with the process."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="vouch-table-")  # noqa: SIM115 - closed by the finalizer
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0
        self._lock = threading.Lock()
        self.close = weakref.finalize(self, self._file.close)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def add(self, name: str, data: bytes) -> None:
        """Keep `data` under a name that is new."""
        with self._lock:
            self._file.seek(self._end)
            self._file.write(data)
            self._places[name] = (self._end, len(data))
            self._end += len(data)

    def read(self, name: str) -> bytes:
        """Raises `KeyError` for a name that is not kept."""
        start, length = self._places[name]
        with self._lock:
            self._file.seek(start)
            return self._file.read(length)

    def forget(self, name: str) -> None:
        """Keep it no more under this name."""
        del self._places[name]
