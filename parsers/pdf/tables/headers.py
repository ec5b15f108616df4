"""Headers of a table on a PDF page: names in several lines, and names that span columns."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.tables.columns import Columns, Interval
from vouch.parsers.pdf.tables.rows import Row

# In font sizes: how far a spanning name may be from the middle of its columns.
_OFF_CENTRE = 1.2
# In font sizes: how much a name may stick out of the columns that it spans.
_STICKS_OUT = 1.0
# In font sizes: how well the edges or the middles of two lines of one name agree.
_SAME_EDGE = 0.5
# In font sizes, from line to line of one name.
_LINE_DROP = 1.5
_PERIOD = re.compile(
    r"\b(?:years?|months?|quarters?|weeks?|ended|ending|as of|as at|fiscal|period)\b", re.IGNORECASE
)
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
    lines: list[list[_Name]] = []
    for number in reversed(range(len(header))):
        lines.insert(0, _names(header, number, columns, lines))
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


def _names(
    header: Sequence[Row], number: int, columns: Columns, lower: Sequence[Sequence[_Name]]
) -> list[_Name]:
    """Return the names in a line of the header with the columns that they are above.

    `lower` are the names of the lines below.
    """
    row = header[number]
    below = [cell for line in header[number + 1 :] for cell in line.cells]
    shared = _shared_out(row.cells, columns, below)
    wide = _shared_out(row.cells, columns, below, with_gaps=True)
    spanning = [span for span in shared if span and span[1] > span[0]]
    are_groups = len(spanning) > 1 and len(spanning) * 2 > sum(span is not None for span in shared)
    names = []
    for cell, near, far in zip(row.cells, shared, wide, strict=True):
        upper = _line_above(cell, header[number + 1], lower[0]) if lower else None
        span = near or (far if upper is None else None)
        if upper is not None and not (span and (are_groups or _is_period(cell, upper.text))):
            span = upper.first, upper.last
        names.append(_Name(cell.text, *(span or _span(cell, columns, below))))
    return names


def _line_above(cell: Run, next_row: Row, names: Sequence[_Name]) -> _Name | None:
    """Return the name right below a text, if both are lines of one name by their edges."""
    for below, name in zip(next_row.cells, names, strict=True):
        tolerance = _SAME_EDGE * cell.size
        is_level = cell.y - below.y <= _LINE_DROP * max(cell.size, below.size)
        overlaps = cell.x0 < below.x1 and below.x0 < cell.x1
        is_in_line = (
            abs(cell.x0 - below.x0) < tolerance
            or abs(cell.x1 - below.x1) < tolerance
            or abs(cell.x0 + cell.x1 - below.x0 - below.x1) < 2 * tolerance
        )
        if is_level and overlaps and is_in_line:
            return name
    return None


def _is_period(cell: Run, below: str) -> bool:
    """Return whether a text is a period above years, or a year above other names."""
    return bool(_YEAR.search(below) or _PERIOD.search(cell.text) or _YEAR.search(cell.text))


def _shared_out(
    cells: Sequence[Run], columns: Columns, below: Sequence[Run], *, with_gaps: bool = False
) -> list[tuple[int, int] | None]:
    """Return the columns of each name where a line shares all columns out among fewer names.

    Such a name is above the middle of its columns, and each of these has a name below. None for
    the names of labels, and for all names of a line that does not.
    """
    nothing: list[tuple[int, int] | None] = [None] * len(cells)
    named = {columns.of(cell) for cell in below if not _is_label(cell, columns)}
    spans = list(nothing)
    shared = []  # the places of the names that may span columns
    for place, cell in enumerate(cells):
        own = columns.overlapped(cell)
        if len(own) == 1 and own[0] in columns.values and own[0] not in named:
            spans[place] = own[0], own[0]
        elif not _is_label(cell, columns):
            shared.append(place)
    extents = {
        column: _extent(column, columns, below)
        for column in columns.values
        if (column, column) not in spans
    }
    if not shared or not below or len(shared) >= len(extents):
        return nothing
    middles = {place: (cells[place].x0 + cells[place].x1) / 2 for place in shared}
    nearest: dict[int, list[int]] = {place: [] for place in shared}
    for column, (x0, x1) in extents.items():
        nearest[min(shared, key=lambda n: abs(middles[n] - (x0 + x1) / 2))].append(column)
    slack = _cell_extents(extents, columns) if with_gaps else {}
    for place, assigned in nearest.items():
        spans[place] = _trimmed(cells[place], assigned, extents, named, slack)
        if spans[place] is None:
            return nothing
    return spans


def _trimmed(
    name: Run,
    assigned: Sequence[int],
    extents: Mapping[int, Interval],
    named: Container[int],
    slack: Mapping[int, Interval],
) -> tuple[int, int] | None:
    """Return the most of some columns that a name is above the middle of, None if above none.

    Outer columns may have no spanning name.
    """
    if not assigned:
        return None
    if len(assigned) == 1:
        x0, x1 = extents[assigned[0]]
        return (assigned[0], assigned[0]) if name.x0 <= x1 and name.x1 >= x0 else None
    middle = (name.x0 + name.x1) / 2
    parts = [(first, last) for first in assigned for last in assigned if first < last]
    for first, last in sorted(parts, key=lambda part: part[0] - part[1]):
        x0, x1 = extents[first][0], extents[last][1]
        # The cells may be wider than what is in them, on one side.
        least, most = slack.get(first, (x0, x1))[0], slack.get(last, (x0, x1))[1]
        reach = _OFF_CENTRE * name.size
        is_above = (least + x1) / 2 - reach <= middle <= (x0 + most) / 2 + reach
        if is_above and all(n in named for n in range(first, last + 1)):
            return first, last
    return None


def _cell_extents(extents: Mapping[int, Interval], columns: Columns) -> dict[int, Interval]:
    """Return how far the cells of each column may reach: to the contents of the next ones."""
    reach = {}
    for column, (x0, x1) in extents.items():
        left = extents.get(column - 1, columns.intervals[0] if columns.has_labels else (x0, x0))
        right = extents.get(column + 1, (x1, x1))
        reach[column] = (min(left[1], x0), max(right[0], x1))
    return reach


def _extent(column: int, columns: Columns, names: Sequence[Run]) -> tuple[float, float]:
    """Return left and right of a column with its names, which may be wider than its numbers."""
    x0, x1 = columns.intervals[column]
    own = [cell for cell in names if columns.overlapped(cell) == [column]]
    return min([x0, *(cell.x0 for cell in own)]), max([x1, *(cell.x1 for cell in own)])


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
    # A name wider than its numbers reaches into the next column, and is in line with its own.
    for column in overlapped:
        x0, x1 = columns.intervals[column]
        tolerance = 0.4 * cell.size
        is_in_line = (
            abs(cell.x1 - x1) < tolerance
            or abs(cell.x0 - x0) < tolerance
            or abs((cell.x0 + cell.x1 - x0 - x1) / 2) < tolerance
        )
        rest = [n for n in overlapped if n != column]
        reaches = max(
            min(cell.x1, columns.intervals[n][1]) - max(cell.x0, columns.intervals[n][0])
            for n in rest
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
    """Put names of one column that no name spans beside the other names, at the bottom."""
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
