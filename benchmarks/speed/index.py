"""Building, upserts and searches at 100,000 and 1,000,000 chunks: `python -m benchmarks.speed.index CORPORA [ROWS…]`.

The chunks are synthetic (`benchmarks.speed.synthetic`), so CORPORA is not read. They are published as a run does, and kept
by what `vouch maintain` does. Queries are of documents that the index does not hold; what a model would make of their words
is at hand, so that no figure holds its time. Seconds and milliseconds are of wall time, and of processor time where it says so.
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
from vouch.index.search.search import Index
from vouch.index.search.store_queries import Queries
from vouch.index.store.generations import record_generation
from vouch.index.store.publication_columns import Stamp, stamped_chunks
from vouch.index.store.run_log import Intent
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables, is_in
from vouch.index.vectors.tuning import Probes, measure, tenth_nearest
from vouch.index.vectors.vector_index import VectorIndex, current_vector_index, nearest
from vouch.schemas.ids import document_id
from vouch.schemas.run import RunRecord
from vouch.schemas.settings import EmbeddingSettings, FilesSource, IndexSettings, Settings

ROWS = (100_000, 1_000_000)
_AT_ONCE = 25_000  # documents a publication
_CHANGE = 10_000  # chunks of an upsert: half of them of documents that are held
_QUERIES, _EXACT = 200, 20
_SETTINGS = Settings(
    sources=(FilesSource(name="synthetic", path="."),), index=IndexSettings(max_tuning_s=300)
)


class Asked:
    """What stands in for a model: the vectors of queries, at hand. Embedding a query is not part of any figure."""

    def __init__(self, queries: dict[str, Vectors]) -> None:
        self.card = SimpleNamespace(settings=EmbeddingSettings())
        self._queries = queries

    def embed_query(self, text: str) -> Vectors:
        return self._queries[text]


class Bench:
    """An index of so many chunks in a folder, and what was measured of it."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.corpus, self.rows, self._folder = Synthetic(), rows, folder
        self.tables = Tables.create(folder / "index", DIMENSION)
        self._next, self._runs = 0, 0

    def build(self) -> float:
        """Seconds of publishing alone, staging not counted."""
        seconds = 0.0
        while self._next < self.rows // PER_DOCUMENT:
            seconds += self._publish(min(_AT_ONCE, self.rows // PER_DOCUMENT - self._next), 0)[0]
        self._note_generation()
        return seconds

    def upsert(self) -> tuple[float, float]:
        """Seconds and processor seconds of publishing a change: half of it to documents that are held, half new ones."""
        return self._publish(_CHANGE // PER_DOCUMENT // 2, _CHANGE // PER_DOCUMENT // 2)

    def commit(self) -> tuple[float, float]:
        """Of the one commit that changes the chunks in such a publication, into a copy of nothing: it is taken back."""
        staging, gone = self._staged(_CHANGE // PER_DOCUMENT // 2, _CHANGE // PER_DOCUMENT // 2)
        chunks = self.tables.latest().chunks
        version = chunks.version
        rows = stamped_chunks(staging, chunks.schema, Stamp("benchmark", datetime.now(UTC)))
        spent = _timed(lambda: upsert(chunks, rows, "chunk_id", is_in("document_id", gone)))
        chunks.restore(version)
        staging.discard()
        return spent

    def _publish(self, added: int, changed: int) -> tuple[float, float]:
        staging, gone = self._staged(added, changed)
        held = self.tables.latest().chunks.count_rows() + added * PER_DOCUMENT
        intent = Intent(
            staging=str(staging.root),
            shards=staging.names,
            dimension=DIMENSION,
            replaced=gone,
            settled=gone,
            chunks=held,
        )
        spent = _timed(lambda: publish(self.tables, staging, intent, self._record(), _SETTINGS))
        self._next += added
        staging.discard()
        return spent

    def _staged(self, added: int, changed: int) -> tuple[Staging, list[str]]:
        self._runs += 1
        staging = Staging(self._folder / "work", DIMENSION)
        first = (
            self._runs * changed % (self.rows // PER_DOCUMENT - changed)
        )  # documents that are held
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
            anywhere=EmbeddingSettings,
            dimension=DIMENSION,
            weights_sha256="",
        )
        record_generation(self.tables, card, np.zeros(DIMENSION, dtype=np.float32), "benchmark")

    def queries(self) -> dict[str, Vectors]:
        """Six words of chunks that the index does not hold, and the vectors of these chunks."""
        many = range(10_000_000, 10_000_000 + _QUERIES)
        return {
            " ".join(self.corpus.texts(number, 1)[0].split()[:6])
            + f" {number}": self.corpus.vectors(number, 1)[0]
            for number in many
        }

    def opened(self, queries: dict[str, Vectors]) -> Index:
        model: Any = Asked(queries)
        return Index.of(published_state(Tables.open(self._folder / "index")), GENERATION, model)


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    before, began = os.times(), time.perf_counter()
    work()
    after = os.times()
    return time.perf_counter() - began, after.user - before.user + after.system - before.system


def _asked(ask: Callable[[Any], Any], queries: list[Any]) -> tuple[float, float, float]:
    """Milliseconds a query: median, 95th percentile, and of processor time. The first ones only warm up."""
    for query in queries[: len(queries) // 10]:
        ask(query)
    spent = [_timed(lambda query=query: ask(query)) for query in queries]
    wall = [1000 * seconds for seconds, _ in spent]
    return (
        float(np.median(wall)),
        float(np.percentile(wall, 95)),
        1000 * sum(cpu for _, cpu in spent) / len(spent),
    )


def _recall(tables: Tables, vectors: list[Vectors]) -> float:
    """Of the ten nearest by comparing all, the share that is found as searches ask."""
    asked = np.stack(vectors)
    return measure(
        tables.chunks,
        Probes(asked, tenth_nearest(tables.chunks, asked)),
        current_vector_index(tables.chunks),
    ).recall


def tables(corpora: Path, sizes: tuple[int, ...] = ROWS) -> Iterator[str]:
    """One table over all sizes."""
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
                f"| {name} | " + " | ".join(one[name] for one in columns) + " |"
                for name in columns[0]
            ]
        )
        + "\n"
    )


def _shown(figures: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The same, told on the way, because a whole table takes minutes."""
    for name, value in figures:
        print(f"{name}: {value}", file=sys.stderr, flush=True)
        yield name, value


def _figures(bench: Bench) -> Iterator[tuple[str, str]]:
    yield "publishing them, 250,000 at a time", f"{bench.build():,.0f} s"
    queries = bench.queries()
    texts, vectors = list(queries), list(queries.values())
    kept, cpu = _timed(lambda: maintain(bench.tables.latest(), _SETTINGS.index))
    yield "`vouch maintain`, choosing an index", f"{kept:,.0f} s ({cpu:,.0f} s of processor time)"
    state = published_state(Tables.open(bench.tables.folder))
    ours, exact = Queries(state), Queries(state, VectorIndex())
    yield "chosen", str(ours.vectors)
    yield "recall at 10 against exact search", f"{_recall(state, vectors):.3f}"
    slow = _asked(lambda vector: exact.by_vector(vector, 100, None), vectors[:_EXACT])
    fast = _asked(lambda vector: ours.by_vector(vector, 100, None), vectors)
    yield "100 nearest, exact (baseline)", _told(slow)
    ten = _asked(
        lambda vector: (
            nearest(state.chunks, vector, ours.vectors).limit(10).select(["chunk_id"]).to_arrow()
        ),
        vectors,
    )
    yield "10 nearest, by the index, their ids", _told(ten)
    yield "100 nearest, by the index", f"{_told(fast)}, {slow[2] / fast[2]:.0f} times less"
    searched = bench.opened(queries)
    for mode in ("vector", "text", "hybrid"):
        yield (
            f'`search(…, mode="{mode}")`',
            _told(_asked(lambda text, mode=mode: searched.search(text, mode=mode), texts)),
        )
    yield (
        "`search(…)` where `language=de`",
        _told(_asked(lambda text: searched.search(text, filters=["language=de"]), texts)),
    )
    commits = sorted(bench.commit() for _ in range(3))[1]
    yield (
        f"upsert of {_CHANGE:,}: the commit of the chunks",
        f"{commits[0]:.2f} s ({commits[1]:.2f} s of processor time)",
    )
    whole = sorted(bench.upsert() for _ in range(3))[1]
    yield (
        f"upsert of {_CHANGE:,}: the whole publication",
        f"{whole[0]:.2f} s ({whole[1]:.2f} s of processor time)",
    )
    after = bench.opened(queries)
    for mode in ("vector", "hybrid"):
        yield (
            f'then `search(…, mode="{mode}")`',
            _told(_asked(lambda text, mode=mode: after.search(text, mode=mode), texts)),
        )
    yield (
        "then recall at 10",
        f"{_recall(published_state(Tables.open(bench.tables.folder)), vectors):.3f}",
    )


def _told(figures: tuple[float, float, float]) -> str:
    return "{:.0f} ms, 95% within {:.0f} ms ({:.0f} ms of processor time)".format(*figures)


def main() -> None:
    """Print the table; ROWS after the folder are other sizes, for a quick run."""
    sizes = tuple(int(size) for size in sys.argv[2:]) or ROWS
    for table in tables(Path(sys.argv[1]), sizes):
        print(table)


if __name__ == "__main__":
    main()
