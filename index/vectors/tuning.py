"""Chooses an index for the vectors by what it finds and what it costs, on the very vectors that are held.

The queries are held vectors, changed so that none is its own neighbour: half of them by noise, half by a part of another
one, which leads them between topics. They come from a fixed seed, and what they should find from comparing all.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from lancedb.table import Table

from vouch.embedders.base import Vectors
from vouch.index.store.publication_columns import now
from vouch.index.store.tables import matrix
from vouch.index.vectors.vector_index import (
    VECTOR_INDEX,
    Kind,
    VectorIndex,
    cut_at,
    has_index,
    nearest,
    note,
)
from vouch.schemas.settings import IndexSettings

_QUERIES, _K = 200, 10
_WARM = 20  # queries that are asked before any is measured
_SAME = 1e-5  # cosines that differ by less are equal
_CHANGED = 0.5  # of a query is something else than the held vector
_AT_ONCE = 16_384  # rows
_SURE = 1.64  # standard errors: by chance, one sample in twenty is so far off
_CHEAP_MS = 5.0  # of processor time; below, other kinds of index have nothing left to win
_BETTER = 0.8  # of the cost: by less than that a measurement can be wrong
# The first that is cheap enough ends the search. A graph (HNSW) takes 20 times as long to build and found less; product
# quantization found a tenth (BENCHMARKS.md). Quantized ones are refined by the exact vectors.
_KINDS: tuple[tuple[Kind, int], ...] = (("IVF_FLAT", 0), ("IVF_SQ", 1), ("IVF_RQ", 2))


@dataclass(frozen=True, slots=True)
class Probes:
    """Unit vectors, shape (n, dimension), and the cosine of the tenth nearest chunk to each, shape (n,).

    What is as near as the tenth counts as found: chunks with equal vectors stand for each other.
    """

    vectors: Vectors
    tenth: Vectors

    @classmethod
    def of(cls, chunks: Table) -> "Probes":
        """Of a table with rows."""
        random, rows = np.random.default_rng(0), chunks.count_rows()
        count = min(_QUERIES, rows)
        own, other = (
            _held(chunks, random.choice(rows, count, replace=False).tolist()) for _ in range(2)
        )
        noise = random.standard_normal(own.shape).astype(np.float32)
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        other[: count // 2] = noise[: count // 2]
        mixed = own + _CHANGED * other
        vectors = (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)
        return cls(vectors, tenth_nearest(chunks, vectors))


@dataclass(frozen=True, slots=True)
class Measurement:
    """Recall at 10 with its standard error, milliseconds of processor time a query, and the 95th percentile of its time."""

    recall: float
    error: float
    cpu_ms: float
    p95_ms: float

    def reaches(self, least: float) -> bool:
        """Surely: not by chance of which queries were asked."""
        return self.recall - _SURE * self.error >= least or self.recall == 1.0


def measure(chunks: Table, queries: Probes, index: VectorIndex | None) -> Measurement:
    """Ask the table so; None asks as the store does by itself."""
    if index is not None and index.kind == "exact":  # finds all of them, and takes its time
        queries = Probes(queries.vectors[:_WARM], queries.tenth[:_WARM])
    shares, times = [], []
    wanted = min(_K, chunks.count_rows())
    for vector in queries.vectors[: _WARM // 4]:
        _ask(chunks, vector, index)
    began = time.process_time()
    for vector, tenth in zip(queries.vectors, queries.tenth, strict=True):
        start = time.perf_counter()
        cosines = _ask(chunks, vector, index)
        times.append(1000 * (time.perf_counter() - start))
        shares.append(float(np.sum(cosines[:wanted] >= tenth - _SAME)) / wanted)
    cpu = 1000 * (time.process_time() - began) / len(times)
    error = float(np.std(shares)) / sqrt(len(shares))
    return Measurement(float(np.mean(shares)), error, cpu, float(np.percentile(times, 95)))


def choose(
    chunks: Table, queries: Probes, settings: IndexSettings
) -> tuple[VectorIndex, list[str]]:
    """Build what finds enough at the least cost; returns it and what was tried, in words.

    Where none does, search is exact.
    """
    if has_index(chunks):
        chunks.drop_index(VECTOR_INDEX)
    before = chunks.version
    tried: list[str] = []
    built: list[tuple[float, int, VectorIndex]] = []
    for kind, refine in _in_time(settings.max_tuning_s):
        index, measured = _tuned(
            chunks, queries, VectorIndex(kind=kind, refine=refine), settings.min_recall
        )
        tried.append(
            f"{index}: recall {measured.recall:.3f}, {measured.cpu_ms:.1f} ms of processor time"
        )
        if measured.reaches(settings.min_recall):
            # Exact vectors win unless others cost clearly less.
            built.append((measured.cpu_ms * (1.0 if refine else _BETTER), chunks.version, index))
            if measured.cpu_ms <= _CHEAP_MS:
                break
    exact = VectorIndex(rows=chunks.count_rows(), chosen_at=now())
    _, version, index = min(built, key=lambda one: one[:2]) if built else (0.0, before, exact)
    if version != chunks.version:
        chunks.restore(version)
    note(chunks, index)
    return index, tried


def _in_time(seconds: float) -> Iterator[tuple[Kind, int]]:
    """The kinds of index, while there is time for one that takes as long as the last."""
    began, last = time.monotonic(), 0.0
    for kind in _KINDS:
        start = time.monotonic()
        if start - began + last > seconds:
            return
        yield kind
        last = time.monotonic() - start


def _tuned(
    chunks: Table, queries: Probes, index: VectorIndex, least: float
) -> tuple[VectorIndex, Measurement]:
    """Built, with the fewest partitions looked into that find enough, or with all of them."""
    rows = chunks.count_rows()
    index = index.model_copy(
        update={"partitions": max(2, round(sqrt(rows))), "rows": rows, "chosen_at": now()}
    )
    index.build(chunks)
    return tune(chunks, queries, index, least)


def tune(
    chunks: Table, queries: Probes, index: VectorIndex, least: float
) -> tuple[VectorIndex, Measurement]:
    """The same index with the fewest partitions looked into that find enough, no fewer than now; the index must be there."""
    steps = [step for step in _steps(index) if step >= index.nprobes]
    low, high, best = 0, len(steps) - 1, None
    while low <= high:
        middle = (low + high) // 2
        asked = index.model_copy(update={"nprobes": steps[middle]})
        measured = measure(chunks, queries, asked)
        if measured.reaches(least):
            best, high = (asked, measured), middle - 1
        else:
            low = middle + 1
    asked, measured = best or (asked, measured)
    return told(chunks, asked, measured), measured


def _steps(index: VectorIndex) -> list[int]:
    """Numbers of partitions to look into."""
    return sorted(
        {
            min(index.partitions, round(2 ** (step / 2)))
            for step in range(2 * index.partitions.bit_length() + 1)
        }
    )


def told(chunks: Table, index: VectorIndex, measured: Measurement) -> VectorIndex:
    """With what was measured, and on what."""
    found = {"recall": round(measured.recall, 4), "p95_ms": round(measured.p95_ms, 2)}
    return index.model_copy(
        update=found | {"cut_at": cut_at(chunks), "seen": chunks.count_rows(), "unseen": 0}
    )


def _ask(chunks: Table, vector: Vectors, index: VectorIndex | None) -> Vectors:
    """The cosines of what is found, the nearest first."""
    # As many as a search asks for: what is refined depends on it.
    found = nearest(chunks, vector, index).limit(100).select(["chunk_id", "_distance"]).to_arrow()
    return np.asarray(1.0 - found.column("_distance").to_numpy(), dtype=np.float32)


def _held(chunks: Table, places: Sequence[int]) -> Vectors:
    taken: Any = chunks.take_offsets(list(places))
    return matrix(taken.select(["vector"]).to_arrow().column("vector")).copy()


def tenth_nearest(chunks: Table, vectors: Vectors) -> Vectors:
    """The cosine of the tenth nearest chunk to each, shape (n,), by comparing all of them.

    Batch by batch: memory does not grow with the table.
    """
    best = np.full((len(vectors), _K), -np.inf, dtype=np.float32)
    for batch in chunks.search().select(["vector"]).to_batches(_AT_ONCE):
        scores = np.concatenate([best, vectors @ matrix(batch.column("vector")).T], axis=1)
        best = np.partition(scores, -_K, axis=1)[:, -_K:]
    best.sort(axis=1)
    return np.asarray(best[:, -min(_K, chunks.count_rows())])
