"""Cells that reach over columns and rows, put into their columns."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from vouch.parsers.common.merged_cells import Merge, filled_down

Cell: TypeAlias = tuple[str, int, int]
"""Text, width in columns, height in rows."""

MAX_SPAN = 100


def laid_out(rows: Iterable[Sequence[Cell]]) -> list[list[str]]:
    """The texts of each row: a tall cell's in all its rows that say something, nothing where a wide one reaches."""
    laid: list[list[str]] = []
    merges: list[Merge] = []
    taken: dict[int, int] = {}  # by column: rows that a tall cell above still takes
    for number, row in enumerate(rows):
        texts: list[str] = []
        below: dict[int, int] = {}
        for text, width, height in row:
            _pass_over(taken, texts)
            width, height = min(width, MAX_SPAN), min(height, MAX_SPAN)
            if height > 1:
                below |= dict.fromkeys(range(len(texts), len(texts) + width), height - 1)
                merges.append((number, len(texts), number + height - 1, len(texts) + width - 1))
            texts += [text, *[""] * (width - 1)]
        _pass_over(taken, texts)
        taken = {column: left - 1 for column, left in taken.items() if left > 1} | below
        laid.append(texts)
    return filled_down(laid, merges)


def _pass_over(taken: dict[int, int], texts: list[str]) -> None:
    while len(texts) in taken:
        texts.append("")
