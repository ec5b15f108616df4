"""Query the store for a search: little about many rows first, the rest about the few results.

A row's place and score are enough to rank it. Every further column of a hundred scattered rows
costs as much as the search itself.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
from lancedb.query import MultiMatchQuery

from vouch.embedders.base import Vectors
from vouch.index.publishing.search_indexes import TEXT_COLUMNS
from vouch.index.search.hit import COLUMNS
from vouch.index.search.ranking import Row
from vouch.index.store.tables import Tables, is_in, matrix
from vouch.index.vectors.vector_index import VectorIndex, current_vector_index, nearest

_PLACE = ("chunk_id", "document_id", "chunk_index", "char_start", "char_end")


class Queries:
    """Queries on one version of the tables.

    They return rows by chunk id. Columns that an earlier version of Vouch did not write are None.

    Args:
        tables: The tables, at the version to query.
        vectors: How vectors are searched; by default as was chosen for this version.
    """

    def __init__(self, tables: Tables, vectors: VectorIndex | None = None) -> None:
        self._chunks = tables.chunks
        self._documents = tables.documents
        self._present = set(tables.chunks.schema.names)
        self.vectors = vectors or current_vector_index(tables.chunks)

    def by_vector(self, vector: Vectors, limit: int, condition: str | None) -> dict[str, Row]:
        """Return the places of the chunks nearest to a unit vector, with their `cosine`."""
        query = nearest(self._chunks, vector, self.vectors, narrowed=condition is not None)
        places = self._places(query, limit, condition, "_distance")
        for row in places.values():
            row["cosine"] = 1.0 - row["_distance"]
        return places

    def by_words(self, query: str, limit: int, condition: str | None) -> dict[str, Row]:
        """Return the places of chunks that contain words of the query, with their BM25 `_score`.

        Any word may match, in a chunk or in the headings above it. The query is never interpreted
        as an expression.
        """
        # The type stub declares arguments that have defaults as required.
        match = MultiMatchQuery(query, list(TEXT_COLUMNS))  # type: ignore[call-arg]
        search = self._chunks.search(match, query_type="fts")
        return self._places(search, limit, condition, "_score")

    def _places(self, query: Any, limit: int, condition: str | None, score: str) -> dict[str, Row]:  # noqa: ANN401 - builders
        query = query if condition is None else query.where(condition)
        columns = [*self._existing(_PLACE), score]
        table = query.limit(limit).select(columns).with_row_id(True).to_arrow()
        return {row["chunk_id"]: {"chunk_index": None, **row} for row in table.to_pylist()}

    def cosines(self, rows: Sequence[Row], vector: Vectors) -> dict[str, float]:
        """Return the cosines between these rows' vectors and a unit vector."""
        if not rows:
            return {}
        table = self._take(rows, ("chunk_id", "vector"))
        cosines = matrix(table.column("vector")) @ vector
        return dict(zip(table.column("chunk_id").to_pylist(), cosines.tolist(), strict=True))

    def full_rows(self, rows: Sequence[Row]) -> dict[str, Row]:
        """Return the same rows with all columns of a hit."""
        empty: Row = dict.fromkeys(COLUMNS)
        full = self._take(rows, self._existing(COLUMNS)).to_pylist() if rows else []
        return {row["chunk_id"]: {**empty, **row} for row in full}

    def _take(self, rows: Sequence[Row], columns: Iterable[str]) -> pa.Table:
        taken: Any = self._chunks.take_row_ids([row["_rowid"] for row in rows])
        return taken.select(list(columns)).to_arrow()

    def _existing(self, columns: Iterable[str]) -> list[str]:
        return [name for name in columns if name in self._present]

    def spans(self, places: Sequence[tuple[str, int, int]]) -> list[str]:
        """Return parts of canonical texts: each given by document id, first character and end.

        The store cuts them out, so that no whole document is read.
        """
        if not places:
            return []
        parts = {
            f"part{number}": f"right(left(canonical_text, {end}), {end - start})"
            for number, (_, start, end) in enumerate(places)
        }
        ids = {identity for identity, _, _ in places}
        query: Any = self._documents.search().where(is_in("document_id", ids))
        table = query.select({"document_id": "document_id", **parts}).to_arrow()
        by_document = {row["document_id"]: row for row in table.to_pylist()}
        return [
            str(by_document[identity][f"part{number}"])
            for number, (identity, _, _) in enumerate(places)
        ]
