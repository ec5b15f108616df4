"""Columns of a table on a PDF page, and the cells of each row by column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.table_rows import Row, is_value

Interval: TypeAlias = tuple[float, float]
"""Left and right in points."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table from the left; the first may hold the labels of its rows."""

    intervals: tuple[Interval, ...]
    has_labels: bool

    def __len__(self) -> int:
        return len(self.intervals)

    @property
    def values(self) -> range:
        """The numbers of the columns other than the labels'."""
        return range(int(self.has_labels), len(self.intervals))

    @property
    def left(self) -> float:
        """Where the first column behind the labels begins."""
        return self.intervals[self.values[0]][0]

    @property
    def right(self) -> float:
        return self.intervals[-1][1]

    def overlapped(self, cell: Run) -> list[int]:
        """Return the columns that share an x with a cell."""
        return [
            number
            for number, (x0, x1) in enumerate(self.intervals)
            if cell.x0 <= x1 and cell.x1 >= x0
        ]

    def of(self, cell: Run) -> int:
        """Return the column of a cell: the one it shares most of its width with, or the nearest."""
        shares = [min(cell.x1, x1) - max(cell.x0, x0) for x0, x1 in self.intervals]
        return shares.index(max(shares))

    def place(self, cells: Sequence[Run]) -> list[str]:
        """Return the texts of a row by column; the empty places are empty strings."""
        row = [""] * len(self)
        for cell in cells:
            column = self.of(cell)
            row[column] = f"{row[column]} {cell.text}".strip()
        return row


def columns(rows: Sequence[Row]) -> Columns | None:
    """Return the columns of rows with two or more cells, None where they have fewer than two.

    The labels of rows may be as long as they like; of the other cells the narrow ones determine the
    columns, because a wide one may span several.
    """
    labels = [row.cells[0] for row in rows if not is_value(row.cells[0].text)]
    if len(labels) * 2 < len(rows):
        intervals = _clusters([cell for row in rows for cell in row.cells])
        return Columns(tuple(intervals), has_labels=False) if len(intervals) > 1 else None
    # What begins left of all second cells is a label; a number may also be the first cell of a row
    # without one.
    first = min(cell.x0 for row in rows for cell in row.cells[1:])
    labels = [row.cells[0] for row in rows if row.cells[0].x0 < first]
    intervals = _clusters([cell for row in rows for cell in row.cells if cell.x0 >= first])
    if not labels or not intervals:
        return None
    right = min(max(label.x1 for label in labels), intervals[0][0] - 0.1)
    label = (min(label.x0 for label in labels), right)
    return Columns((label, *intervals), has_labels=True)


def _clusters(cells: Sequence[Run]) -> list[Interval]:
    """Return the x intervals that cells cover together, without joining two by a wide cell."""
    clusters: list[list[float]] = []  # left, right, number of cells
    for cell in sorted(cells, key=lambda cell: cell.x1 - cell.x0):
        hit = [cluster for cluster in clusters if cell.x0 <= cluster[1] and cell.x1 >= cluster[0]]
        if not hit:
            clusters.append([cell.x0, cell.x1, 1])
            continue
        strong = [cluster for cluster in hit if cluster[2] > 1]
        if len(strong) > 1:
            continue
        joined = [
            min(cell.x0, *(c[0] for c in hit)),
            max(cell.x1, *(c[1] for c in hit)),
            1 + sum(c[2] for c in hit),
        ]
        clusters = [cluster for cluster in clusters if cluster not in hit] + [joined]
    return sorted((x0, x1) for x0, x1, _ in clusters)
