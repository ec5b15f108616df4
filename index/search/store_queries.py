"""Query the store for a search: little about many rows first, the rest about the few results.

A row's place and score are enough to rank it. Every further column of a hundred scattered rows
costs as much as the search itself.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import pyarrow as pa
from lancedb.query import (
    BooleanQuery,
    FullTextOperator,
    FullTextQuery,
    MatchQuery,
    MultiMatchQuery,
    Occur,
    PhraseQuery,
)

from vouch.embedders.base import Vectors
from vouch.index.publishing.search_indexes import TEXT_COLUMNS, has_positions
from vouch.index.search.hit import COLUMNS
from vouch.index.search.identifiers import WHOLE, Identifier
from vouch.index.search.ranking import Row
from vouch.index.store.sql import quoted
from vouch.index.store.stored_vectors import as_compared, matrix
from vouch.index.store.tables import Tables, is_in
from vouch.index.vectors.vector_index import VectorIndex, current_vector_index, nearest

# Of an identifier in the headings above a chunk, as a share of one in its text.
_HEADING_SHARE = 0.95
_FEW = 20
"""So many chunks show that a number such as 2 is in more than a few."""
_MAX_SCANNED = 200_000
"""Of so many chunks the texts are read for an identifier whose parts are everywhere."""
_MAX_SCANNED_FOR_TEXTS = 50_000
"""Of so many chunks the hashes of texts are read for those of equal text, in milliseconds."""
_NOT_OF_A_PLACE = ("text", "metadata", "fields")
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

    def by_identifier(
        self,
        identifier: Identifier,
        limit: int,
        condition: str | None,
        most: int | None = None,
    ) -> dict[str, Row]:
        """Return the places of chunks that contain an identifier, with their BM25 `_score` for its
        parts and its `grade`.

        Those are looked at that have its parts in a row: the best ones, and in an index that is not
        too large all of them. Where more than `most` contain it, only some of these are returned.
        """
        query = self._parts_of(identifier)
        for looked_at in (_FEW, limit) if most is not None else (limit,):
            read = self._graded(query, identifier, looked_at, condition)
            holders = {key: row for key, row in read.items() if row["grade"]}
            if most is not None and len(holders) > most:
                return holders
        # Where the parts are everywhere, as of C#, the best by parts may all lack the whole.
        if len(read) < limit or self._chunks.count_rows() > _MAX_SCANNED:
            return holders
        holds = f"contains(lower(coalesce(embedded_text, text)), {quoted(identifier.text.lower())})"
        narrowed = holds if condition is None else f"({condition}) AND {holds}"
        read |= self._graded(query, identifier, limit, narrowed)
        return {key: row for key, row in read.items() if row["grade"]}

    def _parts_of(self, identifier: Identifier) -> FullTextQuery:
        """Return the query for an identifier's parts, side by side; in an index of an earlier
        version, which has no positions, anywhere in the same chunk.
        """
        text = identifier.text
        queries: list[FullTextQuery] = [
            PhraseQuery(text, column)  # type: ignore[call-arg]
            if self._has_positions
            else MatchQuery(text, column, operator=FullTextOperator.AND)  # type: ignore[call-arg]
            for column in TEXT_COLUMNS
        ]
        return BooleanQuery([(Occur.SHOULD, query) for query in queries])

    @cached_property
    def _has_positions(self) -> bool:
        return has_positions(self._chunks)

    def _graded(
        self, query: FullTextQuery, identifier: Identifier, limit: int, condition: str | None
    ) -> dict[str, Row]:
        search = self._chunks.search(query, query_type="fts")
        columns = ("text", "embedded_text")
        rows = self._places(search, limit, condition, "_score", columns)
        for row in rows.values():
            text, embedded = row.pop("text"), row.pop("embedded_text")
            row["grade"] = identifier.grade(text)
            if embedded is not None and row["grade"] < WHOLE:
                in_headings = _HEADING_SHARE * identifier.grade(embedded)
                row["grade"] = max(row["grade"], in_headings)
        return rows

    def _places(
        self,
        query: Any,  # noqa: ANN401 - builders
        limit: int,
        condition: str | None,
        score: str,
        more: Sequence[str] = (),
    ) -> dict[str, Row]:
        query = query if condition is None else query.where(condition)
        columns = [*self._existing(_PLACE), score, *more]
        table = query.limit(limit).select(columns).with_row_id(True).to_arrow()
        return {row["chunk_id"]: {"chunk_index": None, **row} for row in table.to_pylist()}

    def cosines(self, rows: Sequence[Row], vector: Vectors) -> dict[str, float]:
        """Return the cosines between these rows' vectors and a unit vector."""
        if not rows:
            return {}
        table = self._take(rows, ("chunk_id", "vector"))
        cosines = matrix(table.column("vector")) @ as_compared(vector, self._chunks.schema)
        return dict(zip(table.column("chunk_id").to_pylist(), cosines.tolist(), strict=True))

    def full_rows(self, rows: Sequence[Row]) -> dict[str, Row]:
        """Return the same rows with all columns of a hit."""
        empty: Row = dict.fromkeys(COLUMNS)
        full = self._take(rows, self._existing(COLUMNS)).to_pylist() if rows else []
        return {row["chunk_id"]: {**empty, **row} for row in full}

    def evaluated(
        self, rows: Iterable[Row], conditions: Mapping[str, str], columns: Iterable[str]
    ) -> list[Row]:
        """Return `chunk_id`, the columns and whether each condition holds, of the same rows.

        A condition that is unknown, because a row has no value, does not hold.
        """
        names = ["chunk_id", *columns]
        own = {name: name for name in self._existing(names)}
        taken: Any = self._chunks.take_row_ids([row["_rowid"] for row in rows])
        read = taken.select({**own, **conditions}).to_arrow().to_pylist()
        return [{**dict.fromkeys(names), **row} for row in read]

    def _take(self, rows: Sequence[Row], columns: Iterable[str]) -> pa.Table:
        taken: Any = self._chunks.take_row_ids([row["_rowid"] for row in rows])
        return taken.select(list(columns)).to_arrow()

    def _existing(self, columns: Iterable[str]) -> list[str]:
        return [name for name in columns if name in self._present]

    def with_texts(self, hashes: Collection[str], condition: str | None, limit: int) -> list[Row]:
        """Return at most so many chunks that have one of these texts, with the columns of a hit's
        place; none where the table is so large that to look for them takes longer than the search.
        """
        if not hashes or self._chunks.count_rows() > _MAX_SCANNED_FOR_TEXTS:
            return []
        texts = f"text_sha256 IN ({', '.join(map(quoted, sorted(hashes)))})"
        narrowed = texts if condition is None else f"{texts} AND ({condition})"
        query: Any = self._chunks.search().where(narrowed).limit(limit)
        columns = self._existing(name for name in COLUMNS if name not in _NOT_OF_A_PLACE)
        matching = query.select(columns).to_arrow().to_pylist()
        return [{**dict.fromkeys(COLUMNS), **row} for row in matching]

    def is_any(self, condition: str) -> bool:
        """Return whether any chunk meets a condition."""
        query: Any = self._chunks.search().where(condition).select(["chunk_id"]).limit(1)
        return bool(query.to_arrow().num_rows)

    def of_documents(
        self, ids: Collection[str], spans: Sequence[tuple[str, int, int]]
    ) -> tuple[dict[str, str | None], list[str]]:
        """Return the media types of documents, by id, and parts of their canonical texts: each
        given by document id, first character and end.

        The store cuts the parts out, so that no whole document is read.
        """
        if not ids:
            return {}, []
        parts = {
            f"part{number}": f"right(left(canonical_text, {end}), {end - start})"
            for number, (_, start, end) in enumerate(spans)
        }
        columns = {name: name for name in ("document_id", "media_type")} | parts
        query: Any = self._documents.search().where(is_in("document_id", ids))
        by_document = {row["document_id"]: row for row in query.select(columns).to_list()}
        texts = [
            str(by_document[identity][f"part{number}"])
            for number, (identity, _, _) in enumerate(spans)
        ]
        return {key: row["media_type"] for key, row in by_document.items()}, texts
