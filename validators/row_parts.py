"""Rows that may be too many for memory: a frame, or a lazy frame over files, read part by part."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import polars as pl

Rows: TypeAlias = pl.DataFrame | pl.LazyFrame

PART_ROWS = 250_000
"""So many rows, about, are in memory together."""


def count(rows: Rows) -> int:
    """Return the number of rows."""
    if isinstance(rows, pl.DataFrame):
        return rows.height
    return int(collect(rows.select(pl.len())).item())


def collect(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return the result of a query that reads its rows in a stream."""
    return rows.collect(engine="streaming")


def values_of(rows: Rows, column: str) -> set[str]:
    """Return the different values of a column that has few."""
    return set(collect(rows.lazy().select(pl.col(column).unique())).to_series())


def parts_of(rows: Rows, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield the columns of all rows, in their order, in at least one part."""
    chosen = rows.lazy().select(columns)
    if count(rows) <= PART_ROWS:
        yield chosen.collect()
    else:
        yield from chosen.collect_batches(chunk_size=PART_ROWS, maintain_order=True)


def parts_by(rows: Rows, key: str, columns: Sequence[str], parts: int) -> Iterator[pl.DataFrame]:
    """Yield the columns of all rows in so many parts: rows with the same key are in the same one,
    in their order.
    """
    for number in range(parts):
        part = rows.lazy()
        if parts > 1:
            part = part.filter(pl.col(key).hash() % parts == number)
        yield part.select(columns).collect()


def part_count(*every: Rows) -> int:
    """Return in how many parts by a key to read rows, that is the longest of several."""
    return max(1, -(-max(map(count, every)) // PART_ROWS))
