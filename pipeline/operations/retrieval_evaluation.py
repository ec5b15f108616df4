"""Scores the published index on golden queries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from vouch.embedders.base import RequestMeter
from vouch.index.search.passages import Passage
from vouch.index.search.published_model import model_problem
from vouch.index.search.searcher import Searcher
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import newest_published
from vouch.index.store.tables import Tables, is_in, rows
from vouch.pipeline.audit.trend_gate import slow_loss_checks
from vouch.pipeline.context.index_model import open_index
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.operation_record import (
    locks_of,
    new_record,
    write_final_record,
)
from vouch.schemas.errors import IndexError_, SettingsError
from vouch.schemas.runs.record import Check, RunRecord, Severity, Status
from vouch.schemas.runs.retrieval import Retrieval
from vouch.schemas.search_options import Mode, SearchOptions
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.validators.batch.verdict import decide
from vouch.validators.retrieval.checks import retrieval_checks
from vouch.validators.retrieval.comparison import Sides, compare
from vouch.validators.retrieval.golden_queries import GoldenQuery, load_golden, nearest
from vouch.validators.retrieval.groups import series
from vouch.validators.retrieval.scoring import DEPTH, Scores, Search, Texts, score


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The golden queries on the published index in one mode of search, and their checks."""

    scores: Scores
    retrieval: Retrieval
    checks: tuple[Check, ...]

    @property
    def means(self) -> dict[str, float]:
        """Return the mean of each metric over all queries that have answers."""
        return {change.metric: change.candidate for change in self.retrieval.changes}


def evaluate(file: SettingsFile, golden: str, tags: Collection[str] = ()) -> dict[Mode, Evaluation]:
    """Score the published index, by mode of search; `golden` is the text of golden queries.

    With `tags` only the queries with one of them are searched. Where the model of the published
    index is not there, only the search by words is scored:
    `vouch.index.search.published_model.model_problem` says why. Raises `SettingsError` for a tag
    that no query has.
    """
    queries, settings = load_golden(golden), file.settings.retrieval
    if tags:
        queries = _with_tags(queries, tags)
        # The others are about more queries than these.
        of_tags = {f"tag:{tag}" for tag in tags}
        require = {name: each for name, each in settings.require.items() if name in of_tags}
        settings = settings.model_copy(update={"require": require})
    texts = canonical_texts(Tables.open(file.index_location), queries)
    index = open_index(file).searcher
    modes: Sequence[Mode] = ("text",) if model_problem(file.index_location) else get_args(Mode)
    return {
        mode: _evaluation(index, queries, texts, settings.model_copy(update={"mode": mode}))
        for mode in modes
    }


def _with_tags(queries: Iterable[GoldenQuery], tags: Collection[str]) -> tuple[GoldenQuery, ...]:
    queries = tuple(queries)
    there = {tag for query in queries for tag in query.tags}
    for tag in tags:
        if tag not in there:
            raise SettingsError(f"no golden query has the tag {tag}{nearest(tag, there)}")
    return tuple(query for query in queries if not set(tags).isdisjoint(query.tags))


def _evaluation(
    index: Searcher, queries: Sequence[GoldenQuery], texts: Texts, settings: RetrievalSettings
) -> Evaluation:
    scores = scores_of(index, queries, texts, settings)
    sides = Sides(queries, scores)
    retrieval = compare(sides, settings)
    checks = retrieval_checks(sides, retrieval, settings, now().date())
    return Evaluation(scores, retrieval, checks)


def evaluate_published(file: SettingsFile, golden: str | None) -> RunRecord:
    """Score the published index as the settings search, and record a run of kind `evaluate`.

    It has a verdict where answers are lost slowly, which warns: there is nothing to reject.
    """
    text = file.golden_or(golden)
    tables, settings = Tables.open(file.index_location), file.settings.retrieval
    newest = newest_published(tables)
    if newest is None:
        raise IndexError_(
            "nothing is published yet, so there is nothing to search; run `vouch ingest`"
        )
    record = new_record(file, "evaluate", f"the state of {newest.run_id}")
    queries = load_golden(text)
    texts = canonical_texts(tables, queries)
    result = _evaluation(open_index(file).searcher, queries, texts, settings)
    trends = slow_loss_checks(
        tables, queries, result.scores, settings, newest.embedding_fingerprint, record.started_at
    )
    # Nothing is rejected, because nothing is about to be published.
    every_check = (*result.checks, *trends)
    checks = [check.model_copy(update={"severity": Severity.WARN}) for check in every_check]
    fields = {
        "status": Status.UNCHANGED,
        "verdict": decide(checks) if checks else None,
        "embedding_fingerprint": newest.embedding_fingerprint,
        "model": newest.model,
        "retrieval": result.retrieval.model_copy(update={"run_id": newest.run_id}),
        "metrics": series(result.retrieval),
    }
    with locks_of(file).publisher():
        return write_final_record(file, tables, record.model_copy(update=fields))


def scores_of(
    index: Searcher,
    queries: Sequence[GoldenQuery],
    texts: Texts,
    settings: RetrievalSettings,
    meter: RequestMeter | None = None,
) -> Scores:
    """Search an index for the queries, as the settings say; `meter` counts a service's requests.

    Raises `EmbeddingError` where a service does not answer: scores of words alone would be others.
    """
    if settings.mode != "text":
        index.prepare((query.query for query in queries), meter)
    return score(queries, texts, searcher(index, settings), settings.k)


def searcher(index: Searcher, settings: RetrievalSettings) -> Search:
    """Return how golden queries search an index: as the settings say."""

    def search(query: GoldenQuery) -> Sequence[Passage]:
        options = SearchOptions(
            max(DEPTH, settings.k), settings.mode, query.filters, settings.breadth
        )
        return index.find(query.query, options)

    return search


def canonical_texts(tables: Tables, queries: Iterable[GoldenQuery]) -> dict[tuple[str, str], str]:
    """Return the published texts of the documents that the queries name, by source and uri."""
    condition = is_in("uri", {answer.uri for query in queries for answer in query.answers})
    documents = rows(tables.documents, ("source", "uri", "canonical_text"), condition).to_pylist()
    return {(row["source"], row["uri"]): row["canonical_text"] or "" for row in documents}
