"""Find tables on a PDF page by cells that are aligned in columns."""

from collections.abc import Sequence

from vouch.parsers.pdf.lines import Line
from vouch.parsers.pdf.page import Run

# Two lines with gaps are as likely a heading with its number, or a signature block.
MIN_ROWS = 3
# Of the places of the grid. An emptier grid is running text that happens to have gaps.
MIN_FILLED = 0.5
# Characters, of nine cells in ten. Longer cells are columns of text side by side.
_MAX_CELL = 60
# In font sizes, from line to line: more than three empty lines end a table.
_MAX_DROP = 4


def table_length(lines: Sequence[Line]) -> int:
    """Return how many of the lines, from the first, make a table; 0 where they make none."""
    length = 0
    while length < len(lines) and len(lines[length].cells) > 1 and _is_near(lines, length):
        length += 1
    while length >= MIN_ROWS:
        if _is_table(lines[:length]):
            return length
        length -= 1
    return 0


def rows(lines: Sequence[Line]) -> list[list[str]]:
    """Return the cells of a table's lines by column; the empty places are empty strings."""
    columns = _columns(lines)
    table = []
    for line in lines:
        row = [""] * len(columns)
        for cell in line.cells:
            column = _column_of(cell, columns)
            row[column] = f"{row[column]} {cell.text}".strip()
        table.append(row)
    return table


def _is_near(lines: Sequence[Line], number: int) -> bool:
    """Return whether a line is right below the one before it."""
    if number == 0:
        return True
    drop = lines[number - 1].y - lines[number].y
    return 0 < drop < _MAX_DROP * max(lines[number].size, lines[number - 1].size)


def _is_table(lines: Sequence[Line]) -> bool:
    columns = _columns(lines)
    cells = [cell for line in lines for cell in line.cells]
    # Two cells of a line in one column: the texts overlap from line to line, as words do.
    are_separate = all(
        len({_column_of(cell, columns) for cell in line.cells}) == len(line.cells) for line in lines
    )
    are_short = sum(len(cell.text) <= _MAX_CELL for cell in cells) * 10 >= 9 * len(cells)
    is_filled = len(cells) >= MIN_FILLED * len(columns) * len(lines)
    return len(columns) > 1 and are_separate and are_short and is_filled


def _columns(lines: Sequence[Line]) -> list[tuple[float, float]]:
    """Return the x intervals that the cells of all lines cover together, from the left."""
    spans = sorted((cell.x0, cell.x1) for line in lines for cell in line.cells)
    merged = [spans[0]]
    for x0, x1 in spans[1:]:
        if x0 <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], x1))
        else:
            merged.append((x0, x1))
    return merged


def _column_of(cell: Run, columns: Sequence[tuple[float, float]]) -> int:
    return next(number for number, (x0, x1) in enumerate(columns) if x0 <= cell.x0 <= x1)
