"""Vectors that this run has made, by the hash of their text: what stands in several shards is embedded once."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from vouch.embedders.model import Vectors
from vouch.index.store.staging import remove_folders

_PREFIX = "vectors-"
_ASKED = 500  # keys a query; SQLite takes some thousands


class VectorCache:
    """On disk, so that memory does not grow with the corpus; for one thread at a time."""

    def __init__(self, file: Path) -> None:
        self._store = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        # It dies with the run: nothing of it has to outlast a crash.
        self._store.execute("PRAGMA journal_mode = OFF")
        self._store.execute("PRAGMA synchronous = OFF")
        self._store.execute(
            "CREATE TABLE vectors (text TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
        )

    def known(self, embedded_sha256: Sequence[str]) -> dict[str, Vectors]:
        """The vectors, shape (dimension,), of those texts that have one."""
        found: dict[str, Vectors] = {}
        for start in range(0, len(embedded_sha256), _ASKED):
            some = embedded_sha256[start : start + _ASKED]
            marks = ",".join("?" * len(some))
            rows = self._store.execute(
                f"SELECT text, vector FROM vectors WHERE text IN ({marks})", some
            )
            found |= {text: np.frombuffer(vector, dtype=np.float32) for text, vector in rows}
        return found

    def keep(self, vectors: Mapping[str, Vectors]) -> None:
        """Remember them until the run ends."""
        rows = (
            (text, np.ascontiguousarray(vector, np.float32).tobytes())
            for text, vector in vectors.items()
        )
        self._store.execute("BEGIN")
        self._store.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        self._store.execute("COMMIT")

    def close(self) -> None:
        self._store.close()


@contextmanager
def open_vector_cache(folder: Path, kind: str) -> Iterator[VectorCache]:
    """Those of a run of this kind, below `folder`; only for the one run of it that may be at work.

    The file goes with the run; what runs that were killed left goes now.
    """
    remove_folders(folder.glob(f"{_PREFIX}{kind}-*"))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=folder, prefix=f"{_PREFIX}{kind}-", ignore_cleanup_errors=True
    ) as place:
        store = VectorCache(Path(place) / "vectors.sqlite")
        try:
            yield store
        finally:
            store.close()
