"""The items of a listing as columns: a hundred bytes an item, a quarter of what objects take."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from itertools import islice
from typing import overload

import polars as pl

from vouch.schemas.documents.records import SourceItem

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "uri": pl.String,
    "size": pl.Int64,
    "modified": pl.Datetime("us", "UTC"),
    "etag": pl.String,
    "always_read": pl.Boolean,
}
_AT_ONCE = 10_000  # items that are objects at the same time


class ListedItems(Sequence[SourceItem]):
    """Items of one source, which become objects when they are asked for.

    `frame` has a row for each: its `uri`, `size`, `modified` (in UTC), `etag` and `always_read`.
    """

    def __init__(self, source: str, frame: pl.DataFrame) -> None:
        self.source = source
        self.frame = frame.select(_SCHEMA.keys())

    @classmethod
    def of(cls, source: str, items: Iterable[SourceItem]) -> "ListedItems":
        """Return the items as columns; of an iterator, few are objects at a time."""
        if isinstance(items, ListedItems):
            return items
        remaining = iter(items)
        parts = [pl.DataFrame(schema=_SCHEMA)]
        while some := list(islice(remaining, _AT_ONCE)):
            parts.append(_frame(some))
        return cls(source, pl.concat(parts))

    def filter(self, mask: pl.Series) -> "ListedItems":
        """Return the items for which the mask is true."""
        return ListedItems(self.source, self.frame.filter(mask))

    def __len__(self) -> int:
        return self.frame.height

    def __iter__(self) -> Iterator[SourceItem]:
        for part in self.frame.iter_slices(_AT_ONCE):
            for row in part.iter_rows():
                yield SourceItem(self.source, *row)

    @overload
    def __getitem__(self, place: int) -> SourceItem: ...
    @overload
    def __getitem__(self, place: slice) -> "ListedItems": ...
    def __getitem__(self, place: int | slice) -> "SourceItem | ListedItems":
        if isinstance(place, slice):
            return ListedItems(self.source, self.frame[place])
        return SourceItem(self.source, *self.frame.row(place))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"ListedItems({self.source!r}, {len(self):,} items)"


def _frame(items: Sequence[SourceItem]) -> pl.DataFrame:
    columns = {
        "uri": [item.uri for item in items],
        "size": [item.size for item in items],
        "modified": [item.modified.astimezone(UTC) if item.modified else None for item in items],
        "etag": [item.etag for item in items],
        "always_read": [item.always_read for item in items],
    }
    return pl.DataFrame(columns, schema=_SCHEMA)
