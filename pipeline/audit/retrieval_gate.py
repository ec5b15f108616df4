"""The retrieval gate: golden queries on the candidate, before anybody searches it, and on what is published."""

import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from vouch.index.publishing.candidate import build_candidate
from vouch.index.publishing.versions import published_state
from vouch.index.search.search import Index
from vouch.index.store.generations import newest
from vouch.index.store.tables import Tables
from vouch.pipeline.audit.changeset import Outcome
from vouch.pipeline.context.run_context import Run, candidate_prefix
from vouch.pipeline.operations.retrieval_evaluation import asked, canonical_texts
from vouch.schemas.run import Check, Severity
from vouch.validators.retrieval.comparison import baseline, checks, compare
from vouch.validators.retrieval.golden_queries import GoldenQuery, Scores, Texts, load_golden, score


def retrieval_gate(
    run: Run, result: Outcome, golden: str | None
) -> tuple[list[Check], dict[str, Any]]:
    """Checks and figures on the golden queries given, else those of the settings; nothing where there are none.

    A reindexing is compared for a person, who switches to it or not: there a regression warns.
    """
    text = golden if golden is not None else run.file.golden
    queries = load_golden(text) if text is not None else ()
    if not queries:
        return [], {}
    settings = run.settings.retrieval
    with run.clock.measure("golden queries", len(queries), "queries"):
        texts = canonical_texts(run.tables, queries)
        candidate = _candidate(run, result, queries, texts)
        if not run.tables.chunks.count_rows():
            found = baseline(queries, candidate, settings)
            return [], {"retrieval": found, "metrics": candidate.metrics}
        published = score(queries, texts, asked(_published(run), settings), settings.k)
    found = compare(queries, published, candidate, settings)
    made = checks(found, settings)
    if run.scope.from_index:
        made = tuple(check.model_copy(update={"severity": Severity.WARN}) for check in made)
    return list(made), {"retrieval": found, "metrics": candidate.metrics}


def _published(run: Run) -> Index:
    """What readers search; with the model at hand where it is the one that made it."""
    state = published_state(Tables.open(run.file.index_folder))
    fingerprint, _ = newest(state)
    same = fingerprint == run.card.fingerprint
    return Index.of(state, fingerprint, run.embedder) if same else Index(run.file.index_folder)


def _candidate(
    run: Run, result: Outcome, queries: tuple[GoldenQuery, ...], published: Texts
) -> Scores:
    """The queries' scores on the candidate; `published` are the texts of the published documents that they are about."""
    settings = run.settings.retrieval
    gone = [*result.intent.replaced, *result.intent.removed]
    with tempfile.TemporaryDirectory(
        dir=run.file.work_folder, prefix=candidate_prefix(run.scope.kind)
    ) as folder:
        tables = build_candidate(run.tables, run.staging, gone, Path(folder))
        removed = _removed(result)
        texts = {
            key: text for key, text in published.items() if key not in removed
        } | _staged_texts(run, queries)
        return score(
            queries,
            texts,
            asked(Index.of(tables, run.card.fingerprint, run.embedder), settings),
            settings.k,
        )


def _removed(result: Outcome) -> set[tuple[str, str]]:
    """Documents, by source and uri, that are not published any more."""
    kept = result.candidate.documents.filter(pl.col("status") == "published")
    gone = result.candidate.before.documents.join(kept, on=["source", "uri"], how="anti")
    return set(gone.select("source", "uri").iter_rows())


def _staged_texts(run: Run, queries: tuple[GoldenQuery, ...]) -> dict[tuple[str, str], str]:
    wanted = {query.uri for query in queries}
    staged = run.staging.frame("documents", ("source", "uri", "status", "canonical_text"))
    found = staged.filter(pl.col("uri").is_in(list(wanted)) & (pl.col("status") == "published"))
    return {
        (row["source"], row["uri"]): row["canonical_text"] or ""
        for row in found.iter_rows(named=True)
    }
