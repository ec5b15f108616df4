"""Cells that span several rows or columns: their place in the table, and their value in each row.

A label that spans five rows is repeated in each of the five, because a row that is searched, cited
and embedded by itself must have the label that it belongs to. A value that spans columns is not
repeated: its row is complete without, and a header is added to every piece of its table anyway.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias, TypeVar

Value = TypeVar("Value")
Cell: TypeAlias = tuple[str, int, int]
"""Text, width in columns, height in rows."""
Merge: TypeAlias = tuple[int, int, int, int]
"""First row, first column, last row and last column of a merged cell, from 0, inclusive."""

MAX_SPAN = 100
MAX_HEADER_ROWS = 3
MAX_REPEATED = 100  # characters of a label; a longer text is a passage, which is not repeated
_MAX_VISITED = 2_000_000  # thousands of overlapping ranges are no genuine table
_MAX_SPANNED = 500_000  # places of a table that cells span; past it, a cell is a cell


def laid_out(rows: Iterable[Sequence[Cell]]) -> list[list[str]]:
    """Return the texts of each row by column.

    A tall cell's text is in all rows that it spans and that are not empty otherwise; a wide cell is
    followed by empty ones. Spans that would make far more of a table than it has are ignored.
    """
    laid: list[list[str]] = []
    spanned = 0
    merges: list[Merge] = []
    occupied: dict[int, int] = {}  # by column: further rows that a tall cell above occupies
    for number, row in enumerate(rows):
        texts: list[str] = []
        below: dict[int, int] = {}
        for text, width, height in row:
            _skip_occupied(occupied, texts)
            width, height = min(width, MAX_SPAN), min(height, MAX_SPAN)
            spanned += width * height - 1
            if spanned > _MAX_SPANNED:
                width = height = 1
            if height > 1:
                below |= dict.fromkeys(range(len(texts), len(texts) + width), height - 1)
                merges.append((number, len(texts), number + height - 1, len(texts) + width - 1))
            texts += [text, *[""] * (width - 1)]
        _skip_occupied(occupied, texts)
        occupied = {column: left - 1 for column, left in occupied.items() if left > 1} | below
        laid.append(texts)
    return filled_down(laid, merges)


def _skip_occupied(occupied: dict[int, int], texts: list[str]) -> None:
    while len(texts) in occupied:
        texts.append("")


def filled_down(rows: Sequence[Sequence[Value]], merges: Iterable[Merge]) -> list[list[Value]]:
    """Return `rows` with the value of each merged cell in all rows that it spans.

    Rows that are otherwise empty stay empty.
    """
    filled = [list(row) for row in rows]
    has_values = [any(cell not in (None, "") for cell in row) for row in filled]
    visited = 0
    for top, left, bottom, _ in merges:
        value = filled[top][left] if top < len(filled) and left < len(filled[top]) else None
        visited += min(bottom, len(filled)) - top
        if visited > _MAX_VISITED:
            break
        if value is None or not 0 < len(str(value)) <= MAX_REPEATED:
            continue
        for number in range(top + 1, min(bottom + 1, len(filled))):
            row = filled[number]
            if has_values[number] and left < len(row) and row[left] in (None, ""):
                row[left] = value
    return filled


def header_depth(merges: Iterable[Merge], rows: int) -> int:
    """Return how many of `rows` are headers in a table whose first row is one.

    More than one where names that span columns are beside names that span rows.
    """
    first = [merge for merge in merges if merge[0] == 0]
    depth = max((bottom + 1 for _, _, bottom, _ in first), default=1)
    spans_columns = any(right > left for _, left, _, right in first)
    return depth if spans_columns and depth <= MAX_HEADER_ROWS and depth < rows else 1
