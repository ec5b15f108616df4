"""What a search asks the store: little of many rows first, the rest of the few that are told.

A row's place and its score are enough to rank it; each column more of a hundred rows lying anywhere costs as much as the
search itself.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
from lancedb.query import MultiMatchQuery
from lancedb.table import Table

from vouch.embedders.base import Vectors
from vouch.index.publishing.publish import TEXT_COLUMNS
from vouch.index.search.hit import COLUMNS
from vouch.index.search.ranking import Row
from vouch.index.store.tables import Tables, is_in, matrix
from vouch.index.vectors.vector_index import VectorIndex, current_vector_index, nearest

_PLACE = ("chunk_id", "document_id", "chunk_index", "char_start", "char_end")


class Queries:
    """Over one version of the tables. Rows are by chunk id; columns that an earlier version did not have are null."""

    def __init__(self, tables: Tables, vectors: VectorIndex | None = None) -> None:
        """Vectors are searched as was chosen for this version, or as `vectors` says."""
        self._chunks: Table = tables.chunks
        self._documents: Table = tables.documents
        self.vectors = vectors or current_vector_index(tables.chunks)
        self._held = set(tables.chunks.schema.names)

    def near(self, vector: Vectors, most: int, condition: str | None) -> dict[str, Row]:
        """The nearest chunks, with their `cosine`."""
        query = nearest(self._chunks, vector, self.vectors, narrowed=condition is not None)
        found = self._places(query, most, condition, "_distance")
        for row in found.values():
            row["cosine"] = 1.0 - row["_distance"]
        return found

    def worded(self, query: str, most: int, condition: str | None) -> dict[str, Row]:
        """By the words of a query, any of them, in a chunk or in the headings above it; never read as an expression."""
        match = MultiMatchQuery(query, list(TEXT_COLUMNS))  # type: ignore[call-arg]  # its defaults are unknown to its type
        return self._places(self._chunks.search(match, query_type="fts"), most, condition, "_score")

    def _places(self, query: Any, most: int, condition: str | None, score: str) -> dict[str, Row]:  # noqa: ANN401 - builders
        query = query if condition is None else query.where(condition)
        table = query.limit(most).select([*self._known(_PLACE), score]).with_row_id(True).to_arrow()
        return {row["chunk_id"]: {"chunk_index": None, **row} for row in table.to_pylist()}

    def cosines(self, rows: Sequence[Row], vector: Vectors) -> dict[str, float]:
        """Of these rows to the unit vector of a query."""
        if not rows:
            return {}
        table = self._take(rows, ("chunk_id", "vector"))
        cosines = matrix(table.column("vector")) @ vector
        return dict(zip(table.column("chunk_id").to_pylist(), cosines.tolist(), strict=True))

    def whole(self, rows: Sequence[Row]) -> dict[str, Row]:
        """The same rows with all that a hit tells."""
        empty: Row = dict.fromkeys(COLUMNS)
        found = self._take(rows, self._known(COLUMNS)).to_pylist() if rows else []
        return {row["chunk_id"]: {**empty, **row} for row in found}

    def _take(self, rows: Sequence[Row], columns: Iterable[str]) -> pa.Table:
        taken: Any = self._chunks.take_row_ids([row["_rowid"] for row in rows])
        return taken.select(list(columns)).to_arrow()

    def _known(self, columns: Iterable[str]) -> list[str]:
        return [name for name in columns if name in self._held]

    def spans(self, wanted: Sequence[tuple[str, int, int]]) -> list[str]:
        """Parts of canonical texts, cut by the store: by document id, first character and end."""
        if not wanted:
            return []
        parts = {
            f"part{n}": f"right(left(canonical_text, {end}), {end - start})"
            for n, (_, start, end) in enumerate(wanted)
        }
        query: Any = self._documents.search().where(
            is_in("document_id", {identity for identity, _, _ in wanted})
        )
        found = query.select({"document_id": "document_id", **parts}).to_arrow().to_pylist()
        by_document = {row["document_id"]: row for row in found}
        return [str(by_document[identity][f"part{n}"]) for n, (identity, _, _) in enumerate(wanted)]
