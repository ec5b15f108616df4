"""Search of the published index: by vector, by words, or both joined by reciprocal rank fusion."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pyarrow as pa
from lancedb.expr import col, lit
from lancedb.query import MultiMatchQuery
from lancedb.rerankers import RRFReranker

from embedders.fingerprint import ModelCard
from embedders.model import Embedder
from index.filters import where as to_sql
from index.generations import newest
from index.history import published_state
from index.publish import TEXT_COLUMNS
from index.tables import Tables
from schemas.errors import IndexError_

Mode: TypeAlias = Literal["hybrid", "vector", "text"]

# Rank fusion needs more candidates than are shown: what is 8th by words and 9th by vector may be 1st by both.
_CANDIDATES = 50
_COLUMNS = (
    "chunk_id", "document_id", "source", "uri", "title", "text", "heading_path", "language",
    "char_start", "char_end", "page_start", "page_end",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found. `score` is higher for better, and comparable within one search only."""

    chunk_id: str
    document_id: str
    source: str
    uri: str
    title: str | None
    text: str
    heading_path: tuple[str, ...]
    language: str | None
    char_start: int
    char_end: int
    page_start: int | None
    page_end: int | None
    score: float

    @property
    def citation(self) -> str:
        """Where it stands: file, page, headings, span."""
        parts = [self.uri]
        if self.page_start is not None:
            several = self.page_end not in (None, self.page_start)
            parts.append(f"p. {self.page_start}–{self.page_end}" if several else f"p. {self.page_start}")
        if self.heading_path:
            parts.append(" › ".join(self.heading_path))
        return ", ".join(parts) + f" [{self.char_start}:{self.char_end}]"


class Index:
    """The published index in a folder: the state of the newest run that published, whole, whatever is written meanwhile.

    The model is loaded at the first search that needs it. Open it again to see a newer state.
    """

    def __init__(self, folder: Path) -> None:
        self._tables = published_state(Tables.open(folder))

    @classmethod
    def of(cls, tables: Tables, fingerprint: str, embedder: Embedder) -> "Index":
        """Over tables at hand, with a model that is loaded: a candidate."""
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

    def search(self, query: str, k: int = 5, mode: Mode = "hybrid", filters: Iterable[str] = ()) -> list[Hit]:
        """The `k` best chunks for `query`; `filters` such as `language=en` must all hold."""
        fingerprint, _ = self._generation
        same = (col("embedding_fingerprint") == lit(fingerprint)).to_sql()
        asked = to_sql(filters, self._tables.chunks.schema)
        condition = same if asked is None else f"({same}) AND {asked}"
        found = {"hybrid": self._hybrid, "vector": self._vector, "text": self._text}[mode](query, k, condition)
        return [_hit(row, score) for row, score in found[:k]]

    def _vector(self, query: str, k: int, condition: str) -> list[tuple[dict[str, Any], float]]:
        vector = self._generation[1].embed_query(query)
        search: Any = self._tables.chunks.search(vector, vector_column_name="vector").distance_type("dot")  # type: ignore[attr-defined]
        found = _run(search.where(condition).limit(k).select([*_COLUMNS, "_distance"]))
        return [(row, 1.0 - row.pop("_distance")) for row in found]

    def _text(self, query: str, k: int, condition: str) -> list[tuple[dict[str, Any], float]]:
        search = self._tables.chunks.search(_match(query), query_type="fts")
        found = _run(search.where(condition).limit(k).select([*_COLUMNS, "_score"]))
        return [(row, row.pop("_score")) for row in found]

    def _hybrid(self, query: str, k: int, condition: str) -> list[tuple[dict[str, Any], float]]:
        vector = self._generation[1].embed_query(query)
        search: Any = self._tables.chunks.search(query_type="hybrid", vector_column_name="vector").vector(vector)
        search = search.text(_match(query)).distance_type("dot").rerank(RRFReranker())
        found = _run(search.where(condition).limit(max(k, _CANDIDATES)).select(list(_COLUMNS)))
        return [(row, row.pop("_relevance_score")) for row in found]


def _match(query: str) -> MultiMatchQuery:
    """The words of a query, any of them, in a chunk or in the headings above it; never read as an expression."""
    return MultiMatchQuery(query, list(TEXT_COLUMNS))  # type: ignore[call-arg]  # its defaults are unknown to its type


def _run(query: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - three builder classes without a common type
    table: pa.Table = query.to_arrow()
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _hit(row: dict[str, Any], score: float) -> Hit:
    known = {name: row[name] for name in _COLUMNS}
    return Hit(**{**known, "heading_path": tuple(known["heading_path"])}, score=float(score))
