"""Headers of a table on a PDF page: names in several lines, and names that span columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.table_columns import Columns
from vouch.parsers.pdf.table_rows import Row

# In font sizes: how far a spanning name may be from the middle of its columns.
_OFF_CENTRE = 1.5
# In font sizes: how much a name may stick out of the columns that it spans.
_STICKS_OUT = 1.0
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class _Name:
    """A text of a header and the columns it is above: those from `first` to `last`."""

    text: str
    first: int
    last: int

    @property
    def spans(self) -> bool:
        return self.last > self.first


def header_grid(header: Sequence[Row], columns: Columns) -> list[list[str]]:
    """Return the header rows of a table by column.

    The lines of one name are joined. A name that spans columns is in the row above the names of
    these columns, at the first of them.
    """
    lines = [_names(header, number, columns) for number in range(len(header))]
    levels: list[list[_Name]] = []
    for line in lines:
        if levels and not _ends_level(levels[-1], line):
            levels[-1] = _joined(levels[-1], line)
        else:
            levels.append(line)
    levels = _sunk(levels, len(columns))
    grid = []
    for level in levels:
        row = [""] * len(columns)
        for name in level:
            row[name.first] = f"{row[name.first]} {name.text}".strip()
        grid.append(row)
    return grid


def _names(header: Sequence[Row], number: int, columns: Columns) -> list[_Name]:
    """Return the names in a line of the header with the columns that they are above."""
    row = header[number]
    below = [cell for line in header[number + 1 :] for cell in line.cells]
    spans = _shared_out(row.cells, columns, below)
    return [
        _Name(cell.text, *(spans[place] or _span(cell, columns, below)))
        for place, cell in enumerate(row.cells)
    ]


def _shared_out(
    cells: Sequence[Run], columns: Columns, below: Sequence[Run]
) -> list[tuple[int, int] | None]:
    """Return the columns of each name where a line shares all columns out among fewer names.

    Such a name stands above the middle of its columns. None for the names of labels, and for all
    names of a line that does not.
    """
    behind = [n for n, cell in enumerate(cells) if not _is_label(cell, columns)]
    names = [cells[n] for n in behind]
    nothing: list[tuple[int, int] | None] = [None] * len(cells)
    count = len(columns.values)
    if not names or not below or len(names) * 2 > count or (len(names) == 1 and count < 2):
        return nothing
    middles = [(name.x0 + name.x1) / 2 for name in names]
    nearest: list[list[int]] = [[] for _ in names]
    for column in columns.values:
        middle = sum(columns.intervals[column]) / 2
        nearest[min(range(len(names)), key=lambda n: abs(middles[n] - middle))].append(column)
    spans = list(nothing)
    for place, name, middle, span in zip(behind, names, middles, nearest, strict=True):
        if not span:
            return nothing
        x0, x1 = columns.intervals[span[0]][0], columns.intervals[span[-1]][1]
        for cell in below:  # names below may be wider than their numbers
            if columns.of(cell) in span and cell.x1 > columns.left:
                x0, x1 = min(x0, cell.x0), max(x1, cell.x1)
        if abs((x0 + x1) / 2 - middle) > _OFF_CENTRE * name.size:
            return nothing
        if len(span) > 1 and not _has_names_below(span, columns, below):
            return nothing
        spans[place] = span[0], span[-1]
    return spans


def _has_names_below(span: Sequence[int], columns: Columns, below: Sequence[Run]) -> bool:
    """Return whether each of some columns has a name below; years name columns under a period."""
    named = [cell for cell in below if not _is_label(cell, columns)]
    return {columns.of(cell) for cell in named} >= set(span) and (
        len(span) == 2 or any(_YEAR.search(cell.text) for cell in named) or len(span) % 2 == 0
    )


def _is_label(cell: Run, columns: Columns) -> bool:
    if not columns.has_labels:
        return False
    return (cell.x0 + cell.x1) / 2 < columns.left and columns.of(cell) == 0


def _span(cell: Run, columns: Columns, below: Sequence[Run]) -> tuple[int, int]:
    """Return the first and last column that a name is above."""
    if _is_label(cell, columns):
        return 0, 0
    overlapped = [column for column in columns.overlapped(cell) if column in columns.values]
    if not overlapped:
        middle = (cell.x0 + cell.x1) / 2
        nearest = min(columns.values, key=lambda n: abs(sum(columns.intervals[n]) / 2 - middle))
        return nearest, nearest
    if len(overlapped) == 1:
        return overlapped[0], overlapped[0]
    # A name wider than its numbers reaches into the next column a little, and is in line with its own.
    for column in overlapped:
        x0, x1 = columns.intervals[column]
        tolerance = 0.4 * cell.size
        is_in_line = (
            abs(cell.x1 - x1) < tolerance
            or abs(cell.x0 - x0) < tolerance
            or abs((cell.x0 + cell.x1 - x0 - x1) / 2) < tolerance
        )
        others = [n for n in overlapped if n != column]
        reaches = max(
            min(cell.x1, columns.intervals[n][1]) - max(cell.x0, columns.intervals[n][0])
            for n in others
        )
        if is_in_line and reaches < _STICKS_OUT * cell.size:
            return column, column
    if not below:
        best = max(
            overlapped,
            key=lambda n: (
                min(cell.x1, columns.intervals[n][1]) - max(cell.x0, columns.intervals[n][0])
            ),
        )
        return best, best
    return overlapped[0], overlapped[-1]


def _ends_level(above: Sequence[_Name], below: Sequence[_Name]) -> bool:
    """Return whether names are below names that span them, and so on a level of their own."""
    spans = {(name.first, name.last) for name in above if name.spans}
    return any(
        first <= name.first and name.last <= last and (name.first, name.last) != (first, last)
        for first, last in spans
        for name in below
    )


def _joined(above: Sequence[_Name], below: Sequence[_Name]) -> list[_Name]:
    """Join the lines of names that are above the same columns."""
    joined = list(above)
    for name in below:
        place = next(
            (
                n
                for n, upper in enumerate(joined)
                if (upper.first, upper.last) == (name.first, name.last)
            ),
            None,
        )
        if place is None:
            joined.append(name)
        else:
            joined[place] = _Name(f"{joined[place].text} {name.text}", name.first, name.last)
    return sorted(joined, key=lambda name: name.first)


def _sunk(levels: Sequence[list[_Name]], count: int) -> list[list[_Name]]:
    """Put names of one column that no name spans beside the names of the others, at the bottom."""
    if len(levels) < 2:
        return list(levels)
    sunk = [list(level) for level in levels]
    for column in range(count):
        if any(
            name.spans and name.first <= column <= name.last for level in levels for name in level
        ):
            continue
        names = [name for level in levels for name in level if name.first == column]
        if names:
            sunk = [[name for name in level if name not in names] for level in sunk]
            sunk[-1].append(_Name(" ".join(name.text for name in names), column, column))
    return [level for level in sunk if level]
