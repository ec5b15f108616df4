"""Cache the vectors that this run has computed: a text in several shards is embedded once."""

import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from vouch.embedders.base import Vectors
from vouch.index.store.staging import remove_folders
from vouch.schemas.process.private_folder import make_private_folder

_KEYS_PER_QUERY = 500  # SQLite limits the number of parameters


class VectorCache:
    """Vectors by the hash of their text, in an SQLite file.

    It is on disk so that memory does not grow with the corpus. Used from several threads.
    """

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._store = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        # The cache ends with the run, so nothing in it has to survive a crash.
        self._store.execute("PRAGMA journal_mode = OFF")
        self._store.execute("PRAGMA synchronous = OFF")
        self._store.execute(
            "CREATE TABLE vectors (text TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
        )

    def get(self, embedded_sha256: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors, shape (dimension,), of those texts that are in the cache."""
        cached: dict[str, Vectors] = {}
        for start in range(0, len(embedded_sha256), _KEYS_PER_QUERY):
            keys = embedded_sha256[start : start + _KEYS_PER_QUERY]
            marks = ",".join("?" * len(keys))
            query = f"SELECT text, vector FROM vectors WHERE text IN ({marks})"
            with self._lock:
                rows = self._store.execute(query, keys).fetchall()
            cached |= {text: np.frombuffer(vector, dtype=np.float32) for text, vector in rows}
        return cached

    def put(self, vectors: Mapping[str, Vectors]) -> None:
        """Store vectors by the hash of their text."""
        rows = (
            (text, np.ascontiguousarray(vector, np.float32).tobytes())
            for text, vector in vectors.items()
        )
        with self._lock:
            self._store.execute("BEGIN")
            self._store.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            self._store.execute("COMMIT")

    def remove(self, embedded_sha256: Iterable[str]) -> None:
        """Remove the vectors of those texts."""
        keys = ((key,) for key in embedded_sha256)
        with self._lock:
            self._store.execute("BEGIN")
            self._store.executemany("DELETE FROM vectors WHERE text = ?", keys)
            self._store.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._store.close()


def cache_prefix(kind: str) -> str:
    """Return how the folders begin in which runs of this kind keep vectors for a while."""
    return f"vectors-{kind}-"


@contextmanager
def open_vector_cache(folder: Path, kind: str) -> Iterator[VectorCache]:
    """Open the cache of a run of this kind below `folder`, and remove it when the block ends.

    Caches that killed runs of the same kind left are removed now. So the caller must hold the
    lock of that kind.
    """
    remove_folders(folder.glob(f"{cache_prefix(kind)}*"))
    make_private_folder(folder)
    with tempfile.TemporaryDirectory(
        dir=folder, prefix=cache_prefix(kind), ignore_cleanup_errors=True
    ) as place:
        cache = VectorCache(Path(place) / "vectors.sqlite")
        try:
            yield cache
        finally:
            cache.close()
