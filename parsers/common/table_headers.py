"""Which leading rows of a table name its columns, judged by its cells alone."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from typing import TypeAlias

Cell: TypeAlias = int | float | str | bool | date | datetime | time | timedelta | None
Rows: TypeAlias = Sequence[Sequence[Cell]]
MAX_HEADER_ROWS = 3
_COMPARED_ROWS = 20
_MIN_NAMES = 2  # of columns beside the first: a pair of label and value is no header
_DIGITS = re.compile(r"[0-9]{1,30}")
_YEAR = re.compile(r"(?:19|20)\d\d")


def header_rows(rows: Rows) -> int:
    """Count the header rows: rows of words above the first figure, else one of distinct words.

    Of several header rows all but the last have gaps, because their names span columns.
    """
    if above := rows_above_figures(rows):
        return above
    if len(rows) < 2 or len(rows[0]) < 2 or any(map(_is_value, rows[0])):
        return 0
    names = [cell for cell in rows[0] if is_filled(cell)]
    is_distinct = len(set(names)) == len(names) >= len(rows[0]) - 1
    return int(is_distinct and any(map(has_letter, names)))


def rows_above_figures(rows: Rows) -> int:
    """Count the rows of words and years above the first figure; 0 where they are no header."""
    if len(rows) < 2 or len(rows[0]) < 2:
        return 0
    leading = next((number for number, row in enumerate(rows) if any(map(_is_value, row))), 0)
    has_gaps = not any(all(map(is_filled, row)) for row in rows[: max(leading - 1, 0)])
    return leading if leading <= MAX_HEADER_ROWS and has_gaps else 0


def rows_above_columns_of_figures(rows: Sequence[Sequence[str]]) -> int:
    """Count the rows above figures that fill a column; 0 where no column has figures only.

    For tables that may as well be pairs of labels and values, of which some are figures.
    """
    if not (above := rows_above_figures(rows)):
        return rows_of_figures_as_names(rows)
    below = [[cell if is_filled(cell) else None for cell in row] for row in rows[above:]]
    columns = zip_longest(*(row[1:] for row in below))
    filled = [[cell for cell in column if cell is not None] for column in columns]
    has_figures = any(len(column) > 1 and all(map(is_figure, column)) for column in filled)
    return above if has_figures else 0


def rows_of_figures_as_names(rows: Sequence[Sequence[str]]) -> int:
    """Return 1 where the first row names columns by dates, shares or counts, else 0.

    They are written alike, what is below them is written otherwise, and rows begin with words.
    """
    names = [cell for cell in rows[0][1:] if is_filled(cell)] if rows else []
    below = rows[1:_COMPARED_ROWS]
    labels = [row[0] for row in below if row and is_filled(row[0])]
    if len(names) < _MIN_NAMES or is_figure(rows[0][0]) or not labels:
        return 0
    shape = _DIGITS.sub("9", names[0])
    if "9" not in shape or any(_DIGITS.sub("9", name) != shape for name in names):
        return 0
    cells = [cell for row in below for cell in row[1:] if is_filled(cell)]
    if not cells or not all(map(has_letter, labels)):
        return 0
    is_alike = any(_DIGITS.sub("9", cell) == shape for cell in cells)
    return int(not is_alike or (shape == "9" and _is_count(names)))


def _is_count(names: Sequence[str]) -> bool:
    """Return whether names are numbers in sequence: 1, 2, 3."""
    numbers = list(map(int, names))
    return len(names) > _MIN_NAMES and numbers == [*range(numbers[0], numbers[0] + len(names))]


def is_filled(cell: Cell) -> bool:
    """Return whether a cell has a value other than white space."""
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def is_figure(cell: Cell) -> bool:
    """Return whether a cell is a number, date or time, or a text such as "$1,000" or "5%"."""
    if isinstance(cell, str):
        digits = cell.strip().replace(",", "").replace(".", "").lstrip("-+$€£").rstrip("%")
        return digits.isdigit()
    return cell is not None and not isinstance(cell, bool)


def has_letter(cell: Cell) -> bool:
    """Return whether a cell is text with at least one letter."""
    return isinstance(cell, str) and any(map(str.isalpha, cell))


def _is_value(cell: Cell) -> bool:
    """Return whether a cell is a figure, but not a year: years often head columns."""
    if isinstance(cell, str):
        return is_figure(cell) and not _YEAR.fullmatch(cell.strip())
    is_year = (
        isinstance(cell, (int, float))
        and not isinstance(cell, bool)
        and cell == int(cell)
        and 1900 <= cell <= 2100
    )
    return is_figure(cell) and not is_year
