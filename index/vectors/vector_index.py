"""Which index the vectors have, and how it is searched: written on the column itself.

So it belongs to a version of the table as its rows do: whoever reads an older state, or goes back to one, searches it by what
was chosen for it, and an index that is gone takes its choice along.
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
_KEY = "vouch:vector_index"
_CONFIGS: dict[str, Any] = {"IVF_FLAT": IvfFlat, "IVF_SQ": IvfSq, "IVF_RQ": IvfRq}

Kind: TypeAlias = Literal["exact", "IVF_FLAT", "IVF_SQ", "IVF_RQ"]


class VectorIndex(Strict):
    """A kind of index, how it is searched, and how well: `recall` at 10 against exact search, on how many `rows`, when.

    `nprobes` of about so many `partitions` are looked into; the `refine`-fold number of candidates is compared by the exact
    vectors. It was measured as the store had cut it at `cut_at`, with `seen` rows; `unseen` ones have come since.
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
        """Make the index, in place of the one that is there, and let the store cut it as it likes before it is measured.

        `optimize()` joins partitions that hold less than a quarter of the size that was asked for, and splits those of more
        than four times as much. Asked for a number of them instead, it takes a size of its own, thousands: it joins them all.
        """
        size = max(1, chunks.count_rows() // self.partitions)
        config = _CONFIGS[self.kind](distance_type="dot", target_partition_size=size)
        chunks.create_index("vector", config=config, name=VECTOR_INDEX)
        optimize_fully(chunks)

    def asked(self, query: Any, narrowed: bool) -> Any:  # noqa: ANN401 - a builder whose class depends on the query
        """A vector query that is searched so.

        What is narrowed by a condition may lie anywhere: there the store may go on through all partitions, if it has to.
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
    """A query for the chunks nearest to a unit vector, searched by `index`; None as the store does by itself.

    Rows that the index does not hold yet are compared one by one besides.
    """
    query: Any = chunks.search(vector, vector_column_name="vector").distance_type("dot")  # type: ignore[attr-defined]
    return index.asked(query, narrowed) if index else query


def has_index(chunks: Table) -> bool:
    """Whether there is an index on the vectors."""
    return any(one.name == VECTOR_INDEX for one in chunks.list_indices())


def cut_at(chunks: Table) -> datetime | None:
    """When the store last cut the index into partitions; rows that only join them do not change it."""
    at = next((one.created_at for one in chunks.list_indices() if one.name == VECTOR_INDEX), None)
    return at and at.replace(microsecond=at.microsecond // 1000 * 1000)  # as the store keeps it


def current_vector_index(chunks: Table) -> VectorIndex | None:
    """How this version is searched; None where it has an index of which nothing was measured."""
    told = (chunks.schema.field("vector").metadata or {}).get(_KEY.encode())
    try:
        noted = VectorIndex.model_validate_json(told) if told else None
    except ValidationError:  # of another version of Vouch
        noted = None
    if has_index(chunks):
        return noted if noted and noted.kind != "exact" else None
    return noted if noted and noted.kind == "exact" else VectorIndex()


def note(chunks: Table, choice: VectorIndex) -> None:
    """Write the choice on the column: a new version of the table."""
    chunks.update_field_metadata({"path": "vector", "metadata": {_KEY: choice.model_dump_json()}})
