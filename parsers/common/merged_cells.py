"""What cells that reach over several rows or columns say in each of them.

A label that stands once beside five rows is told in each of the five: a row that is found, cited and embedded alone must
say what it belongs to. Across columns it stands once, where it begins: its row is whole as it is, and a header is
repeated before every piece of its table anyway.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias, TypeVar

Value = TypeVar("Value")
Merge: TypeAlias = tuple[int, int, int, int]
"""First row, first column, last row and last column of a merged cell, from 0, all inside."""
# A label; a longer text is a passage of its own, and is not said again in each row.
MAX_REPEATED = 100
MAX_HEADER_ROWS = 3
_MAX_VISITED = 2_000_000  # ranges that overlap by the thousand are no honest table


def filled_down(rows: Sequence[Sequence[Value]], merges: Iterable[Merge]) -> list[list[Value]]:
    """`rows` with the value of each merged cell in all rows that it reaches into and that say something besides."""
    filled = [list(row) for row in rows]
    visited = 0
    for top, left, bottom, _ in merges:
        value = filled[top][left] if top < len(filled) and left < len(filled[top]) else None
        visited += min(bottom, len(filled)) - top
        if visited > _MAX_VISITED:
            break
        if value is None or not 0 < len(str(value)) <= MAX_REPEATED:
            continue
        for row in filled[top + 1 : bottom + 1]:
            if (
                left < len(row)
                and row[left] in (None, "")
                and any(cell not in (None, "") for cell in row)
            ):
                row[left] = value
    return filled


def header_depth(merges: Iterable[Merge], rows: int) -> int:
    """How many of `rows` head a table whose first does.

    More than one where names over several columns stand beside names over several rows.
    """
    first = [one for one in merges if one[0] == 0]
    depth = max((bottom + 1 for _, _, bottom, _ in first), default=1)
    crosses = any(right > left for _, left, _, right in first)
    return depth if crosses and depth <= MAX_HEADER_ROWS and depth < rows else 1
