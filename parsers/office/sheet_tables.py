"""From the cells of a sheet to tables: where one ends and the next begins, and which row names the columns."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from vouch.parsers.common.merged_cells import Merge, filled_down
from vouch.parsers.common.table_headers import (
    Cell,
    Rows,
    has_letter,
    header_rows,
    is_figure,
    is_filled,
)


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A table of a sheet: lines of text above it, its rows as text, and how many of them name the columns."""

    captions: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    header_rows: int


def tables(rows: Rows, merges: Sequence[Merge] = ()) -> list[SheetTable]:
    """The tables of a sheet in reading order; the value of a merged cell is told in each row that it reaches into.

    Empty rows part tables, but not where what follows has the same columns and no header of its own. Empty columns
    part tables only where each side reads as a table: a spacer between labels and figures does not.
    """
    found = []
    for band in _bands(filled_down(rows, merges)):
        for part in _side_by_side(band):
            found.append(_table(part))
    return found


def as_text(cell: Cell) -> str:
    """A cell as a person reads it: 3 and not 3.0, fifteen digits as in Excel, dates in ISO notation."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else format(cell, ".15g")
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, time):
        return cell.isoformat("seconds")
    return _duration(cell) if isinstance(cell, timedelta) else str(cell)


def as_percentage(value: float, decimals: int) -> str:
    """0.125 as 13%: halves are rounded up, as Excel shows them."""
    if not math.isfinite(value):
        return str(value)
    return (
        f"{(Decimal(repr(value)) * 100).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}%"
    )


def _duration(span: timedelta) -> str:
    seconds = round(abs(span.total_seconds()))
    sign = "-" if span < timedelta() else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _bands(rows: Rows) -> list[Rows]:
    bands: list[list[Sequence[Cell]]] = []
    gap = True
    for row in rows:
        if not any(map(is_filled, row)):
            gap = True
            continue
        if gap and not (bands and _goes_on(bands[-1], row)):
            bands.append([])
        bands[-1].append(row)
        gap = False
    return list(bands)


def _goes_on(band: Rows, row: Sequence[Cell]) -> bool:
    """Does `row`, below an empty one, belong to the table above? It does with figures under the same columns."""
    filled = [is_filled(cell) for cell in row]
    above = [any(is_filled(line[column]) for line in band[-20:]) for column in range(len(row))]
    return sum(filled) > 1 and filled == above and any(is_figure(cell) for cell in row)


def _side_by_side(band: Rows) -> list[Rows]:
    used = [any(is_filled(row[column]) for row in band) for column in range(len(band[0]))]
    blocks: list[list[int]] = []
    for column, is_used in enumerate(used):
        if is_used and (column == 0 or not used[column - 1]):
            blocks.append([])
        if is_used:
            blocks[-1].append(column)
    groups: list[list[int]] = []
    for block in blocks:
        if groups and not (_reads_alone(band, groups[-1]) and _reads_alone(band, block)):
            groups[-1] += block
        else:
            groups.append(block)
    return [[[row[column] for column in group] for row in band] for group in groups]


def _reads_alone(band: Rows, columns: Sequence[int]) -> bool:
    """Two columns or more, the first of which has words under its first row."""
    labels = [row[columns[0]] for row in band if is_filled(row[columns[0]])][1:]
    return len(columns) > 1 and sum(map(has_letter, labels)) * 2 > len(labels)


def _table(part: Rows) -> SheetTable:
    rows = [row for row in part if any(map(is_filled, row))]
    captions = []
    while rows and len(rows[0]) > 1 and sum(map(is_filled, rows[0])) == 1:
        captions.append(next(as_text(cell) for cell in rows[0] if is_filled(cell)))
        rows = rows[1:]
    texts = tuple(tuple(map(as_text, row)) for row in rows)
    return SheetTable(tuple(captions), texts, header_rows(rows))
