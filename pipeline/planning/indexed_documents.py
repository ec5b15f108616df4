"""The index's documents by id: a row for each that a plan looks at, sums over the others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import polars as pl

Row: TypeAlias = Mapping[str, Any]
IS_ROOT = pl.col("parent_id").fill_null("") == ""
"""Was listed, and is not attached to another document."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """Listed documents that no plan looks at: how many are published, and the sizes, in bytes, and
    chunks of those that have both.
    """

    published: int = 0
    size: int = 0
    chunks: int = 0

    def plus(self, documents: pl.DataFrame) -> "SetAside":
        """Return the sums with those of more documents."""
        both = documents.filter((pl.col("chunk_count") > 0) & (pl.col("size") > 0))
        return SetAside(
            self.published + documents.filter(pl.col("status") == "published").height,
            self.size + int(both["size"].sum()),
            self.chunks + int(both["chunk_count"].sum()),
        )


class IndexedDocuments(Mapping[str, Row]):
    """A mapping over `frame`, documents of `vouch.index.store.lookups`, one row each.

    A row becomes a dictionary when it is asked for, and once: dictionaries of all rows would take
    many times the frame's memory. Documents that are `set_aside` are in the index and not in the
    frame.
    """

    def __init__(self, frame: pl.DataFrame, set_aside: SetAside = SetAside()) -> None:
        self.frame = frame
        self._set_aside = set_aside
        self._rows: dict[str, Row] = {}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {identity: place for place, identity in enumerate(self.frame["document_id"])}

    def __getitem__(self, identity: str) -> Row:
        if identity not in self._rows:
            self._rows[identity] = self.frame.row(self._places[identity], named=True)
        return self._rows[identity]

    def __contains__(self, identity: object) -> bool:
        return identity in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return self.frame.height

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """The ids of what is attached directly to each document that has attachments."""
        attached = self.frame.filter(~IS_ROOT)
        children: dict[str, list[str]] = {}
        for parent, identity in attached.select("parent_id", "document_id").iter_rows():
            children.setdefault(parent, []).append(identity)
        return children

    def attached_to(self, parents: Iterable[str]) -> list[str]:
        """Return the ids of all that is attached to the parents, however deep."""
        descendants: list[str] = []
        waiting = list(parents)
        while waiting:
            attached = self.children.get(waiting.pop(), [])
            descendants.extend(attached)
            waiting.extend(attached)
        return descendants

    def roots(self, source: str) -> pl.DataFrame:
        """Return the rows of a source's documents that were listed, not attached."""
        return self.frame.filter((pl.col("source") == source) & IS_ROOT)

    def roots_of_other_sources(self, sources: Sequence[str]) -> pl.DataFrame:
        """Return the rows of listed documents of all sources but these."""
        return self.frame.filter(~pl.col("source").is_in(list(sources)) & IS_ROOT)

    @cached_property
    def published_roots(self) -> int:
        """How many listed documents are published."""
        roots = self.frame.filter(IS_ROOT)
        return self._set_aside.plus(roots).published

    @property
    def bytes_per_chunk(self) -> float | None:
        """The mean, over documents that have a size and chunks; None where there is none."""
        every = self._set_aside.plus(self.frame)
        return every.size / every.chunks if every.chunks else None
