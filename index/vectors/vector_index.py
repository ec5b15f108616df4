"""Which index the vectors have, and how it is searched: recorded on the column itself.

So the choice belongs to a version of the table, as its rows do. A reader of an older state, or a
rollback to it, searches that state by what was chosen for it.
"""

from datetime import datetime
from typing import Any, Literal, TypeAlias

from lancedb.index import IvfFlat, IvfRq, IvfSq
from lancedb.table import Table
from pydantic import ValidationError

from vouch.embedders.base import Vectors
from vouch.index.store.tables import optimize_fully
from vouch.schemas.strict import Strict

VECTOR_INDEX = "vector_idx"
_METADATA_KEY = "vouch:vector_index"
_CONFIGS: dict[str, Any] = {"IVF_FLAT": IvfFlat, "IVF_SQ": IvfSq, "IVF_RQ": IvfRq}

Kind: TypeAlias = Literal["exact", "IVF_FLAT", "IVF_SQ", "IVF_RQ"]


class VectorIndex(Strict):
    """A kind of index, how it is searched, and what was measured of it. Stored as JSON.

    Attributes:
        kind: The index type of LanceDB, or `exact` for a search that compares all vectors.
        partitions: Approximate number of partitions.
        nprobes: Number of partitions that a query searches.
        refine: Factor of candidates that are compared by their exact vectors; 0 for none.
        recall: Recall at 10 against exact search, when it was measured last.
        p95_ms: 95th percentile of a query's time, in milliseconds.
        rows: Number of rows for which the index was chosen.
        chosen_at: When it was chosen.
        cut_at: When the store had partitioned the index that was measured.
        seen: Number of rows when it was measured last.
        unseen: Rows that were added to the index since.
    """

    kind: Kind = "exact"
    partitions: int = 0
    nprobes: int = 0
    refine: int = 0
    recall: float = 1.0
    p95_ms: float = 0.0
    rows: int = 0
    chosen_at: datetime | None = None
    cut_at: datetime | None = None
    seen: int = 0
    unseen: int = 0

    def build(self, chunks: Table) -> None:
        """Build the index in place of the present one, and let the store finish partitioning it.

        The partition size is requested, not their number: `optimize()` merges partitions of less
        than a quarter of the requested size and splits those of more than four times as much.
        When their number is requested, the store assumes a size of thousands and merges them all.
        """
        size = max(1, chunks.count_rows() // self.partitions)
        config = _CONFIGS[self.kind](distance_type="dot", target_partition_size=size)
        chunks.create_index("vector", config=config, name=VECTOR_INDEX)
        optimize_fully(chunks)

    def configure(self, query: Any, narrowed: bool) -> Any:  # noqa: ANN401 - a builder whose class depends on the query
        """Return a vector query that searches by this index.

        Args:
            query: The query builder of LanceDB.
            narrowed: Whether a condition excludes rows. Those that remain may lie in any
                partition, so the store may then search all of them if it finds too few.
        """
        if self.kind == "exact":
            return query.bypass_vector_index()
        query = (
            query.maximum_nprobes(0).minimum_nprobes(self.nprobes)
            if narrowed
            else query.nprobes(self.nprobes)
        )
        return query.refine_factor(self.refine) if self.refine else query

    def __str__(self) -> str:
        if self.kind == "exact":
            return "exact search"
        refined = f", refined {self.refine}-fold" if self.refine else ""
        return f"{self.kind}, {self.nprobes} of {self.partitions:,} partitions{refined}"


def nearest(
    chunks: Table, vector: Vectors, index: VectorIndex | None, narrowed: bool = False
) -> Any:  # noqa: ANN401 - lancedb's builder
    """Return a query for the chunks nearest to a unit vector.

    Rows that are not in the index yet are compared one by one. Without `index` the store's own
    defaults apply. For `narrowed` see `VectorIndex.configure`.
    """
    query: Any = chunks.search(vector, vector_column_name="vector").distance_type("dot")  # type: ignore[attr-defined]
    return index.configure(query, narrowed) if index else query


def has_vector_index(chunks: Table) -> bool:
    """Return whether there is an index on the vectors."""
    return any(index.name == VECTOR_INDEX for index in chunks.list_indices())


def partitioned_at(chunks: Table) -> datetime | None:
    """Return when the store last partitioned the index; adding rows does not change it."""
    for index in chunks.list_indices():
        if index.name == VECTOR_INDEX and index.created_at:
            # The store keeps milliseconds.
            return index.created_at.replace(microsecond=index.created_at.microsecond // 1000 * 1000)
    return None


def current_vector_index(chunks: Table) -> VectorIndex | None:
    """Return how this version is searched; None for an index that was never measured."""
    metadata = (chunks.schema.field("vector").metadata or {}).get(_METADATA_KEY.encode())
    try:
        recorded = VectorIndex.model_validate_json(metadata) if metadata else None
    except ValidationError:  # another version of Vouch has recorded it
        recorded = None
    if has_vector_index(chunks):
        return recorded if recorded and recorded.kind != "exact" else None
    return recorded if recorded and recorded.kind == "exact" else VectorIndex()


def record_vector_index(chunks: Table, choice: VectorIndex) -> None:
    """Record the choice on the vector column, which makes a new version of the table."""
    chunks.update_field_metadata(
        {"path": "vector", "metadata": {_METADATA_KEY: choice.model_dump_json()}}
    )
