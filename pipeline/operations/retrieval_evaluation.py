"""Scores the published index on golden queries."""

from collections.abc import Iterable, Sequence
from typing import get_args

from vouch.index.search.passages import Passage
from vouch.index.search.published_model import model_problem
from vouch.index.search.search import Index, Mode
from vouch.index.store.run_log import newest_published
from vouch.index.store.tables import Tables, is_in, rows
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.operation_record import (
    locks_of,
    new_record,
    write_final_record,
)
from vouch.schemas.errors import IndexError_
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.validators.retrieval.comparison import baseline
from vouch.validators.retrieval.golden_queries import GoldenQuery, load_golden
from vouch.validators.retrieval.scoring import DEPTH, Scores, Search, score


def evaluate(file: SettingsFile, golden: str) -> dict[str, Scores]:
    """Return the scores by mode of search; `golden` is the text of a file of golden queries.

    Where the model of the published index is not there, only the search by words is scored:
    `vouch.index.search.published_model.model_problem` says why.
    """
    queries = load_golden(golden)
    texts = canonical_texts(Tables.open(file.index_location), queries)
    published, settings = Index(file.index_location), file.settings.retrieval
    modes: Sequence[Mode] = ("text",) if model_problem(file.index_location) else get_args(Mode)
    return {
        mode: score(
            queries,
            texts,
            searcher(published, settings.model_copy(update={"mode": mode})),
            settings.k,
        )
        for mode in modes
    }


def evaluate_published(file: SettingsFile, golden: str | None) -> RunRecord:
    """Score the published index as the settings search, and record a run of kind `evaluate`."""
    text = file.golden_or(golden)
    tables, settings = Tables.open(file.index_location), file.settings.retrieval
    newest = newest_published(tables)
    if newest is None:
        raise IndexError_(
            "nothing is published yet, so there is nothing to search; run `vouch ingest`"
        )
    record = new_record(file, "evaluate", f"the state of {newest.run_id}")
    queries = load_golden(text)
    scores = score(
        queries,
        canonical_texts(tables, queries),
        searcher(Index(file.index_location), settings),
        settings.k,
    )
    fields = {
        "status": Status.UNCHANGED,
        "embedding_fingerprint": newest.embedding_fingerprint,
        "model": newest.model,
        "retrieval": baseline(queries, scores, settings),
        "metrics": scores.metrics,
    }
    with locks_of(file).publisher():
        return write_final_record(file, tables, record.model_copy(update=fields))


def searcher(index: Index, settings: RetrievalSettings) -> Search:
    """Return how golden queries search an index: as the settings say."""

    def search(query: GoldenQuery) -> Sequence[Passage]:
        k = max(DEPTH, settings.k)
        return index.find(query.query, k, settings.mode, query.filters, settings.breadth)

    return search


def canonical_texts(tables: Tables, queries: Iterable[GoldenQuery]) -> dict[tuple[str, str], str]:
    """Return the published texts of the documents that the queries name, by source and uri."""
    condition = is_in("uri", {answer.uri for query in queries for answer in query.answers})
    documents = rows(tables.documents, ("source", "uri", "canonical_text"), condition).to_pylist()
    return {(row["source"], row["uri"]): row["canonical_text"] or "" for row in documents}
