"""Simple tables, whose columns are below a border of `====  ====` ("Simple Tables")."""

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from vouch.parsers.rst.lines import PAD, end_of_paragraph, padded
from vouch.parsers.rst.nodes import RawCell, RawTable

_TOP = re.compile(r"=+(?: +=+)+")
_BORDER = re.compile(r"=+(?: +=+)*")
_COLUMN_SPANS = re.compile(r"-+(?: +-+)*")
_WITH_HEADER = 3  # borders: above the header, below it, below the body
_Columns: TypeAlias = list[tuple[int, int]]
"""Start and end of each column."""


def read(lines: Sequence[str], start: int) -> RawTable | None:
    """Return the table that begins at a line, or None where there is none."""
    if not _TOP.fullmatch(lines[start]):
        return None
    borders = [start]
    for index in range(start + 1, len(lines)):
        if lines[index].startswith("=") and _BORDER.fullmatch(lines[index]):
            borders.append(index)
            is_last = index + 1 == len(lines) or not lines[index + 1]
            if len(borders) == _WITH_HEADER or is_last:
                break
    if len(borders) == 1:
        return RawTable([], 0, end_of_paragraph(lines, start))
    columns = [match.span() for match in re.finditer("=+", lines[start])]
    has_header = len(borders) == _WITH_HEADER
    header = list(_rows(lines[start + 1 : borders[1]], columns)) if has_header else []
    body = list(_rows(lines[borders[-2] + 1 : borders[-1]], columns))
    rows = [*header, *body]
    end = borders[-1] + 1
    return RawTable(rows, len(header), end) if all(rows) else RawTable([], 0, end)


def _rows(lines: Sequence[str], columns: _Columns) -> Iterator[list[RawCell]]:
    """Yield the cells of each row, none of them for a malformed row.

    A row begins where its first column has text. A line of `---` below a row says which columns
    its cells span.
    """
    row: list[str] = []
    for line in map(padded, lines):
        if _COLUMN_SPANS.fullmatch(line):
            if row:
                yield _cells(row, columns, [match.span() for match in re.finditer("-+", line)])
            row = []
        elif not line or (row and not line[slice(*columns[0])].strip()):
            row += [line] if row else []
        else:
            if row:
                yield _cells(row, columns, columns)
            row = [line]
    if row:
        yield _cells(row, columns, columns)


def _cells(row: Sequence[str], columns: _Columns, spans: _Columns) -> list[RawCell]:
    """Return the cells of a row; nothing where text crosses the gap between its columns.

    The text of the last column may be longer than its border.
    """
    cells: list[RawCell] = []
    next_starts = [*(start for start, _ in spans[1:]), None]
    for (start, end), next_start in zip(spans, next_starts, strict=True):
        if next_start is not None and any(line[end:next_start].strip() for line in row):
            return []
        stop = end if next_start is not None else None
        lines = [line[start:stop].replace(PAD, "").rstrip() for line in row]
        width = sum(start <= left < end for left, _ in columns)
        cells.append(RawCell(lines, max(width, 1)))
    return cells
