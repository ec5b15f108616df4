"""Searches by vector in a folder and in an object store, exact and by an index.

    python -m benchmarks.scale.vectors [ROWS…]

The chunks are synthetic (`benchmarks.speed.synthetic`), written at once and indexed as `vouch
maintain` does it. The store is SeaweedFS behind a proxy that counts requests and bytes and makes
each request wait, not at all or for 30 ms as a bucket in the same region may. Its bandwidth is that
of this machine: a real one gives some 90 MB/s a connection. Queries come from documents that are
not in the index. A first search is that of a process which has just opened the table.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lancedb.table import Table

from benchmarks.speed.synthetic import DIMENSION, PER_DOCUMENT, Synthetic, stage
from tests.object_store import object_store
from tests.store_proxy import Faults, StoreProxy, store_proxy
from vouch.embedders.base import Vectors
from vouch.index.store.publication_columns import Stamp, stamped_chunks
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables, compact, open_table
from vouch.index.vectors.access import Access
from vouch.index.vectors.tuning import Probes, choose_vector_index, tune
from vouch.index.vectors.vector_index import Kind, VectorIndex, nearest
from vouch.schemas.settings.index import IndexSettings
from vouch.storage.location import Location
from vouch.storage.places import location_of

ROWS = (1_000, 5_000, 20_000, 50_000, 100_000)
_DELAY_S = 0.03
_COLD, _WARM_UP, _WARM = 5, 30, 40  # queries
_LIMIT = 100  # rows, as a search requests them
# What else could be built in an object store: kinds, factors of refinement, partitions.
_REJECTED_ROWS = 20_000
_REJECTED: tuple[tuple[Kind, int, int], ...] = (
    ("IVF_FLAT", 0, 16), ("IVF_FLAT", 0, 141), ("IVF_SQ", 1, 141), ("IVF_RQ", 2, 141),
)  # fmt: skip
_HEADER = (
    "| chunks | place | search | first | then, p50 / p95 | recall | first: requests, MB | then |\n"
    "|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table is read, and the proxy that counts, if any."""

    name: str
    location: Location
    proxy: StoreProxy | None = None

    def counted(self) -> tuple[int, int]:
        """Return the number of requests so far, and their bytes."""
        requests = self.proxy.requests if self.proxy else []
        return len(requests), sum(request.received for request in requests)


def tables(sizes: tuple[int, ...]) -> Iterator[str]:
    """Yield the lines of the table, as they are measured."""
    yield _HEADER
    corpus = Synthetic()
    queries = corpus.vectors(10**7, 1 + (_COLD + _WARM_UP + _WARM) // PER_DOCUMENT)
    with (
        tempfile.TemporaryDirectory() as name,
        object_store(Path(name)) as store,
        store_proxy(store.endpoint) as near,
        store_proxy(store.endpoint) as far,
    ):
        far.faults = Faults(delay_s=_DELAY_S)
        for rows in sizes:
            bucket = store.bucket()
            there = [
                Place(label, location_of(bucket, store.options_by(proxy.endpoint)), proxy)
                for label, proxy in (("store", near), ("store, 30 ms", far))
            ]
            for places in ([Place("folder", location_of(Path(name) / str(rows)))], there):
                build(places[0].location, corpus, rows, Path(name) / f"work-{rows}")
                yield from _lines(places, rows, queries)
            if rows == _REJECTED_ROWS:
                yield from _rejected(there, rows, queries)


def build(location: Location, corpus: Synthetic, rows: int, work: Path) -> None:
    """Write the chunks of a corpus, in one commit."""
    staging = Staging(work, DIMENSION)
    staging = staging.of(stage(staging, corpus, range(rows // PER_DOCUMENT)))
    chunks = Tables.create(location, DIMENSION).chunks
    chunks.add(stamped_chunks(staging, chunks.schema, Stamp("benchmark", datetime.now(UTC))))
    compact(chunks)


def _lines(places: list[Place], rows: int, queries: Vectors) -> Iterator[str]:
    exact = VectorIndex(rows=rows)
    for place in places:
        yield _line(place, rows, exact, "exact", queries)
    first = places[0]
    chunks = open_table(first.location, "chunks")
    start, before = time.perf_counter(), first.counted()
    index, _ = choose_vector_index(
        chunks, Probes.of(chunks), IndexSettings(), Access.of(first.location)
    )
    seconds, after = time.perf_counter() - start, first.counted()
    for place in places:
        yield _line(place, rows, index, str(index), queries)
    yield _note(rows, first, "chosen", seconds, before, after)


def _rejected(places: list[Place], rows: int, queries: Vectors) -> Iterator[str]:
    chunks = open_table(places[0].location, "chunks")
    probes = Probes.of(chunks)
    for kind, refine, partitions in _REJECTED:
        index = VectorIndex(kind=kind, refine=refine, partitions=partitions, rows=rows)
        index.build(chunks)
        start, before = time.perf_counter(), places[0].counted()
        index, _ = tune(chunks, probes, index, IndexSettings().min_recall)
        seconds, after = time.perf_counter() - start, places[0].counted()
        for place in places:
            yield _line(place, rows, index, f"(not chosen) {index}", queries)
        yield _note(rows, places[0], f"{kind} tuned", seconds, before, after)


def _note(
    rows: int,
    place: Place,
    step: str,
    seconds: float,
    before: tuple[int, int],
    after: tuple[int, int],
) -> str:
    requests, megabytes = _difference(before, after, 1)
    cells = [f"{rows:,}", place.name, f"*{step} in {seconds:.0f} s*", "", "", ""]
    return f"| {' | '.join(cells)} | {_cell(requests, megabytes)} | |"


def _line(place: Place, rows: int, index: VectorIndex, name: str, queries: Vectors) -> str:
    cold, counted = [], []
    for query in queries[:_COLD]:
        chunks = open_table(place.location, "chunks")
        before = place.counted()
        cold.append(_milliseconds(chunks, query, index))
        counted.append(_difference(before, place.counted(), 1))
    warm_queries = queries[_COLD:]
    for query in warm_queries[:_WARM_UP]:
        _milliseconds(chunks, query, index)
    before = place.counted()
    warm = [_milliseconds(chunks, query, index) for query in warm_queries[_WARM_UP:][:_WARM]]
    then = _difference(before, place.counted(), len(warm))
    p95 = statistics.quantiles(warm, n=20)[-1]
    cells = [
        f"{rows:,}", place.name, name, f"{statistics.median(cold):.0f} ms",
        f"{statistics.median(warm):.0f} / {p95:.0f} ms", f"{index.recall:.3f}",
        *(_cell(*each) if place.proxy else "–" for each in (counted[0], then)),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _difference(
    before: tuple[int, int], after: tuple[int, int], queries: int
) -> tuple[float, float]:
    return (after[0] - before[0]) / queries, (after[1] - before[1]) / queries / 1e6


def _cell(requests: float, megabytes: float) -> str:
    return f"{requests:,.0f}, {megabytes:,.1f} MB"


def _milliseconds(chunks: Table, query: Vectors, index: VectorIndex) -> float:
    start = time.perf_counter()
    nearest(chunks, query, index).limit(_LIMIT).select(["chunk_id", "_distance"]).to_arrow()
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    """Print the table; ROWS are the sizes, for a short run."""
    for line in tables(tuple(int(rows) for rows in sys.argv[1:]) or ROWS):
        print(line, flush=True)


if __name__ == "__main__":
    main()
