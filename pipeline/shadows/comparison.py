"""Compares a shadow with the published state: what search finds, how fast, and what it takes."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from vouch.embedders.embedder import Embedder
from vouch.embedders.local.process import embedding_process
from vouch.index.publishing.versions import published_state
from vouch.index.search.published_model import published_embedder, verify
from vouch.index.search.searcher import Searcher
from vouch.index.shadows.shadow import Shadow, ShadowState, difference
from vouch.index.store.generations import newest
from vouch.index.store.publication_columns import now
from vouch.index.store.tables import Tables
from vouch.pipeline.context.index_model import open_index, service_model
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.operations.retrieval_evaluation import SearchWay, canonical_texts
from vouch.schemas.errors import VouchError
from vouch.schemas.runs.retrieval import Retrieval
from vouch.schemas.runs.shadow import Latency, ShadowFigures
from vouch.schemas.runs.shadow import Side as SideFigures
from vouch.schemas.search_options import SearchOptions
from vouch.validators.retrieval.comparison import Sides, compare
from vouch.validators.retrieval.golden_queries import GoldenQuery, load_golden
from vouch.validators.retrieval.hits import SearchHit
from vouch.validators.retrieval.scoring import Search, metric_names, score

_WARM_UP = "warm up"
"""A query before the first one that is timed, which loads the model and the indexes."""


@dataclass(frozen=True, slots=True)
class _GoldenResult:
    """What searching the golden queries in both sides has given."""

    retrieval: Retrieval | None = None
    won: int = 0
    lost: int = 0
    p_won: float = 1.0
    latencies: tuple[Latency | None, Latency | None] = (None, None)


def compared(run: Run, shadow: Shadow, state: ShadowState, tables: Tables) -> ShadowFigures:
    """Return the figures of a shadow beside those of what is published.

    `tables` are the shadow's. Where golden queries cannot be searched in one of both, `problem`
    says why.
    """
    here = replace(run.tables.latest(), chunks=tables.chunks)
    every = load_golden(run.file.golden) if run.file.golden else ()
    golden = [query for query in every if query.profile is None]
    problem, result = "", _GoldenResult()
    if golden:
        try:
            with run.timer.measure("golden queries", 2 * len(golden), "queries"):
                index = Searcher.of(here, state.embedding_fingerprint, run.embedder)
                with _published(run) as published:
                    result = _searched(run, (published, index), golden)
        except VouchError as error:
            problem = f"the golden queries could not be searched: {error}"
    differs = difference(run.tables, tables, state.embedding_fingerprint, state.chunk_fingerprint)
    statuses = tables.documents.count_rows("status = 'published'")
    return ShadowFigures(
        name=shadow.name,
        problem=problem,
        published=SideFigures(
            model=newest(run.tables)[1].model,
            dimension=run.tables.dimension,
            chunks=run.tables.chunks.count_rows(),
            bytes=_bytes(run.tables),
            latency=result.latencies[0],
        ),
        shadow=SideFigures(
            model=state.model,
            dimension=state.dimension,
            chunks=tables.chunks.count_rows(),
            bytes=shadow.bytes(),
            latency=result.latencies[1],
        ),
        documents=statuses,
        rejected=tables.documents.count_rows() - statuses,
        behind=differs.count,
        up_to_run=state.up_to_run,
        at=now(),
        spending=state.spending,
        retrieval=result.retrieval,
        won=result.won,
        lost=result.lost,
        p_won=result.p_won,
        run_id=run.run_id,
    )


@contextmanager
def _published(run: Run) -> Iterator[Searcher]:
    """Open what is published, to be searched as the shadow is: its model in a process of its own,
    which ends with the block.
    """
    file = replace(run.file, settings=run.file.main or run.settings)
    tables = published_state(Tables.open(file.index_location))
    fingerprint, recorded = newest(tables)
    embedder = published_embedder(tables, fingerprint, recorded, service_model(file))
    if embedder.card.is_service:
        yield open_index(file).searcher
        return
    process = embedding_process(embedder.card)
    embedder = Embedder(embedder.card, lambda: process)
    verify(tables, fingerprint, embedder)
    try:
        yield Searcher.of(tables, fingerprint, embedder)
    finally:
        if fingerprint != run.fingerprints.embedding:
            process.stop_if_idle()


def _searched(
    run: Run, indexes: tuple[Searcher, Searcher], golden: Sequence[GoldenQuery]
) -> _GoldenResult:
    """Return the golden queries in what is published and in the shadow, and how long they took.

    Each query is searched in one right after the other, so that whatever else the machine does
    slows both alike. A service is asked for the vectors of all queries before, in few requests:
    its part is not in the times.
    """
    settings = run.settings.retrieval
    texts = canonical_texts(run.tables, golden)
    hits_of: list[dict[str, Sequence[SearchHit]]] = [{}, {}]
    seconds: list[list[float]] = [[], []]
    searches = [SearchWay(settings).on(index) for index in indexes]
    for index in indexes:
        if settings.mode != "text":
            index.prepare((query.query for query in golden), run.workspace.meter)
        index.find(_WARM_UP, SearchOptions(mode=settings.mode))
    for query in golden:
        for search, hits, taken in zip(searches, hits_of, seconds, strict=True):
            start = time.perf_counter()
            hits[query.id] = search(query)
            taken.append(time.perf_counter() - start)
    scores = [score(golden, texts, _looked_up(hits), settings.k) for hits in hits_of]
    sides, swapped = Sides(golden, scores[1], scores[0]), Sides(golden, scores[0], scores[1])
    metric = metric_names(settings.k)[0]
    gains = compare(swapped, settings).changes
    return _GoldenResult(
        compare(sides, settings),
        len(swapped.lost(metric)),
        len(sides.lost(metric)),
        gains[0].p if gains else 1.0,
        (_latency(seconds[0]), _latency(seconds[1])),
    )


def _looked_up(hits: Mapping[str, Sequence[SearchHit]]) -> Search:
    return lambda query: hits[query.id]


def _latency(seconds: Sequence[float]) -> Latency:
    median, p95 = np.quantile(seconds, [0.5, 0.95]) * 1000
    return Latency(median_ms=round(float(median), 2), p95_ms=round(float(p95), 2))


def _bytes(tables: Tables) -> int:
    return sum(file.size for file in (tables.location / "chunks.lance").files())
