"""Vectors that a service was paid for and that no staged shard has: a run that fails keeps them, so
that the next one of its kind does not pay for them again.

    <work_path>/paid_vectors/<kind>/<embedding fingerprint>/<any name>.parquet

They are kept by the hash of their text; the texts are not.
"""

import io
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vouch.embedders.base import Vectors
from vouch.index.store.stored_vectors import matrix, vector_column
from vouch.index.store.vector_cache import VectorCache
from vouch.schemas.errors import ModelChanged, in_words
from vouch.storage.location import Location

_log = logging.getLogger("vouch")

_ROWS = 10_000  # of a file, and of what is in memory at a time


class PaidVectors:
    """The vectors of one run; used from several threads.

    `cache` has the vectors that the run has computed, also those that this keeps.
    """

    def __init__(self, work: Location, kind: str, cache: VectorCache) -> None:
        self._root, self._kind, self._cache = work / "paid_vectors", kind, cache
        self._lock = threading.Lock()
        self._unstaged: set[str] = set()
        self._place: Location | None = None  # of the model, once something is embedded with it
        self._kept: list[str] = []

    def load(self, fingerprint: str) -> None:
        """Put what earlier runs have kept of this model into the cache, once."""
        with self._lock:
            if self._place is not None:
                return
            self._place = self._root / self._kind / fingerprint
            self._kept = [file.path for file in self._place.files()]
            for path in self._kept:
                for vectors in _read((self._place / path).read_bytes()):
                    self._cache.put(vectors)
                    # Kept again, should this run fail too.
                    self._unstaged |= vectors.keys()

    def add(self, vectors: Mapping[str, Vectors]) -> None:
        """Note vectors that were just paid for."""
        self._cache.put(vectors)
        with self._lock:
            self._unstaged |= vectors.keys()

    def forget(self, texts: Iterable[str]) -> None:
        """Forget the vectors of these texts, by their hashes: another shard must not find them."""
        texts = list(texts)
        self._cache.remove(texts)
        self.staged(texts)

    def staged(self, texts: Iterable[str]) -> None:
        """Note that a finished shard has the vectors of these texts, by their hashes."""
        with self._lock:
            self._unstaged.difference_update(texts)

    @contextmanager
    def kept_by_failure(self) -> Iterator[None]:
        """Write what no finished shard has where the block raises; not where the model has changed,
        because what was made since then is of another one.
        """
        try:
            yield
        except ModelChanged:
            raise
        except BaseException:
            try:
                self._keep()
            except Exception as error:  # noqa: BLE001 - a full disk, say: the first error is reported
                _log.warning("vectors that are paid for could not be kept: %s", in_words(error))
            raise

    def _keep(self) -> None:
        with self._lock:
            if self._place is None:
                return
            texts, earlier, self._kept = sorted(self._unstaged), self._kept, []
            for start in range(0, len(texts), _ROWS):
                vectors = self._cache.get(texts[start : start + _ROWS])
                self._kept.append(f"{token_hex(8)}.parquet")
                (self._place / self._kept[-1]).write_bytes(_written(vectors))
            self._place.delete_files(earlier)

    def discard(self) -> None:
        """Remove what runs of this kind have kept: all of it is in shards, or not to be used."""
        with self._lock:
            self._unstaged.clear()
        (self._root / self._kind).delete()

    def remove_old(self, hours: float) -> None:
        """Remove what runs of any kind have kept for longer than these hours."""
        oldest = datetime.now(UTC) - timedelta(hours=hours)
        old = [file.path for file in self._root.files() if file.modified < oldest]
        self._root.delete_files(old)


def _written(vectors: Mapping[str, Vectors]) -> bytes:
    values = np.stack(list(vectors.values()))
    kind = pa.list_(pa.float32(), values.shape[1])
    table = pa.table(
        {"text": pa.array(vectors, pa.string()), "vector": vector_column(values, kind)}
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _read(content: bytes) -> Iterator[dict[str, Vectors]]:
    for batch in pq.ParquetFile(io.BytesIO(content)).iter_batches(_ROWS):
        vectors = matrix(batch.column("vector"))
        yield dict(zip(batch.column("text").to_pylist(), vectors, strict=True))
