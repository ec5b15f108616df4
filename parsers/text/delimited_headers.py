"""Which leading rows of a delimited text name its columns.

A delimited text knows no types: what a cell is shows in its characters, and in those below it.
"""

import re
from collections.abc import Sequence
from itertools import takewhile

from vouch.parsers.text.csv_dialect import is_figure

Row = Sequence[str]
_MAX_HEADER_ROWS = 3
_BELOW = 20  # rows that are compared with a header
_MIN_SEQUENCE = 3
_NEARLY_ALL = 0.8
_COUNT = re.compile(r"\d{1,4}")
_MAX_UNIT = 20  # characters
_UNIT = re.compile(
    r"[(\[].+[)\]]|[^\W\d_]{1,3}|mmHg|days?|hours?|years?|tonnes|[$€£¥%‰°][^\W\d_]?"
    r"|(?:[yYmMdDhHsS]+[-/.: T]?){2,6}"  # the form of dates
    r"|[^\W\d_]{1,4}[°²³\d]?(?:[/·*^ -]+[^\W\d_]{1,4}[²³\d-]*)+|[^\W\d_]{1,3}[²³\d]"
)
_MISSING = re.compile("-+|na|n/a|nan|null|none|nil|tba|x+|no|yes|true|false", re.IGNORECASE)
_LABEL = re.compile(r"(?:19|20)\d\d|\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?")


def header_rows(rows: Sequence[Row], most_spanning: int = _MAX_HEADER_ROWS) -> int:
    """Return the number of rows that name columns: 0 where the first row is data like the others.

    Names are distinct words. Years, dates and a sequence of numbers name columns where other
    values are below them. Names that span columns are in a row above the others; of such rows,
    `most_spanning` are looked through.
    """
    if len(rows) < 2:
        return 0
    is_above = most_spanning > 0 and len(rows) > 2 and _spans_columns(rows[0])
    below = header_rows(rows[1:], most_spanning - 1) if is_above else 0
    if 0 < below < _MAX_HEADER_ROWS:
        return below + 1
    if not _names_columns(rows[0], rows[1 : 1 + _BELOW]):
        return 0
    if _has_units(rows[1], rows[2 : 2 + _BELOW]):
        return 2
    # Some programs write the header again.
    copies = takewhile(lambda row: list(row) == list(rows[0]), rows[:_MAX_HEADER_ROWS])
    return min(len(list(copies)), len(rows) - 1)


def _has_units(row: Row, below: Sequence[Row]) -> bool:
    """Return whether a row below the names has the units of columns of figures, and no values."""
    if len(below) < 2 or any(is_figure(cell) or len(cell) > _MAX_UNIT for cell in row):
        return False
    columns = [
        (cell.strip(), [line[number] for line in below if number < len(line)])
        for number, cell in enumerate(row)
    ]
    units = [cell for cell, column in columns if all(map(is_figure, column))]
    labels = [cell for cell, column in columns if not all(map(is_figure, column))]
    return (
        any(units)
        and all(
            not cell or (_UNIT.fullmatch(cell) and not _MISSING.fullmatch(cell)) for cell in units
        )
        # Above words there is nothing, or an explanation in brackets.
        and all(not cell or (cell[0] in "([" and cell[-1] in ")]") for cell in labels)
    )


def names_figures(rows: Sequence[Row]) -> bool:
    """Return whether the first row names columns, with figures under one of the names."""
    below = rows[1 : 1 + _BELOW]
    return header_rows(rows) == 1 and any(
        name.strip()
        and not is_figure(name)
        and _are_figures([row[number] for row in below if number < len(row)])
        for number, name in enumerate(rows[0])
    )


def is_empty(row: Row) -> bool:
    """Return whether no cell has anything but white space."""
    return not any(cell.strip() for cell in row)


def _names_columns(row: Row, below: Sequence[Row]) -> bool:
    """Return whether a row has the names of the columns whose cells the rows below have."""
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    columns = [
        [line[number] for line in below if number < len(line) and line[number].strip()]
        for number in range(len(cells))
    ]
    named = [(name, column) for name, column in zip(cells, columns, strict=True) if name]
    names = [name for name, _ in named]
    if not names or len(names) == 1 < max(map(len, below)):
        return False
    if not (_is_counted(names) or all(_may_name(name, column) for name, column in named)):
        return False
    if all(map(is_figure, names)):
        # Above labels of rows, the corner is empty.
        return not cells[0] and bool(columns[0]) and not _are_figures(columns[0])
    gaps = len(cells) - len(names) - (not cells[0])
    if len(set(names)) == len(names) and not gaps:
        return True
    # What is above figures is a name, even if another has the same, or a column has none.
    over_figures = any(not is_figure(name) and _are_figures(column) for name, column in named)
    return over_figures and gaps * 2 < len(cells)


def _may_name(name: str, column: Sequence[str]) -> bool:
    """Return whether a cell may be the name of a column: what is below it is of another kind."""
    if not is_figure(name):
        return True
    if _LABEL.fullmatch(name):
        return sum(map(bool, map(_LABEL.fullmatch, column))) * 2 < len(column)
    return bool(column) and not any(map(is_figure, column))


def _are_figures(column: Sequence[str]) -> bool:
    """Return whether nearly all cells are figures."""
    return bool(column) and sum(map(is_figure, column)) >= _NEARLY_ALL * len(column)


def _is_counted(names: Sequence[str]) -> bool:
    """Return whether the numbers among names count the columns: 1, 2, 3."""
    numbers = [int(name) for name in names if _COUNT.fullmatch(name)]
    return (
        len(numbers) >= _MIN_SEQUENCE
        and all(_COUNT.fullmatch(name) or not is_figure(name) for name in names)
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    )


def _spans_columns(row: Row) -> bool:
    """Return whether a row has words, or years, that each may span the empty cells after it."""
    cells = [cell.strip() for cell in row]
    names = list(filter(None, cells))
    if not names or any(is_figure(name) and not _LABEL.fullmatch(name) for name in names):
        return False
    first = cells.index(names[0])
    last = len(cells) - 1 - cells[::-1].index(names[-1])
    # Empty cells at the end of a row may only be columns without a name.
    return "" in cells[first:last] or (first > 0 and len(names) == 1)
