"""Choose a vector index by its recall and its cost, measured on the indexed vectors themselves.

The probe queries are indexed vectors that were changed so that none is its own neighbour: half of
them by noise, half by part of another vector, which moves them between topics. They come from a
fixed seed. The ground truth comes from comparing all vectors.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from lancedb.table import Table

from vouch.embedders.base import Vectors
from vouch.index.store.publication_columns import now
from vouch.index.store.stored_vectors import as_compared, matrix
from vouch.index.vectors.access import Access
from vouch.index.vectors.vector_index import (
    VECTOR_INDEX,
    Kind,
    VectorIndex,
    has_vector_index,
    nearest,
    partitioned_at,
    record_vector_index,
)
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.settings.index import IndexSettings

_PROBES, _K = 200, 10
_SEARCH_LIMIT = 100  # rows that a search requests; how well refining works depends on it
_EXACT_PROBES = 20  # exact search has full recall, and is slow: fewer probes measure its time
_WARM_UP = 5  # queries before the first one that is measured
_SAME_COSINE = 1e-5  # cosines that differ by less count as equal
_CHANGED_SHARE = 0.5  # of a probe is not the indexed vector
_BATCH_ROWS = 16_384
_CONFIDENCE = 1.64  # standard errors: one sample in twenty is that far off by chance
_CHEAP_MS = 5.0  # of processor time a query; below, other kinds of index have nothing to gain
_CLEARLY_BETTER = 0.8  # of the cost; a smaller difference may be an error of measurement


@dataclass(frozen=True, slots=True)
class Probes:
    """Probe queries and their ground truth.

    Attributes:
        vectors: Unit vectors, shape (probes, dimension).
        tenth: The cosine of the tenth nearest chunk to each, shape (probes,). What is as near as
            the tenth counts as found, so chunks with equal vectors stand for each other.
    """

    vectors: Vectors
    tenth: Vectors

    @classmethod
    def of(cls, chunks: Table) -> "Probes":
        """Make probes from the vectors of a table that is not empty."""
        random, rows = np.random.default_rng(0), chunks.count_rows()
        count = min(_PROBES, rows)
        base, mixed_in = (
            _vectors_at(chunks, random.choice(rows, count, replace=False).tolist())
            for _ in range(2)
        )
        noise = random.standard_normal(base.shape).astype(np.float32)
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        mixed_in[: count // 2] = noise[: count // 2]
        mixed = base + _CHANGED_SHARE * mixed_in
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        # As the store compares them, so that cosines are the same in the ground truth.
        vectors = as_compared(mixed, chunks.schema)
        return cls(vectors, tenth_nearest(chunks, vectors))


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the probes measured.

    Attributes:
        recall: Recall at 10, the mean over the probes.
        error: Its standard error.
        cpu_ms: Processor time of a query, in milliseconds.
        p95_ms: 95th percentile of a query's wall time, in milliseconds.
    """

    recall: float
    error: float
    cpu_ms: float
    p95_ms: float

    def reaches(self, minimum: float) -> bool:
        """Return whether the recall is at least `minimum`, beyond the chance of the sample."""
        return self.recall - _CONFIDENCE * self.error >= minimum or self.recall == 1.0


def measure(chunks: Table, probes: Probes, index: VectorIndex | None) -> Measurement:
    """Measure searches by `index`; for None, by the store's own defaults."""
    if index is not None and index.kind == "exact":
        probes = Probes(probes.vectors[:_EXACT_PROBES], probes.tenth[:_EXACT_PROBES])
    # The first queries read the index from disk.
    for vector in probes.vectors[:_WARM_UP]:
        _search(chunks, vector, index)
    shares, times = [], []
    relevant = min(_K, chunks.count_rows())
    # Processor time, because wall time depends on what else the machine is doing.
    cpu_start = time.process_time()
    for vector, tenth in zip(probes.vectors, probes.tenth, strict=True):
        start = time.perf_counter()
        cosines = _search(chunks, vector, index)
        times.append(1000 * (time.perf_counter() - start))
        shares.append(float(np.sum(cosines[:relevant] >= tenth - _SAME_COSINE)) / relevant)
    cpu_ms = 1000 * (time.process_time() - cpu_start) / len(times)
    error = float(np.std(shares)) / sqrt(len(shares))
    return Measurement(float(np.mean(shares)), error, cpu_ms, float(np.percentile(times, 95)))


