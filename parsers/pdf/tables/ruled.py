"""Read a table whose cells are ruled off: what is within each cell, line by line."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import product

from vouch.parsers.common.merged_cells import filled_down
from vouch.parsers.common.table_headers import header_rows
from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.tables.ruled_grids import Grid
from vouch.parsers.pdf.tables.ruled_walls import Box
from vouch.parsers.pdf.text.lines import Line

# Rows with several texts: one is as likely a box around a heading.
_MIN_ROWS = 2
# In points: how far text reaches over the lines around it.
_OVER = 2.0
# In points: borders this near are those of one row or column.
_SAME_BORDER = 2.0
# In points: this far from its end, a cell is in the row or column that it ends in.
_INSIDE = 2 * _SAME_BORDER


def ruled_rows(lines: Sequence[Line], grid: Grid) -> tuple[list[list[str]], int, list[int]] | None:
    """Return the texts of a grid by row and column, its header rows, and the lines within it.

    None where lines reach out of the grid, or it has few texts. A cell that spans rows is in each
    of them, one that spans columns is followed by empty ones.
    """
    tops, lefts = _borders([box[1] for box in grid]), _borders([box[0] for box in grid])
    if len(tops) < _MIN_ROWS or len(lefts) < 2:
        return None
    places: dict[tuple[int, int], Box] = {}  # by each row and column that a cell spans
    merges = []
    for box in grid:
        top, left = _place(box[1], tops), _place(box[0], lefts)
        bottom, right = _place(box[3] - _INSIDE, tops), _place(box[2] - _INSIDE, lefts)
        if bottom > top:
            merges.append((top, left, bottom, right))
        places |= dict.fromkeys(product(range(top, bottom + 1), range(left, right + 1)), box)
    inside = []
    contents: dict[Box, list[Run]] = {}
    for number, line in enumerate(lines):
        boxes = [_box_of(cell, places, tops, lefts) for cell in line.cells]
        if not any(boxes):
            continue
        for cell, border in zip(line.cells, boxes, strict=True):
            if border is None or cell.x0 < border[0] - _OVER or cell.x1 > border[2] + _OVER:
                return None
            contents.setdefault(border, []).append(cell)
        inside.append(number)
    rows = [[""] * len(lefts) for _ in tops]
    for box, runs in contents.items():
        rows[_place(box[1], tops)][_place(box[0], lefts)] = _text(runs)
    if sum(sum(map(bool, row)) > 1 for row in rows) < _MIN_ROWS:
        return None
    rows = [row for row in filled_down(rows, merges) if any(row)]
    return rows, header_rows(rows), inside


def _box_of(
    cell: Run,
    places: Mapping[tuple[int, int], Box],
    tops: Sequence[float],
    lefts: Sequence[float],
) -> Box | None:
    """Return the ruled cell that the middle of a text is in."""
    x, y = (cell.x0 + cell.x1) / 2, -(cell.y + cell.size / 4)
    box = places.get((bisect_right(tops, y) - 1, bisect_right(lefts, x) - 1))
    return box if box and box[0] < x < box[2] and box[1] < y < box[3] else None


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
