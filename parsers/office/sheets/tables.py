"""Divide the cells of a sheet into tables, and find the rows that name the columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self

from vouch.parsers.common.merged_cells import Merge, filled_down
from vouch.parsers.common.table_headers import (
    MAX_HEADER_ROWS,
    Cell,
    Rows,
    has_letter,
    header_rows,
    is_figure,
    is_filled,
    rows_of_figures_as_names,
)

# Rows above an empty row whose columns are compared with those below: enough to see the columns
# of a sparse table, and a bound on the time of a sheet of many short tables.
_COMPARED_ROWS = 20


class Shown(float):
    """A number with the text that its format shows: 0.125 with "12.5%"."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, value: float, text: str) -> Self:
        shown = float.__new__(cls, value)
        shown.text = text
        return shown

    def __str__(self) -> str:
        return self.text


class ColumnName(str):
    """A cell that the file declares to be the name of a column."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A table of a sheet: the lines of text above it, its rows as text, and its header rows."""

    captions: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    header_rows: int


def tables(rows: Rows, merges: Sequence[Merge] = ()) -> list[SheetTable]:
    """Return the tables of a sheet in reading order; merged cells are repeated in their rows.

    Empty rows separate tables, except where figures under the same columns follow. Empty columns
    separate tables only where each side reads as a table of its own, not where they are spacers
    between labels and figures.
    """
    return [
        _table(part) for band in _bands(filled_down(rows, merges)) for part in _side_by_side(band)
    ]


def as_text(cell: Cell) -> str:
    """Return a cell as Excel shows it: 3 for 3.0, up to fifteen digits, dates in ISO notation."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, Shown):
        return cell.text
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        # A float has 15 reliable digits: 0.1 + 0.2 is 0.3, and larger integers are not exact.
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else format(cell, ".15g")
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, time):
        return cell.isoformat("seconds")
    return _duration(cell) if isinstance(cell, timedelta) else str(cell)


def _duration(span: timedelta) -> str:
    seconds = round(abs(span.total_seconds()))
    sign = "-" if span < timedelta() else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _bands(rows: Rows) -> list[Rows]:
    """Divide rows at empty ones."""
    bands: list[list[Sequence[Cell]]] = []
    after_gap = True
    for row in rows:
        if not any(map(is_filled, row)):
            after_gap = True
            continue
        if after_gap and not (bands and _continues(bands[-1], row)):
            bands.append([])
        bands[-1].append(row)
        after_gap = False
    return list(bands)


def _continues(band: Rows, row: Sequence[Cell]) -> bool:
    """Return whether `row`, below an empty one, has figures under the columns of the table above.

    A row of words there is the header of another table.
    """
    filled = [is_filled(cell) for cell in row]
    above = [
        any(is_filled(line[column]) for line in band[-_COMPARED_ROWS:])
        for column in range(len(row))
    ]
    return sum(filled) > 1 and filled == above and any(is_figure(cell) for cell in row)


def _side_by_side(band: Rows) -> list[Rows]:
    """Divide a band at empty columns where both sides are tables; empty columns are dropped."""
    used = [any(is_filled(row[column]) for row in band) for column in range(len(band[0]))]
    blocks: list[list[int]] = []
    for column, is_used in enumerate(used):
        if is_used and (column == 0 or not used[column - 1]):
            blocks.append([])
        if is_used:
            blocks[-1].append(column)
    groups: list[list[int]] = []
    for block in blocks:
        if groups and not (_is_table_alone(band, groups[-1]) and _is_table_alone(band, block)):
            groups[-1] += block
        else:
            groups.append(block)
    return [[[row[column] for column in group] for row in band] for group in groups]


def _is_table_alone(band: Rows, columns: Sequence[int]) -> bool:
    """Return whether there are several columns, the first with words under its first row."""
    labels = [row[columns[0]] for row in band if is_filled(row[columns[0]])][1:]
    return len(columns) > 1 and sum(map(has_letter, labels)) * 2 > len(labels)


def _table(part: Rows) -> SheetTable:
    """Make a table of rows; leading rows with a single filled cell are its captions."""
    rows = [row for row in part if any(map(is_filled, row))]
    captions = []
    # A name that spans a table is its title; in a single column every row has one filled cell.
    while rows and len(rows[0]) > 1 and sum(map(is_filled, rows[0])) == 1:
        captions.append(next(as_text(cell) for cell in rows[0] if is_filled(cell)))
        rows = rows[1:]
    texts = tuple(tuple(map(as_text, row)) for row in rows)
    return SheetTable(tuple(captions), texts, _header_rows(rows))


def _header_rows(rows: Rows) -> int:
    """Count the header rows: down to those that the file declares, else as the cells say."""
    for number, row in enumerate(rows[:MAX_HEADER_ROWS], start=1):
        if any(isinstance(cell, ColumnName) for cell in row):
            has_more = number < len(rows) and any(isinstance(c, ColumnName) for c in rows[number])
            return number + has_more if number + has_more < len(rows) else number
    return header_rows(rows) or rows_of_figures_as_names([list(map(as_text, row)) for row in rows])
