"""Search the published index by vector, by words, or both; adjacent results become one passage."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from vouch.embedders.base import RequestMeter, Vectors
from vouch.embedders.embedder import Embedder
from vouch.embedders.model_card import ModelCard
from vouch.index.publishing.versions import published_state
from vouch.index.search.filters import where
from vouch.index.search.hit import Hit, Hits
from vouch.index.search.identifiers import identifiers
from vouch.index.search.passages import MIN_RELEVANCE, Passage, passages
from vouch.index.search.published_model import published_embedder, verify
from vouch.index.search.query_vectors import QueryVectors
from vouch.index.search.ranking import (
    Row,
    mean_relevance,
    normalized_scores,
    ranked,
    with_identifiers,
    with_neighbour_support,
    without_far_less_relevant,
)
from vouch.index.search.reranking import RATED, reranked
from vouch.index.search.store_queries import Queries
from vouch.index.store.generations import is_alone, newest
from vouch.index.store.sql import quoted
from vouch.index.store.tables import Tables
from vouch.parsers.common.text.clean import clean
from vouch.schemas.errors import EmbeddingError, SettingsError
from vouch.schemas.settings.choices import Breadth
from vouch.schemas.settings.embedding import EmbeddingSettings
from vouch.storage.location import Location

if TYPE_CHECKING:
    from vouch.embedders.local.reranker import Reranker

Mode: TypeAlias = Literal["hybrid", "vector", "text"]

# Chunks that each kind of search contributes: the 80th by words and the 90th by vector may be the
# first by both, or adjacent to the first.
_CANDIDATES = 100
# Chunks with the parts of an identifier that are looked at for the whole.
_IDENTIFIED = 300
# What may be an identifier or a word is a word where more chunks than these have it.
_MAX_HOLDERS_OF_A_NAME = 2


class Index:
    """The published index in a folder, opened for reading.

    It stays at the state of the newest run that had published when it was opened, complete and
    unchanged, whatever is written meanwhile. Open it again to see a newer state. That state stays
    readable for `index.keep_readers_h` hours after another has replaced it.

    The embedding model is loaded by the first search that needs it.

    Args:
        folder: Where the index is: `index.path` of the settings.
        card: The model of the settings. Where it is the same service's model, its address and its
            key take the place of those that are recorded with the index.

    Raises:
        IndexError_: There is no index.

    Example:
        ```python
        index = vouch.open("data/index")
        for hit in index.search("How long is the notice period?", k=3, filters=["language=en"]):
            print(hit.citation, hit.text)
        ```
    """

    def __init__(self, folder: str | Path | Location, card: ModelCard | None = None) -> None:
        self._tables = published_state(Tables.open(folder))
        self._card = card

    @classmethod
    def of(cls, tables: Tables, fingerprint: str, embedder: Embedder) -> "Index":
        """Return an index over open tables with a loaded model, such as those of a candidate.

        A candidate has no texts of documents, so only `find` works on it.
        """
        index = cls.__new__(cls)
        index._tables = tables
        # These take the place of the cached properties of the same names.
        index.__dict__["_generation"] = (fingerprint, embedder.card.settings)
        index.__dict__["_embedder"] = embedder
        return index

    @cached_property
    def _generation(self) -> tuple[str, EmbeddingSettings]:
        return newest(self._tables)

    @property
    def generation(self) -> str:
        """The fingerprint of the model whose vectors are searched."""
        return self._generation[0]

    @cached_property
    def _embedder(self) -> Embedder:
        fingerprint, settings = self._generation
        embedder = published_embedder(self._tables, fingerprint, settings, self._card)
        verify(self._tables, fingerprint, embedder)
        return embedder

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
        return Queries(self._tables)

    @cached_property
    def _executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1, thread_name_prefix="vouch-search")

    @cached_property
    def _generation_condition(self) -> str | None:
        """The condition that excludes other generations; None if there are none.

        Vectors of two models cannot be compared. The condition is left out where it can be,
        because the store evaluates it row by row.
        """
        fingerprint = self.generation
        if is_alone(self._tables, fingerprint):
            return None
        return f"embedding_fingerprint = {quoted(fingerprint)}"

    def search(
        self,
        query: str,
        k: int = 5,
        mode: Mode = "hybrid",
        filters: Iterable[str] = (),
        breadth: Breadth = "balanced",
        rerank: "Reranker | None" = None,
    ) -> Hits:
        """Return the passages that answer a query, best first.

        Adjacent chunks are joined to one passage, and passages that are far less relevant than
        the best one are left out, so there may be fewer than `k`.

        Args:
            query: A question or some words, in any language that the model knows.
            k: The largest number of passages.
            mode: `vector` searches by meaning, `text` by words, `hybrid` by both.
            filters: Conditions that must all hold, each NAME OPERATOR VALUE: `language=en`,
                `page_start>=3`, `title~contract`, `metadata.author=Ada`.
            breadth: How much less relevant than the best a passage may be: `precise`, `balanced`
                or `broad`. `all` returns the `k` best chunks one by one.
            rerank: A cross-encoder that reads the 30 best passages (or `k`, where that is more)
                with the query, and whose scores order them. The breadth counts as `broad` then,
                unless it is `all`.

        Returns:
            A list of at most `k` hits, each with its text, its place in the source and its score.
            Where an embedding service has given no vector for the query, a hybrid search goes by
            words alone, and `words_only` of the list says why. The service is left alone for half a
            minute then, so that the next searches do not wait for it.

        Raises:
            SettingsError: The query is empty, or a filter cannot be read, or names a column that
                does not exist.
            IndexError_: Nothing has been published yet, or there is another model in the place of
                the one that made the index.
            EmbeddingError: That model is gone, or the `vector` of a query cannot be had from its
                service.

        Example:
            ```python
            (hit,) = index.search("notice period", k=1, filters=["source=contracts"])
            hit.citation  # 'lease.pdf, p. 3, 4 Termination [5120:5480]'
            ```
        """
        filters, words_only, most = tuple(filters), "", k
        if rerank is not None:
            k, breadth = max(k, RATED), "all" if breadth == "all" else "broad"
        try:
            results = self.find(query, k, mode, filters, breadth)
        except EmbeddingError as error:
            if mode != "hybrid" or not self._generation[1].service:
                raise
            words_only = str(error)
            results = self.find(query, k, "text", filters, breadth)
        # What lies between two chunks is in neither, so joined passages are cut out of the
        # document's text.
        spans = [
            (passage.best["document_id"], passage.char_start, passage.char_end)
            for passage in results
            if len(passage.chunks) > 1
        ]
        texts = iter(self._queries.spans(spans))
        hits = [
            Hit.of(passage, next(texts) if len(passage.chunks) > 1 else str(passage.best["text"]))
            for passage in results
        ]
        if rerank is not None:
            hits = reranked(query, hits, rerank, most)
        return Hits(hits, words_only)

    def find(
        self,
        query: str,
        k: int = 5,
        mode: Mode = "hybrid",
        filters: Iterable[str] = (),
        breadth: Breadth = "balanced",
    ) -> list[Passage]:
        """Return the passages that `search` finds, without reading the texts of joined ones.

        For arguments and errors see `search`; a hybrid search never goes by words alone here.
        """
        query = clean(query)  # as the texts are: without soft hyphens, for example
        if not query.strip():
            raise SettingsError("the query is empty; write a question or some words")
        # Ranking needs many more chunks than are returned: see _CANDIDATES.
        rows, relevance = self._candidates(
            query, max(k, _CANDIDATES), mode, self._condition(filters)
        )
        if breadth == "all":
            relevance = with_identifiers(relevance, rows)
            chosen = [
                Passage((rows[identity],), relevance[identity], rows[identity])
                for identity in ranked(relevance)[:k]
            ]
        else:
            relevance = with_neighbour_support(relevance, rows)
            relevance = with_identifiers(
                without_far_less_relevant(relevance, rows, MIN_RELEVANCE[breadth]), rows
            )
            chosen = passages(ranked(relevance), relevance, rows, k)
        # Only now are the other columns read, of the few chunks that are returned.
        full = self._queries.full_rows([row for passage in chosen for row in passage.chunks])
        return [
            Passage(
                tuple(full[row["chunk_id"]] for row in passage.chunks),
                passage.relevance,
                full[passage.best["chunk_id"]],
            )
            for passage in chosen
        ]

    def _condition(self, filters: Iterable[str]) -> str | None:
        conditions = (self._generation_condition, where(filters, self._tables.chunks.schema))
        clauses = [condition for condition in conditions if condition is not None]
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
        return near | worded, relevance

    def _worded(self, query: str, limit: int, condition: str | None) -> dict[str, Row]:
        """Return the places of chunks that the words of a query find, and of those that contain its
        identifiers, with the `_score` of the words and the `grade` of all identifiers together.
        """
        rows = self._queries.by_words(query, limit, condition)
        lowest = min((row["_score"] for row in rows.values()), default=0.0)
        for identifier in identifiers(query):
            holders = self._queries.by_identifier(identifier, _IDENTIFIED, condition)
            if identifier.weight < 1 and len(holders) > _MAX_HOLDERS_OF_A_NAME:
                continue
            for identity, holder in holders.items():
                # What the words did not find is no better by words than what they found.
                new = {**holder, "_score": min(lowest, holder["_score"]), "grade": 0.0}
                row = rows.setdefault(identity, new)
                row["grade"] = row.get("grade", 0.0) + identifier.weight * holder["grade"]
        return rows
