"""A candidate held against what is published, on golden queries, before anybody searches it."""

import tempfile
from functools import partial
from pathlib import Path
from typing import TypeAlias

import polars as pl

from flows.context import Run, candidate_prefix
from flows.evaluation import canonical_texts
from flows.outcome import Outcome
from index.candidate import build_candidate
from index.search import Index
from schemas.run import RunRecord
from validators.retrieval import GoldenQuery, load_golden, score

Texts: TypeAlias = dict[tuple[str, str], str]
"""Canonical texts by source and uri."""


def compare(run: Run, record: RunRecord, result: Outcome, golden: str) -> RunRecord:
    """The record with both sides' figures of hybrid search."""
    queries = load_golden(golden)
    with run.clock.measure("compare", len(queries), "queries"):
        figures = {"candidate": _candidate(run, result, queries)}
        if run.tables.chunks.count_rows():
            texts = canonical_texts(run.tables, queries)
            figures["published"] = _score(Index(run.file.index_folder), queries, texts)
    return record.model_copy(update={"comparison": figures})


def _candidate(run: Run, result: Outcome, queries: tuple[GoldenQuery, ...]) -> dict[str, float]:
    gone = [*result.intent.replaced, *result.intent.removed]
    with tempfile.TemporaryDirectory(dir=run.file.work_folder, prefix=candidate_prefix(run.scope.kind)) as folder:
        tables = build_candidate(run.tables, run.staging, gone, Path(folder))
        texts = canonical_texts(run.tables, queries) | _staged_texts(run, queries)
        return _score(Index.of(tables, run.card.fingerprint, run.embedder), queries, texts)


def _staged_texts(run: Run, queries: tuple[GoldenQuery, ...]) -> Texts:
    wanted = {query.uri for query in queries}
    staged = run.staging.frame("documents", ("source", "uri", "canonical_text")).filter(pl.col("uri").is_in(list(wanted)))
    return {(row["source"], row["uri"]): row["canonical_text"] or "" for row in staged.iter_rows(named=True)}


def _score(searched: Index, queries: tuple[GoldenQuery, ...], texts: Texts) -> dict[str, float]:
    return dict(score(queries, texts, partial(searched.search, k=10)).metrics)
