"""The index's documents by id: columns for what is asked of all of them, a row for one that is looked at."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import polars as pl

Row: TypeAlias = Mapping[str, Any]
_LISTED = pl.col("parent_id").fill_null("") == ""
"""Not attached to another document."""


class HeldRows(Mapping[str, Row]):
    """`frame` is `vouch.index.store.lookups`'s documents, one row each. A row is made when it is asked for, and once."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self._made: dict[str, Row] = {}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {identity: place for place, identity in enumerate(self.frame["document_id"])}

    def __getitem__(self, identity: str) -> Row:
        if identity not in self._made:
            self._made[identity] = self.frame.row(self._places[identity], named=True)
        return self._made[identity]

    def __contains__(self, identity: object) -> bool:
        return identity in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return self.frame.height

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """What is attached directly to each document that has something attached."""
        attached = self.frame.filter(~_LISTED)
        found: dict[str, list[str]] = {}
        for parent, identity in attached.select("parent_id", "document_id").iter_rows():
            found.setdefault(parent, []).append(identity)
        return found

    def attached_to(self, parents: Iterable[str]) -> list[str]:
        """All that is attached to the parents, however deep."""
        found: list[str] = []
        waiting = list(parents)
        while waiting:
            attached = self.children.get(waiting.pop(), [])
            found.extend(attached)
            waiting.extend(attached)
        return found

    def roots(self, source: str) -> pl.DataFrame:
        """Documents of a source that were listed, not attached."""
        return self.frame.filter((pl.col("source") == source) & _LISTED)

    def roots_beside(self, sources: Sequence[str]) -> pl.DataFrame:
        """Documents of all other sources that were listed, not attached."""
        return self.frame.filter(~pl.col("source").is_in(list(sources)) & _LISTED)

    @cached_property
    def published_roots(self) -> int:
        """How many documents that were listed are published."""
        return self.frame.filter(_LISTED & (pl.col("status") == "published")).height

    @property
    def bytes_per_chunk(self) -> float | None:
        """Of the documents that have both; None where none has."""
        both = self.frame.filter((pl.col("chunk_count") > 0) & (pl.col("size") > 0))
        return int(both["size"].sum()) / int(both["chunk_count"].sum()) if both.height else None
