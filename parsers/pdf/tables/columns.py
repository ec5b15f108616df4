"""Columns of a table on a PDF page, and the cells of each row by column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from vouch.parsers.pdf.page import Part, Run
from vouch.parsers.pdf.tables.rows import Row, is_value, piece

# In font sizes: how far the edge or the middle of a name is from that of its column.
_IN_LINE = 0.15
# Of the other gaps in a cell: how much wider one between two cells is.
_WIDER = 1.25
# In font sizes: a space of a typewriter font is narrower.
_APART = 0.7
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
        return self._nearest(cell.x0, cell.x1)

    def divided(self, row: Row) -> Row:
        """Return a row with cells cut at narrow gaps that are between two columns."""
        if not any(cell.parts for cell in row.cells):
            return row
        cells = [part for cell in row.cells for part in self._divided(cell)]
        return Row(tuple(cells), row.lines)

    def _divided(self, cell: Run) -> list[Run]:
        overlapped = self.overlapped(cell)
        if len(cell.parts) < 2 or len(overlapped) < 2:
            return [cell]
        aligned = self._aligned(cell, cell.parts, overlapped)
        if aligned:
            return aligned
        gaps = [right[1] - left[2] for left, right in pairwise(cell.parts)]
        cut = gaps.index(max(gaps)) + 1
        pieces = [piece(cell, cell.parts[:cut]), piece(cell, cell.parts[cut:])]
        # Two words may be apart as all words of their font are.
        is_widest = sum(gap * _WIDER > max(gaps) for gap in gaps) == 1 and (
            len(gaps) > 1 or gaps[0] > _APART * cell.size
        )
        if not is_widest or self.of(pieces[0]) == self.of(pieces[1]):
            return [cell]
        return pieces

    def _aligned(self, cell: Run, parts: Sequence[Part], numbers: Sequence[int]) -> list[Run]:
        """Return the pieces of a cell, one for each of some columns, none if they are not in line.

        Names that are as wide as their columns are no further apart than words; then all have the
        same edge as their columns, or the middle.
        """
        for edge in (_left, _right, _middle):
            pieces = self._cut(cell, parts, numbers, edge)
            if pieces:
                return pieces
        return []

    def _cut(
        self,
        cell: Run,
        parts: Sequence[Part],
        numbers: Sequence[int],
        edge: Callable[[Interval], float],
    ) -> list[Run]:
        place = edge(self.intervals[numbers[0]])
        last = len(numbers) == 1
        for cut in [len(parts)] if last else range(1, len(parts)):
            first = piece(cell, parts[:cut])
            if abs(edge((first.x0, first.x1)) - place) > _IN_LINE * cell.size:
                continue
            if last:
                return [first]
            rest = self._cut(cell, parts[cut:], numbers[1:], edge)
            if rest:
                return [first, *rest]
        return []

    def _nearest(self, left: float, right: float) -> int:
        shares = [min(right, x1) - max(left, x0) for x0, x1 in self.intervals]
        return shares.index(max(shares))

    def place(self, cells: Sequence[Run]) -> list[str]:
        """Return the texts of a row by column; the empty places are empty strings."""
        row = [""] * len(self)
        for cell in cells:
            column = self.of(cell)
            row[column] = f"{row[column]} {cell.text}".strip()
        return row


def _left(interval: Interval) -> float:
    return interval[0]


def _right(interval: Interval) -> float:
    return interval[1]


def _middle(interval: Interval) -> float:
    return (interval[0] + interval[1]) / 2


def columns(rows: Sequence[Row], alone: Sequence[Row] = ()) -> Columns | None:
    """Return the columns of rows with two or more cells, None where they have fewer than two.

    The labels of rows may be as long as they like; of the other cells the narrow ones determine the
    columns, because a wide one may span several. `alone` are rows of one cell among the others,
    such as labels with numbers at half their height.
    """
    named = [row for row in rows if not is_value(row.cells[0].text)]
    values = [cell.x0 for row in rows for cell in row.cells if is_value(cell.text)]
    beside = [row.cells[0] for row in alone if values and row.x1 < min(values)]
    if (len(named) + len(beside)) * 2 < len(rows):
        intervals = _clusters([cell for row in rows for cell in row.cells])
        return Columns(tuple(intervals), has_labels=False) if len(intervals) > 1 else None
    # What begins left of all second cells is a label; a number may also be the first cell of a row
    # without one.
    first = min((row.cells[1].x0 for row in named), default=min(values, default=0.0))
    labels = [cell for row in named if (cell := row.cells[0]).x0 < first]
    labels += [cell for row in rows if is_value((cell := row.cells[0]).text) and cell.x1 < first]
    labels += [cell for cell in beside if cell.x0 < first]
    are_labels = set(map(id, labels))
    intervals = _clusters(
        [cell for row in rows for cell in row.cells if id(cell) not in are_labels]
    )
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
