"""Tables of a PDF page, told by cells that stand under each other."""

from collections.abc import Sequence

from vouch.parsers.pdf.lines import Line
from vouch.parsers.pdf.page import Run

MIN_ROWS = 3
# Of the places of a grid; emptier ones are texts that happen to have gaps.
MIN_FILLED = 0.5
_MAX_CELL = 60


def table_length(lines: Sequence[Line]) -> int:
    """How many of the lines, from the first, make a table; 0 where they make none."""
    length = 0
    while length < len(lines) and len(lines[length].cells) > 1 and _near(lines, length):
        length += 1
    while length >= MIN_ROWS:
        if _is_table(lines[:length]):
            return length
        length -= 1
    return 0


def rows(lines: Sequence[Line]) -> list[list[str]]:
    """The cells of a table's lines by column."""
    columns = _columns(lines)
    table = []
    for line in lines:
        row = [""] * len(columns)
        for cell in line.cells:
            place = _place(cell, columns)
            row[place] = f"{row[place]} {cell.text}".strip()
        table.append(row)
    return table


def _near(lines: Sequence[Line], number: int) -> bool:
    """Is a line right below the one before it? A gap of more than three lines ends a table."""
    if number == 0:
        return True
    drop = lines[number - 1].y - lines[number].y
    return 0 < drop < 4 * max(lines[number].size, lines[number - 1].size)


def _is_table(lines: Sequence[Line]) -> bool:
    columns = _columns(lines)
    cells = [cell for line in lines for cell in line.cells]
    places = len(columns) * len(lines)
    apart = all(
        len({_place(cell, columns) for cell in line.cells}) == len(line.cells) for line in lines
    )
    short = sum(len(cell.text) <= _MAX_CELL for cell in cells) * 10 >= 9 * len(cells)
    return len(columns) > 1 and apart and short and len(cells) >= MIN_FILLED * places


def _columns(lines: Sequence[Line]) -> list[tuple[float, float]]:
    """The intervals that the cells of all lines cover together."""
    spans = sorted((cell.x0, cell.x1) for line in lines for cell in line.cells)
    merged = [spans[0]]
    for x0, x1 in spans[1:]:
        if x0 <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], x1))
        else:
            merged.append((x0, x1))
    return merged


def _place(cell: Run, columns: Sequence[tuple[float, float]]) -> int:
    return next(number for number, (x0, x1) in enumerate(columns) if x0 <= cell.x0 <= x1)
