"""Publications, upserts and searches of 100,000 and 1,000,000 chunks.

    python -m benchmarks.speed.index CORPORA [ROWS…]

The chunks are synthetic (`benchmarks.speed.synthetic`), so that CORPORA is not read. They are
published as a run does it, and maintained as `vouch maintain` does it. Queries come from documents
that are not in the index, with their vectors, so that no figure includes the model's time. Times
are wall time, and processor time where it says so.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.speed.synthetic import (
    DIMENSION,
    GENERATION,
    PER_DOCUMENT,
    Synthetic,
    document_at,
    stage,
)
from vouch.embedders.base import Vectors
from vouch.index.publishing.maintenance import maintain
from vouch.index.publishing.publish import publish, upsert
from vouch.index.publishing.versions import published_state
from vouch.index.search.searcher import Searcher
from vouch.index.search.store_queries import Queries
from vouch.index.store.generations import record_generation
from vouch.index.store.publication_columns import Stamp, stamped_chunks
from vouch.index.store.run_log import Intent
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables, is_in
from vouch.index.vectors.tuning import Probes, measure, tenth_nearest
from vouch.index.vectors.vector_index import VectorIndex, current_vector_index, nearest
from vouch.schemas.documents.ids import document_id
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.settings.embedding import EmbeddingSettings
from vouch.schemas.settings.index import IndexSettings
from vouch.schemas.settings.sources import FilesSource
from vouch.schemas.settings.vouch_yaml import Settings

ROWS = (100_000, 1_000_000)
_BATCH = 25_000  # documents a publication
_CHANGE = 10_000  # chunks of an upsert: half of them of indexed documents
_QUERIES, _EXACT = 200, 20
_SETTINGS = Settings(
    sources=(FilesSource(name="synthetic", path="."),), index=IndexSettings(max_tuning_s=300)
)


class QueryVectors:
    """The vectors of the queries in place of a model, whose time is not measured here."""

    def __init__(self, queries: dict[str, Vectors]) -> None:
        self.card = SimpleNamespace(settings=EmbeddingSettings())
        self._queries = queries

    def embed_query(self, text: str) -> Vectors:
        return self._queries[text]


class Bench:
    """An index of `rows` chunks in a folder, and its measurements."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.corpus, self.rows, self._folder = Synthetic(), rows, folder
        self.tables = Tables.create(folder / "index", DIMENSION)
        self._next, self._runs = 0, 0

    def build(self) -> float:
        """Publish all rows; return the seconds of publication without staging."""
        seconds = 0.0
        while self._next < self.rows // PER_DOCUMENT:
            seconds += self._publish(min(_BATCH, self.rows // PER_DOCUMENT - self._next), 0)[0]
        self._note_generation()
        return seconds

    def upsert(self) -> tuple[float, float]:
        """Publish a change, half of it to indexed documents; return wall and processor seconds."""
        return self._publish(_CHANGE // PER_DOCUMENT // 2, _CHANGE // PER_DOCUMENT // 2)

    def commit(self) -> tuple[float, float]:
        """Return the same of the commit of the chunks alone, which is reverted afterwards."""
        staging, replaced = self._staged(_CHANGE // PER_DOCUMENT // 2, _CHANGE // PER_DOCUMENT // 2)
        chunks = self.tables.latest().chunks
        version = chunks.version
        rows = stamped_chunks(staging, chunks.schema, Stamp("benchmark", datetime.now(UTC)))
        spent = _timed(lambda: upsert(chunks, rows, "chunk_id", is_in("document_id", replaced)))
        chunks.restore(version)
        staging.discard()
        return spent

    def _publish(self, added: int, changed: int) -> tuple[float, float]:
        staging, replaced = self._staged(added, changed)
        chunk_count = self.tables.latest().chunks.count_rows() + added * PER_DOCUMENT
        intent = Intent(
            staging=str(staging.root),
            shards=staging.names,
            dimension=DIMENSION,
            replaced=replaced,
            settled=replaced,
            chunks=chunk_count,
        )
        spent = _timed(lambda: publish(self.tables, staging, intent, self._record(), _SETTINGS))
        self._next += added
        staging.discard()
        return spent

    def _staged(self, added: int, changed: int) -> tuple[Staging, list[str]]:
        self._runs += 1
        staging = Staging(self._folder / "work", DIMENSION)
        # Numbers of indexed documents.
        first = self._runs * changed % (self.rows // PER_DOCUMENT - changed)
        names = stage(staging, self.corpus, range(self._next, self._next + added))
        names += stage(staging, self.corpus, range(first, first + changed), version=self._runs)
        staging = staging.of(names)
        return staging, [
            document_id(*document_at(number)) for number in range(first, first + changed)
        ]

    def _record(self) -> RunRecord:
        return RunRecord(
            run_id=f"20260101T{self._runs:06d}-aaaaaa",
            started_at=datetime.now(UTC),
            settings_sha256="",
            code_version="",
            embedding_fingerprint=GENERATION,
        )

    def _note_generation(self) -> None:
        card: Any = SimpleNamespace(
            fingerprint=GENERATION,
            portable_settings=EmbeddingSettings,
            dimension=DIMENSION,
            weights_sha256="",
        )
        probes = np.zeros((1, DIMENSION), dtype=np.float32)
        record_generation(self.tables, card, probes, "benchmark")

    def queries(self) -> dict[str, Vectors]:
        """Return six words each of chunks that are not indexed, with the vectors of the chunks."""
        numbers = range(10_000_000, 10_000_000 + _QUERIES)
        return {
            " ".join(self.corpus.texts(number, 1)[0].split()[:6])
            + f" {number}": self.corpus.vectors(number, 1)[0]
            for number in numbers
        }

    def opened(self, queries: dict[str, Vectors]) -> Searcher:
        model: Any = QueryVectors(queries)
        return Searcher.of(published_state(Tables.open(self._folder / "index")), GENERATION, model)


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    before, start = os.times(), time.perf_counter()
    work()
    after = os.times()
    return time.perf_counter() - start, after.user - before.user + after.system - before.system


def _milliseconds(search: Callable[[Any], Any], queries: list[Any]) -> tuple[float, float, float]:
    """Return milliseconds a query: median, 95th percentile, mean processor time.

    A tenth of the queries is repeated first, to fill caches.
    """
    for query in queries[: len(queries) // 10]:
        search(query)
    spent = [_timed(lambda query=query: search(query)) for query in queries]
    wall = [1000 * seconds for seconds, _ in spent]
    return (
        float(np.median(wall)),
        float(np.percentile(wall, 95)),
        1000 * sum(cpu for _, cpu in spent) / len(spent),
    )


def _recall(tables: Tables, vectors: list[Vectors]) -> float:
    """Return the share of the ten nearest chunks that a search with the index finds."""
    queries = np.stack(vectors)
    return measure(
        tables.chunks,
        Probes(queries, tenth_nearest(tables.chunks, queries)),
        current_vector_index(tables.chunks),
    ).recall


def tables(corpora: Path, sizes: tuple[int, ...] = ROWS) -> Iterator[str]:
    """Yield one table with a column for each size."""
    with tempfile.TemporaryDirectory() as folder:
        columns = [dict(_shown(_figures(Bench(Path(folder) / str(rows), rows)))) for rows in sizes]
    lines = [
        "### Index",
        "",
        "| | " + " | ".join(f"{rows:,} chunks" for rows in sizes) + " |",
        "|---" * (len(sizes) + 1) + "|",
    ]
    yield (
        "\n".join(
            lines
            + [
                f"| {name} | " + " | ".join(column[name] for column in columns) + " |"
                for name in columns[0]
            ]
        )
        + "\n"
    )


def _shown(figures: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the figures and log each, because a whole table takes minutes."""
    for name, value in figures:
        print(f"{name}: {value}", file=sys.stderr, flush=True)
        yield name, value


def _figures(bench: Bench) -> Iterator[tuple[str, str]]:
    yield "publishing them, 250,000 at a time", f"{bench.build():,.0f} s"
    queries = bench.queries()
    texts, vectors = list(queries), list(queries.values())
    seconds, cpu = _timed(lambda: maintain(bench.tables.latest(), _SETTINGS.index))
    yield (
        "`vouch maintain`, choosing an index",
        f"{seconds:,.0f} s ({cpu:,.0f} s of processor time)",
    )
    state = published_state(Tables.open(bench.tables.location))
    ours, exact = Queries(state), Queries(state, VectorIndex())
    yield "chosen", str(ours.vectors)
    yield "recall at 10 against exact search", f"{_recall(state, vectors):.3f}"
    slow = _milliseconds(lambda vector: exact.by_vector(vector, 100, None), vectors[:_EXACT])
    fast = _milliseconds(lambda vector: ours.by_vector(vector, 100, None), vectors)
    yield "100 nearest, exact (baseline)", _cell(slow)
    ten = _milliseconds(
        lambda vector: (
            nearest(state.chunks, vector, ours.vectors).limit(10).select(["chunk_id"]).to_arrow()
        ),
        vectors,
    )
    yield "10 nearest, by the index, their ids", _cell(ten)
    yield "100 nearest, by the index", f"{_cell(fast)}, {slow[2] / fast[2]:.0f} times less"
    searched = bench.opened(queries)
    for mode in ("vector", "text", "hybrid"):
        yield (
            f'`search(…, mode="{mode}")`',
            _cell(_milliseconds(lambda text, mode=mode: searched.search(text, mode=mode), texts)),
        )
    yield (
        "`search(…)` where `language=de`",
        _cell(_milliseconds(lambda text: searched.search(text, filters=["language=de"]), texts)),
    )
    commits = sorted(bench.commit() for _ in range(3))[1]
    yield (
        f"upsert of {_CHANGE:,}: the commit of the chunks",
        f"{commits[0]:.2f} s ({commits[1]:.2f} s of processor time)",
    )
    publications = sorted(bench.upsert() for _ in range(3))[1]
    yield (
        f"upsert of {_CHANGE:,}: the whole publication",
        f"{publications[0]:.2f} s ({publications[1]:.2f} s of processor time)",
    )
    after = bench.opened(queries)
    for mode in ("vector", "hybrid"):
        yield (
            f'then `search(…, mode="{mode}")`',
            _cell(_milliseconds(lambda text, mode=mode: after.search(text, mode=mode), texts)),
        )
    yield (
        "then recall at 10",
        f"{_recall(published_state(Tables.open(bench.tables.location)), vectors):.3f}",
    )


def _cell(figures: tuple[float, float, float]) -> str:
    return "{:.0f} ms, 95% within {:.0f} ms ({:.0f} ms of processor time)".format(*figures)


def main() -> None:
    """Print the table; ROWS after the folder are the sizes, for a short run."""
    sizes = tuple(int(size) for size in sys.argv[2:]) or ROWS
    for table in tables(Path(sys.argv[1]), sizes):
        print(table)


if __name__ == "__main__":
    main()
