"""Which leading rows of a delimited text name its columns.

A delimited text knows no types: what a cell is shows in its characters, and in those below it.
"""

import re
from collections.abc import Sequence

from vouch.parsers.text.csv_dialect import is_figure

Row = Sequence[str]
_MAX_HEADER_ROWS = 3
_BELOW = 20  # rows that are compared with a header
_MIN_SEQUENCE = 3
_LABEL = re.compile(r"(?:19|20)\d\d|\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?")


def header_rows(rows: Sequence[Row]) -> int:
    """Return the number of rows that name columns: 0 where the first row is data like the others.

    Names are distinct words. Years, dates and a sequence of numbers name columns where other
    values are below them. Names that span columns are in a row above the others.
    """
    if len(rows) < 2:
        return 0
    if _names_columns(rows[0], rows[1 : 1 + _BELOW]):
        # Some programs write the header again.
        return (
            next(
                (
                    count
                    for count in range(1, _MAX_HEADER_ROWS)
                    if list(rows[count]) != list(rows[0])
                ),
                _MAX_HEADER_ROWS,
            )
            if len(rows) > _MAX_HEADER_ROWS
            else 1
        )
    if len(rows) > 2 and _spans_columns(rows[0]):
        below = header_rows(rows[1:])
        return below + 1 if 0 < below < _MAX_HEADER_ROWS else 0
    return 0


def is_empty(row: Row) -> bool:
    """Return whether no cell has anything but white space."""
    return not any(cell.strip() for cell in row)


def _names_columns(row: Row, below: Sequence[Row]) -> bool:
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    names = list(filter(None, cells))
    if not names or (len(names) == 1 < max(map(len, below))):
        return False
    columns = [
        [line[number].strip() for line in below if number < len(line)]
        for number in range(len(cells))
    ]
    if not all(
        not is_figure(name) or _is_label(name, column) or _is_counted(names)
        for name, column in zip(cells, columns, strict=True)
        if name
    ):
        return False
    # Over figures stands a name, even if it is not alone or a neighbour has none.
    over_figures = any(
        name
        and not is_figure(name)
        and column
        and all(map(is_figure, filter(None, column)))
        and any(column)
        for name, column in zip(cells, columns, strict=True)
    )
    if all(map(is_figure, names)):
        return not cells[0] and any(
            column and not any(map(is_figure, column)) for column in columns[:1]
        )
    gaps = len(cells) - len(names) - (not cells[0])
    if len(set(names)) < len(names) or gaps > 0:
        return over_figures and gaps * 2 < len(cells)
    return True


def _is_label(name: str, column: Sequence[str]) -> bool:
    """Return whether a year or a date names a column: no others are below it."""
    return _LABEL.fullmatch(name) is not None and not any(map(_LABEL.fullmatch, column))


def _is_counted(names: Sequence[str]) -> bool:
    """Return whether the numbers among names count the columns: 1, 2, 3."""
    numbers = [int(name) for name in names if name.isdecimal()]
    return (
        len(numbers) >= _MIN_SEQUENCE
        and all(name.isdecimal() or not is_figure(name) for name in names)
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    )


def _spans_columns(row: Row) -> bool:
    """Return whether a row has words, or years, with gaps between or beside them."""
    names = [cell.strip() for cell in row if cell.strip()]
    is_words = all(not is_figure(name) or _LABEL.fullmatch(name) for name in names)
    return bool(names) and is_words and len(names) < len(row)
