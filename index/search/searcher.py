"""Search one state of an index by vector, by words, or both; adjacent results become a passage."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from vouch.embedders.base import RequestMeter, Vectors
from vouch.embedders.embedder import Embedder
from vouch.embedders.model_card import ModelCard
from vouch.index.search.adjustments import (
    Adjustments,
    adjustments_of,
    boosts_for,
    decay_columns,
    factor,
)
from vouch.index.search.choice import choose, explain
from vouch.index.search.equal_texts import LOOKED_AT, MAX_PLACES, with_further_places
from vouch.index.search.filters.conditions import where
from vouch.index.search.filters.metadata_keys import Catalogue, read_catalogue
from vouch.index.search.hit import Hit, Hits, Place
from vouch.index.search.identifiers import identifiers
from vouch.index.search.passages import Passage
from vouch.index.search.query_vectors import QueryVectors
from vouch.index.search.ranking import Row, mean_relevance, normalized_scores
from vouch.index.search.reranking import for_reranking, reranked
from vouch.index.search.shared_models import shared_embedder
from vouch.index.search.store_queries import Queries
from vouch.index.store.generations import is_alone, newest
from vouch.index.store.sql import quoted
from vouch.index.store.tables import Tables
from vouch.parsers.common.text.clean import clean
from vouch.schemas.errors import EmbeddingError, SettingsError
from vouch.schemas.filter_syntax import parameters, read_filter
from vouch.schemas.filters import Filter
from vouch.schemas.search_options import Mode, SearchOptions
from vouch.schemas.settings.embedding import EmbeddingSettings
from vouch.schemas.settings.profiles import ProfileSettings

if TYPE_CHECKING:
    from vouch.embedders.local.reranker import Reranker


# Chunks that each kind of search contributes: the 80th by words and the 90th by vector may be the
# first by both, or adjacent to the first.
_CANDIDATES = 100
# Chunks with the parts of an identifier that are looked at for the whole.
_IDENTIFIED = 300
# Searches of this process whose two kinds run at the same time; more wait for each other.
_THREADS = 16
# What may be an identifier or a word is a word where more chunks than these have it.
_MAX_HOLDERS_OF_A_NAME = 2


class Searcher:
    """Searches one state of an index, which never changes: published, a candidate, a shadow.

    The embedding model is loaded by the first search that needs it.

    Args:
        tables: The tables at that state.
        generation: The fingerprint of the model whose vectors are searched.
        settings: The settings of that model.
        load: Returns its embedder. Called once.
    """

    def __init__(
        self,
        tables: Tables,
        generation: str,
        settings: EmbeddingSettings,
        load: Callable[[], Embedder],
    ) -> None:
        self.tables = tables
        self.generation = generation
        self._settings = settings
        self._load = load

    @classmethod
    def of(cls, tables: Tables, generation: str, embedder: Embedder) -> "Searcher":
        """Return a searcher with a loaded model."""
        return cls(tables, generation, embedder.card.settings, lambda: embedder)

    @classmethod
    def of_published(cls, tables: Tables, card: ModelCard | None = None) -> "Searcher":
        """Return a searcher over tables at a published state.

        `card` is the model of the settings: see `vouch.index.search.index.Index`.
        """
        generation, settings = newest(tables)
        return cls(
            tables,
            generation,
            settings,
            lambda: shared_embedder(tables, generation, settings, card),
        )

    @cached_property
    def _embedder(self) -> Embedder:
        return self._load()

    @property
    def has_model(self) -> bool:
        """Whether the model has been loaded."""
        return "_embedder" in self.__dict__

    def load_model(self) -> None:
        """Load the model that `vector` and `hybrid` search need. Raises as `search` does.

        A service is not asked: each query's request carries a probe text.
        """
        if not self._embedder.card.is_service:
            self._embedder.probe()

    @cached_property
    def _query_vectors(self) -> QueryVectors:
        return QueryVectors(self._embedder)

    def prepare(self, queries: Iterable[str], meter: RequestMeter | None = None) -> None:
        """Ask a service for the vectors of many queries in few requests, before `find` looks for
        each; `meter` counts them. Does nothing where the model runs on this machine.

        Raises `EmbeddingError` where the service does not answer.
        """
        if self._embedder.card.is_service:
            self._embedder.ask_queries([clean(query) for query in queries], meter)

    @cached_property
    def _queries(self) -> Queries:
        return Queries(self.tables)

    @cached_property
    def _executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_THREADS, thread_name_prefix="vouch-search")

    @cached_property
    def _generation_condition(self) -> str | None:
        """The condition that excludes other generations; None if there are none.

        Vectors of two models cannot be compared. The condition is left out where it can be,
        because the store evaluates it row by row.
        """
        fingerprint = self.generation
        if is_alone(self.tables, fingerprint):
            return None
        return f"embedding_fingerprint = {quoted(fingerprint)}"

    def search(
        self,
        query: str,
        options: SearchOptions = SearchOptions(),
        rerank: "Reranker | None" = None,
    ) -> Hits:
        """Return the passages that answer a query, best first: see `Index.search`."""
        k = options.k
        if rerank is not None:
            options = for_reranking(options)
        words_only = ""
        try:
            results = self.find(query, options)
        except EmbeddingError as error:
            if options.mode != "hybrid" or not self._settings.service:
                raise
            words_only = str(error)
            results = self.find(query, options.changed(mode="text"))
        hits = self._hits(results)
        if rerank is not None:
            hits = reranked(query, hits, rerank, k, [each.factor for each in results])
        return Hits(hits, words_only)

    def allows(self, identity: str, filters: Iterable[str | Filter] = ()) -> bool:
        """Return whether a search with these filters can find a chunk, or any chunk of a document.

        What cannot be found should not be shown otherwise either.
        """
        named = f"(chunk_id = {quoted(identity)} OR document_id = {quoted(identity)})"
        condition = self._condition(filters)
        return self._queries.is_any(named if condition is None else f"{named} AND {condition}")

    def close(self) -> None:
        """End the threads that searches have used, none of which may be in progress."""
        if "_executor" in self.__dict__:
            self._executor.shutdown()

    def _hits(self, results: Sequence[Passage]) -> list[Hit]:
        # What lies between two chunks is in neither, so joined passages are cut out of the
        # document's text.
        spans = [
            (passage.best["document_id"], passage.char_start, passage.char_end)
            for passage in results
            if len(passage.chunks) > 1
        ]
        documents = {passage.best["document_id"] for passage in results}
        media_types, parts = self._queries.of_documents(documents, spans)
        texts = iter(parts)
        return [
            replace(
                Hit.of(
                    passage,
                    next(texts) if len(passage.chunks) > 1 else str(passage.best["text"]),
                    media_types.get(passage.best["document_id"]),
                ),
                places=tuple(map(Place.of, passage.places[:MAX_PLACES])),
                more_places=max(0, len(passage.places) - MAX_PLACES),
            )
            for passage in results
        ]

    def find(self, query: str, options: SearchOptions = SearchOptions()) -> list[Passage]:
        """Return the passages that `search` finds, without reading the texts of joined ones.

        For errors see `Index.search`; a hybrid search never goes by words alone here.
        """
        query = cleaned(query)
        condition = self._condition(options.filters)
        # Ranking needs many more chunks than are returned: see _CANDIDATES.
        rows, relevance = self._candidates(
            query, max(options.k, _CANDIDATES), options.mode, condition
        )
        adjustments = self._adjustments(query, rows, options)
        full: dict[str, Row] = {}

        def complete(chunks: Iterable[Row]) -> dict[str, Row]:
            # Only now are the other columns read, of the few chunks that are returned.
            full.update(self._queries.full_rows([c for c in chunks if c["chunk_id"] not in full]))
            return full

        choice = choose(rows, relevance, options, adjustments, complete)
        explanations = {}
        if options.explain:
            unrelated = 0.0 if options.mode == "text" else self._embedder.unrelated_cosine
            explanations = explain(
                choice, rows, relevance, options, adjustments, complete, unrelated
            )
        complete(row for each in choice.passages for row in each.chunks)
        results = [
            replace(
                _completed(passage, full),
                factor=factor(adjustments, passage.best["chunk_id"]),
                explanation=explanations.get(passage.best["chunk_id"]),
                copies=tuple(_completed(each, full) for each in passage.copies),
            )
            for passage in choice.passages
        ]
        if options.breadth == "all":
            return results
        texts = {chunk["text_sha256"] for passage in results for chunk in passage.chunks}
        return with_further_places(results, self._queries.with_texts(texts, condition, LOOKED_AT))

    def _adjustments(
        self, query: str, rows: Mapping[str, Row], options: SearchOptions
    ) -> Adjustments:
        """Return the boosts and the decay that hold for the candidates of a query."""
        boosts = boosts_for(query, options.boosts)
        if not rows or not (boosts or options.decay):
            return {}
        conditions = {
            f"boost{number}": str(self._where([boost.where])) for number, boost in enumerate(boosts)
        }
        at = options.at or datetime.now(UTC)
        read = self._queries.evaluated(rows.values(), conditions, decay_columns(options.decay))
        return {row["chunk_id"]: adjustments_of(row, boosts, options.decay, at) for row in read}

    def check(self, profile: ProfileSettings) -> None:
        """Raise `SettingsError` where a profile names a key that no document of this state has, or
        compares values of another type. Filters that need a caller's values are left out.
        """
        fixed = [
            text
            for text in profile.filters
            if not parameters(read_filter(text, with_parameters=True))
        ]
        dates = [f"{profile.decay.field}=2000-01-01"] if profile.decay else []
        self._where([*fixed, *(boost.where for boost in profile.boosts), *dates])

    @cached_property
    def catalogue(self) -> Catalogue:
        """The keys of the metadata, which are read once, when a filter first names one."""
        return read_catalogue(self.tables.chunks)

    def _where(self, filters: Iterable[str | Filter]) -> str | None:
        return where(filters, self.tables.chunks.schema, lambda: self.catalogue)

    def _condition(self, filters: Iterable[str | Filter]) -> str | None:
        conditions = (self._generation_condition, self._where(filters))
        clauses = [each for each in conditions if each is not None]
        return " AND ".join(f"({clause})" for clause in clauses) or None

    def _candidates(
        self, query: str, limit: int, mode: Mode, condition: str | None
    ) -> tuple[dict[str, Row], dict[str, float]]:
        """Return the places and the relevance of the best chunks of each kind of search."""
        if mode == "text":
            rows = self._worded(query, limit, condition)
            scores = {identity: row["_score"] for identity, row in rows.items()}
            return rows, normalized_scores(scores)
        vector = self._query_vectors.of(query)
        if mode == "vector":
            rows = self._queries.by_vector(vector, limit, condition)
            scores = {identity: row["cosine"] for identity, row in rows.items()}
            return rows, normalized_scores(scores, self._embedder.unrelated_cosine)
        return self._hybrid(query, vector, limit, condition)

    def _hybrid(
        self, query: str, vector: Vectors, limit: int, condition: str | None
    ) -> tuple[dict[str, Row], dict[str, float]]:
        # Both kinds of search run in the store's own threads, so one need not wait for the other.
        pending = self._executor.submit(self._queries.by_vector, vector, limit, condition)
        worded = self._worded(query, limit, condition)
        near = pending.result()
        cosines = {identity: float(row["cosine"]) for identity, row in near.items()}
        # Chunks that only the words found have a cosine as well: without it they would count as
        # unrelated in meaning.
        cosines |= self._queries.cosines(
            [row for identity, row in worded.items() if identity not in near], vector
        )
        scores = {identity: row["_score"] for identity, row in worded.items()}
        relevance = mean_relevance(
            normalized_scores(cosines, self._embedder.unrelated_cosine), normalized_scores(scores)
        )
        rows = near | worded
        for identity, cosine in cosines.items():
            rows[identity]["cosine"] = cosine
        return rows, relevance

    def _worded(self, query: str, limit: int, condition: str | None) -> dict[str, Row]:
        """Return the places of chunks that the words of a query find, and of those that contain its
        identifiers, with the `_score` of the words and the `grade` of all identifiers together.
        """
        rows = self._queries.by_words(query, limit, condition)
        lowest = min((row["_score"] for row in rows.values()), default=0.0)
        for identifier in identifiers(query):
            most = _MAX_HOLDERS_OF_A_NAME if identifier.weight < 1 else None
            holders = self._queries.by_identifier(identifier, _IDENTIFIED, condition, most)
            if most is not None and len(holders) > most:
                continue
            for identity, holder in holders.items():
                # What the words did not find is no better by words than what they found.
                new = {**holder, "_score": min(lowest, holder["_score"]), "grade": 0.0}
                row = rows.setdefault(identity, new)
                row["grade"] = row.get("grade", 0.0) + identifier.weight * holder["grade"]
        return rows


def _completed(passage: Passage, full: Mapping[str, Row]) -> Passage:
    """Return a passage with all columns of its chunks, and the scores of the best."""
    best = passage.best
    scores = {"cosine": best.get("cosine"), "word_score": best.get("_score")}
    return Passage(
        tuple(full[row["chunk_id"]] for row in passage.chunks),
        passage.relevance,
        {**full[best["chunk_id"]], **scores},
    )


def cleaned(query: str) -> str:
    """Return a query as texts are: without soft hyphens, for example. Raises `SettingsError` where
    nothing is left.
    """
    if not isinstance(query, str):
        raise SettingsError(f"the query is a text, not {query!r}")
    query = clean(query)
    if not query.strip():
        raise SettingsError("the query is empty; write a question or some words")
    return query
