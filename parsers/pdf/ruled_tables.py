"""Read a table whose cells are ruled off: what is within each cell, line by line."""

from bisect import bisect_right
from collections.abc import Sequence

from vouch.parsers.common.merged_cells import filled_down
from vouch.parsers.common.table_headers import header_rows
from vouch.parsers.pdf.lines import Line
from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.ruled_grids import Box, Grid

# Rows with several texts: one is as likely a box around a heading.
_MIN_ROWS = 2
# In points: how far text reaches over the lines around it.
_OVER = 2.0
# In points: borders this near are those of one row or column.
_SAME_BORDER = 2.0


def ruled_rows(lines: Sequence[Line], grid: Grid) -> tuple[list[list[str]], int, list[int]] | None:
    """Return the texts of a grid by row and column, its header rows, and the lines within it.

    None where lines reach out of the grid, or it has few texts. A cell that spans rows is in each
    of them, one that spans columns is followed by empty ones.
    """
    inside = _inside(lines, grid)
    if not inside or not all(_is_within(cell, grid) for n in inside for cell in lines[n].cells):
        return None
    tops = _borders([box[1] for box in grid])
    lefts = _borders([box[0] for box in grid])
    if len(tops) < _MIN_ROWS or len(lefts) < 2:
        return None
    rows = [[""] * len(lefts) for _ in tops]
    merges = []
    runs = [cell for number in inside for cell in lines[number].cells]
    for box in grid:
        top, left = _place(box[1], tops), _place(box[0], lefts)
        bottom, right = _place(box[3] - _SAME_BORDER, tops), _place(box[2] - _SAME_BORDER, lefts)
        if bottom > top:
            merges.append((top, left, bottom, right))
        rows[top][left] = _text([run for run in runs if _centre_within(run, box)])
    if sum(sum(map(bool, row)) > 1 for row in rows) < _MIN_ROWS:
        return None
    rows = [row for row in filled_down(rows, merges) if any(row)]
    return rows, header_rows(rows), inside


def _inside(lines: Sequence[Line], grid: Grid) -> list[int]:
    """Return the numbers of the lines with a cell in the grid."""
    return [
        number
        for number, line in enumerate(lines)
        if any(_centre_within(cell, box) for cell in line.cells for box in grid)
    ]


def _is_within(cell: Run, grid: Grid) -> bool:
    """Return whether a text ends in the cell of the grid that its middle is in."""
    return any(
        _centre_within(cell, box) and cell.x0 > box[0] - _OVER and cell.x1 < box[2] + _OVER
        for box in grid
    )


def _centre_within(cell: Run, box: Box) -> bool:
    x, y = (cell.x0 + cell.x1) / 2, -(cell.y + cell.size / 4)
    return box[0] < x < box[2] and box[1] < y < box[3]


def _borders(places: Sequence[float]) -> list[float]:
    """Return the borders at these places, those that are near each other once, in their order."""
    borders: list[float] = []
    for place in sorted(places):
        if not borders or place - borders[-1] > _SAME_BORDER:
            borders.append(place)
    return borders


def _place(border: float, borders: Sequence[float]) -> int:
    return max(bisect_right(borders, border + _SAME_BORDER) - 1, 0)


def _text(runs: Sequence[Run]) -> str:
    """Return the texts of a cell from the top, those of one line from the left."""
    ordered = sorted(runs, key=lambda run: (-round(run.y / max(run.size, 1.0) * 2), run.x0))
    return " ".join(run.text for run in ordered)