def choose_vector_index(
    chunks: Table, probes: Probes, settings: IndexSettings, access: Access
) -> tuple[VectorIndex, list[str]]:
    """Build and record the index that reaches `index.min_recall` at the least cost.

    If none reaches it, search is exact. Only what suits the `access` to the vectors is tried.

    Returns:
        The choice, and the kinds of index that were tried, in words.
    """
    if has_vector_index(chunks):
        chunks.drop_index(VECTOR_INDEX)
    without_index = chunks.version
    tried: list[str] = []
    # Cost, version of the table with the index, index.
    reaching: list[tuple[float, int, VectorIndex]] = []
    partitions = access.partitions(chunks.count_rows(), probes.vectors.shape[1])
    for kind, refine in _within(settings.max_tuning_s, access.kinds):
        index = VectorIndex(
            kind=kind,
            refine=refine,
            partitions=partitions,
            rows=chunks.count_rows(),
            chosen_at=now(),
        )
        index, measured = _build_tuned(chunks, probes, index, settings.min_recall)
        tried.append(
            f"{index}: recall {measured.recall:.3f}, {measured.cpu_ms:.1f} ms of processor time"
        )
        if measured.reaches(settings.min_recall):
            # Exact vectors are preferred unless another index costs clearly less.
            cost = measured.cpu_ms * (1.0 if refine else _CLEARLY_BETTER)
            reaching.append((cost, chunks.version, index))
            if measured.cpu_ms <= _CHEAP_MS:
                break
    choice, version = VectorIndex(rows=chunks.count_rows(), chosen_at=now()), without_index
    if reaching:
        _, version, choice = min(reaching, key=lambda candidate: candidate[:2])
    # Every index that was built is a version of the table, so the chosen one is not built again.
    if version != chunks.version:
        chunks.restore(version)
    record_vector_index(chunks, choice)
    return choice, tried


def _within(seconds: float, kinds: Iterable[tuple[Kind, int]]) -> Iterator[tuple[Kind, int]]:
    """Yield kinds of index while there is time for one that takes as long as the last did."""
    start, last = time.monotonic(), 0.0
    for kind in kinds:
        begin = time.monotonic()
        if begin - start + last > seconds:
            return
        yield kind
        last = time.monotonic() - begin


@crossing(Boundary.BUILD_VECTOR_INDEX)
def _build_tuned(
    chunks: Table, probes: Probes, index: VectorIndex, minimum: float
) -> tuple[VectorIndex, Measurement]:
    """Build this index, and tune it to the minimum recall."""
    index.build(chunks)
    return tune(chunks, probes, index, minimum)


def tune(
    chunks: Table, probes: Probes, index: VectorIndex, minimum: float
) -> tuple[VectorIndex, Measurement]:
    """Return the index with the fewest `nprobes` that reach the minimum recall.

    `nprobes` never falls below its present value. If not even all partitions reach the minimum,
    the last measurement is returned; the caller must check it. The index must have been built.
    """
    steps = sorted(
        {
            min(index.partitions, round(2 ** (step / 2)))
            for step in range(2 * index.partitions.bit_length() + 1)
        }
    )
    steps = [step for step in steps if step >= index.nprobes]
    # Binary search: recall grows with the number of partitions that are searched.
    low, high, best = 0, len(steps) - 1, None
    while low <= high:
        middle = (low + high) // 2
        tuned = index.model_copy(update={"nprobes": steps[middle]})
        measured = measure(chunks, probes, tuned)
        if measured.reaches(minimum):
            best, high = (tuned, measured), middle - 1
        else:
            low = middle + 1
    tuned, measured = best or (tuned, measured)
    return with_measurement(chunks, tuned, measured), measured


def with_measurement(chunks: Table, index: VectorIndex, measured: Measurement) -> VectorIndex:
    """Return the index with what was measured, and on which state of the table."""
    return index.model_copy(
        update={
            "recall": round(measured.recall, 4),
            "p95_ms": round(measured.p95_ms, 2),
            "cut_at": partitioned_at(chunks),
            "seen": chunks.count_rows(),
            "unseen": 0,
        }
    )


def _search(chunks: Table, vector: Vectors, index: VectorIndex | None) -> Vectors:
    """Return the cosines of the chunks that a search finds, the nearest first."""
    query = nearest(chunks, vector, index).limit(_SEARCH_LIMIT).select(["chunk_id", "_distance"])
    distances = query.to_arrow().column("_distance").to_numpy()
    return np.asarray(1.0 - distances, dtype=np.float32)


def _vectors_at(chunks: Table, offsets: Sequence[int]) -> Vectors:
    taken: Any = chunks.take_offsets(list(offsets))
    return matrix(taken.select(["vector"]).to_arrow().column("vector")).copy()


def tenth_nearest(chunks: Table, vectors: Vectors) -> Vectors:
    """Return the cosine of the tenth nearest chunk to each vector, by comparing all chunks.

    The table is read batch by batch, so that memory does not grow with it.

    Args:
        chunks: A table that is not empty.
        vectors: Unit vectors, shape (n, dimension).

    Returns:
        Cosines, shape (n,); with fewer than ten chunks, of the farthest.
    """
    best = np.full((len(vectors), _K), -np.inf, dtype=np.float32)
    for batch in chunks.search().select(["vector"]).to_batches(_BATCH_ROWS):
        scores = np.concatenate([best, vectors @ matrix(batch.column("vector")).T], axis=1)
        # Partial sorting: only which ten are the best matters until the end.
        best = np.partition(scores, -_K, axis=1)[:, -_K:]
    best.sort(axis=1)
    return np.asarray(best[:, -min(_K, chunks.count_rows())])
