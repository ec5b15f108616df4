"""Search of the published index: by vector, by words, or both; what is found together is given as one passage."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from lancedb.expr import col, lit

from vouch.embedders.fingerprint import ModelCard
from vouch.embedders.model import Embedder, Vectors
from vouch.index.publishing.versions import published_state
from vouch.index.search.filters import where as to_sql
from vouch.index.search.hit import Hit
from vouch.index.search.passages import MIN_RELEVANCE, Passage, passages
from vouch.index.search.ranking import Row, mean_relevance, normalized_scores, ranked, with_neighbour_support
from vouch.index.search.store_queries import Queries
from vouch.index.store.generations import is_alone, newest
from vouch.index.store.tables import Tables
from vouch.schemas.errors import IndexError_
from vouch.schemas.search import Breadth
from vouch.schemas.settings import EmbeddingSettings

Mode: TypeAlias = Literal["hybrid", "vector", "text"]

# Of each kind of search: what is 80th by words and 90th by vector may be first by both, or beside the first.
_CANDIDATES = 100


class Index:
    """The published index in a folder: the state of the newest run that published, whole, whatever is written meanwhile.

    The model is loaded at the first search that needs it. Open it again to see a newer state.
    """

    def __init__(self, folder: Path) -> None:
        self._tables = published_state(Tables.open(folder))

    @classmethod
    def of(cls, tables: Tables, fingerprint: str, embedder: Embedder) -> "Index":
        """Over tables at hand, with a model that is loaded: a candidate. It can `find`; texts are not in it."""
        index = cls.__new__(cls)
        index._tables = tables
        index.__dict__["_generation"] = (fingerprint, embedder.card.settings)
        index.__dict__["_embedder"] = embedder
        return index

    @cached_property
    def _generation(self) -> tuple[str, EmbeddingSettings]:
        return newest(self._tables)

    @cached_property
    def _embedder(self) -> Embedder:
        fingerprint, embedding = self._generation
        card = ModelCard.find(embedding, Path.cwd())
        if card.fingerprint != fingerprint:
            raise IndexError_(
                f"the index was made with another {embedding.model} (generation {fingerprint}, here {card.fingerprint}); "
                "put the same model back, or ingest again"
            )
        return Embedder(card)

    @cached_property
    def _queries(self) -> Queries:
        return Queries(self._tables)

    @cached_property
    def _beside(self) -> ThreadPoolExecutor:
        """Where the one kind of search goes on while the other does."""
        return ThreadPoolExecutor(1, thread_name_prefix="vouch-search")

    @cached_property
    def _one_generation(self) -> str | None:
        """The condition that keeps generations apart; None where there is only one, because it is looked at row by row."""
        fingerprint = self._generation[0]
        return (
            None
            if is_alone(self._tables, fingerprint)
            else (col("embedding_fingerprint") == lit(fingerprint)).to_sql()
        )

    def search(
        self,
        query: str,
        k: int = 5,
        mode: Mode = "hybrid",
        filters: Iterable[str] = (),
        breadth: Breadth = "balanced",
    ) -> list[Hit]:
        """The passages that answer `query`, best first, at most `k`; filters such as `language=en` must all hold.

        Neighbouring chunks come as one passage, and what is far less relevant than the best is left out: how far is the
        `breadth`. With `all` it is the `k` best chunks, whatever they are.
        """
        found = self.find(query, k, mode, filters, breadth)
        several = [
            one for one in found if len(one.chunks) > 1
        ]  # what stands between two chunks is in neither
        spans = [(one.best["document_id"], one.char_start, one.char_end) for one in several]
        texts = iter(self._queries.spans(spans))
        return [
            Hit.of(one, next(texts) if len(one.chunks) > 1 else str(one.best["text"]))
            for one in found
        ]

    def find(
        self,
        query: str,
        k: int = 5,
        mode: Mode = "hybrid",
        filters: Iterable[str] = (),
        breadth: Breadth = "balanced",
    ) -> list[Passage]:
        """As `search`, without the texts of passages."""
        found, relevance = self._candidates(
            query, max(k, _CANDIDATES), mode, self._condition(filters)
        )
        if breadth == "all":
            chosen = [
                Passage((found[one],), relevance[one], found[one]) for one in ranked(relevance)[:k]
            ]
        else:
            relevance = with_neighbour_support(relevance, found)
            chosen = passages(ranked(relevance, MIN_RELEVANCE[breadth]), relevance, found, k)
        return self._whole(chosen)

    def _whole(self, chosen: Sequence[Passage]) -> list[Passage]:
        """With all that a hit tells of a chunk: ranking needs little of many rows, this much of few."""
        rows = self._queries.whole([chunk for one in chosen for chunk in one.chunks])
        return [
            Passage(
                tuple(rows[chunk["chunk_id"]] for chunk in one.chunks),
                one.relevance,
                rows[one.best["chunk_id"]],
            )
            for one in chosen
        ]

    def _condition(self, filters: Iterable[str]) -> str | None:
        asked = to_sql(filters, self._tables.chunks.schema)
        clauses = [clause for clause in (self._one_generation, asked) if clause is not None]
        return " AND ".join(f"({clause})" for clause in clauses) or None

    def _candidates(
        self, query: str, most: int, mode: Mode, condition: str | None
    ) -> tuple[dict[str, Row], dict[str, float]]:
        """Where the best chunks of each kind of search stand, and how relevant they are."""
        if mode == "text":
            found = self._queries.worded(query, most, condition)
            return found, normalized_scores({one: row["_score"] for one, row in found.items()})
        vector = self._embedder.embed_query(query)
        if mode == "vector":
            found = self._queries.near(vector, most, condition)
            return found, normalized_scores({one: row["cosine"] for one, row in found.items()})
        return self._both(query, vector, most, condition)

    def _both(
        self, query: str, vector: Vectors, most: int, condition: str | None
    ) -> tuple[dict[str, Row], dict[str, float]]:
        waiting = self._beside.submit(self._queries.near, vector, most, condition)
        worded = self._queries.worded(query, most, condition)
        near = waiting.result()
        cosines = {one: float(row["cosine"]) for one, row in near.items()}
        cosines |= self._queries.cosines(
            [row for one, row in worded.items() if one not in near], vector
        )
        by_words = normalized_scores({one: row["_score"] for one, row in worded.items()})
        return worded | near, mean_relevance(normalized_scores(cosines), by_words)
