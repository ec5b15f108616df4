"""Search of the published index: by vector, by words, or both; what is found together is given as one passage."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from lancedb.expr import col, lit
from lancedb.query import MultiMatchQuery

from embedders.fingerprint import ModelCard
from embedders.model import Embedder
from index.filters import where as to_sql
from index.generations import newest
from index.history import published_state
from index.hit import COLUMNS, Hit
from index.passages import LEAST, Passage, passages
from index.publish import TEXT_COLUMNS
from index.relevance import Row, joined, one_sided, ranked, supported
from index.tables import Tables
from schemas.errors import IndexError_
from schemas.search import Breadth

Mode: TypeAlias = Literal["hybrid", "vector", "text"]

# Of each kind of search: what is 80th by words and 90th by vector may be first by both, or beside the first.
_CANDIDATES = 100


class Index:
    """The published index in a folder: the state of the newest run that published, whole, whatever is written meanwhile.

    The model is loaded at the first search that needs it. Open it again to see a newer state.
    """

    def __init__(self, folder: Path) -> None:
        self._tables = published_state(Tables.open(folder).require_current())

    @classmethod
    def of(cls, tables: Tables, fingerprint: str, embedder: Embedder) -> "Index":
        """Over tables at hand, with a model that is loaded: a candidate. It can `find`; texts are not in it."""
        index = cls.__new__(cls)
        index._tables = tables
        index.__dict__["_generation"] = (fingerprint, embedder)
        return index

    @cached_property
    def _generation(self) -> tuple[str, Embedder]:
        fingerprint, embedding = newest(self._tables)
        card = ModelCard.find(embedding, Path.cwd())
        if card.fingerprint != fingerprint:
            raise IndexError_(
                f"the index was made with another {embedding.model} (generation {fingerprint}, here {card.fingerprint}); "
                "put the same model back, or ingest again"
            )
        return fingerprint, Embedder(card)

    def search(
        self, query: str, k: int = 5, mode: Mode = "hybrid", filters: Iterable[str] = (), breadth: Breadth = "balanced"
    ) -> list[Hit]:
        """The passages that answer `query`, best first, at most `k`; filters such as `language=en` must all hold.

        Neighbouring chunks come as one passage, and what is far less relevant than the best is left out: how far is the
        `breadth`. With `all` it is the `k` best chunks, whatever they are.
        """
        return [Hit.of(passage, self._text_of(passage)) for passage in self.find(query, k, mode, filters, breadth)]

    def find(
        self, query: str, k: int = 5, mode: Mode = "hybrid", filters: Iterable[str] = (), breadth: Breadth = "balanced"
    ) -> list[Passage]:
        """As `search`, without the texts of passages."""
        rows, relevance = self._candidates(query, max(k, _CANDIDATES), mode, self._condition(filters))
        if breadth == "all":
            return [Passage((rows[one],), relevance[one], rows[one]) for one in ranked(relevance)[:k]]
        relevance = supported(relevance, rows)
        return passages(ranked(relevance, LEAST[breadth]), relevance, rows, k)

    def _condition(self, filters: Iterable[str]) -> str:
        same = (col("embedding_fingerprint") == lit(self._generation[0])).to_sql()
        asked = to_sql(filters, self._tables.chunks.schema)
        return same if asked is None else f"({same}) AND {asked}"

    def _candidates(self, query: str, most: int, mode: Mode, condition: str) -> tuple[dict[str, Row], dict[str, float]]:
        """The rows of the best chunks of each kind of search, and how relevant they are."""
        vector = self._generation[1].embed_query(query) if mode != "text" else None
        near = self._near(vector, most, condition) if vector is not None else {}
        worded = self._worded(query, most, condition) if mode != "vector" else {}
        rows = worded | near
        if vector is None:
            return rows, one_sided({one: row["_score"] for one, row in worded.items()})
        cosines = {one: float(np.dot(row["vector"], vector)) for one, row in rows.items()}
        if mode == "vector":
            return rows, one_sided(cosines)
        return rows, joined(one_sided(cosines), one_sided({one: row["_score"] for one, row in worded.items()}))

    def _near(self, vector: Any, most: int, condition: str) -> dict[str, Row]:  # noqa: ANN401 - a numpy vector
        search: Any = self._tables.chunks.search(vector, vector_column_name="vector").distance_type("dot")  # type: ignore[attr-defined]
        return _run(search.where(condition).limit(most).select([*COLUMNS, "vector", "_distance"]))

    def _worded(self, query: str, most: int, condition: str) -> dict[str, Row]:
        """By the words of a query, any of them, in a chunk or in the headings above it; never read as an expression."""
        match = MultiMatchQuery(query, list(TEXT_COLUMNS))  # type: ignore[call-arg]  # its defaults are unknown to its type
        search: Any = self._tables.chunks.search(match, query_type="fts")
        return _run(search.where(condition).limit(most).select([*COLUMNS, "vector", "_score"]))

    def _text_of(self, passage: Passage) -> str:
        """The characters of a passage: a chunk's own, or the canonical text from the first chunk's to the last's."""
        if len(passage.chunks) == 1:
            return str(passage.best["text"])
        start, length = passage.char_start, passage.char_end - passage.char_start
        query: Any = self._tables.documents.search().where(col("document_id") == lit(passage.best["document_id"]))
        found = query.select({"text": f"substr(canonical_text, {start + 1}, {length})"}).to_arrow()
        return str(found.column("text")[0].as_py())


def _run(query: Any) -> dict[str, Row]:  # noqa: ANN401 - builder classes without a common type
    table = query.to_arrow()
    vectors = table.column("vector").to_numpy()
    rows = table.drop_columns(["vector"]).to_pylist()
    return {row["chunk_id"]: row | {"vector": vector} for row, vector in zip(rows, vectors, strict=True)}
