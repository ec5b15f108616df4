"""reStructuredText's simple tables, whose columns stand under a border of `====  ====`."""

import re
from collections.abc import Iterator, Sequence

from vouch.parsers.rst.grid_table import Found, RawCell
from vouch.parsers.rst.lines import PAD, padded

_BORDER = re.compile(r"=+(?: +=+)+")
_SPANS = re.compile(r"-+(?: +-+)*")
_RULE = re.compile(r"=+(?: +=+)*")
_Columns = list[tuple[int, int]]


def read(lines: Sequence[str], number: int) -> Found:
    """The table that begins at a line, or None where there is none."""
    if not _BORDER.fullmatch(lines[number]):
        return None
    borders = [number]
    end = number + 1
    while end < len(lines):
        if lines[end].startswith("=") and _RULE.fullmatch(lines[end]):
            borders.append(end)
            if len(borders) == 3 or end + 1 == len(lines) or not lines[end + 1]:
                break
        end += 1
    if len(borders) == 1:
        return [], 0, number, _end_of_block(lines, number)
    columns = [(one.start(), one.end()) for one in re.finditer("=+", lines[number])]
    head = list(_rows(lines[number + 1 : borders[1]], columns)) if len(borders) == 3 else []
    body = list(_rows(lines[borders[-2] + 1 : borders[-1]], columns))
    if any(not row for row in (*head, *body)):
        return [], 0, number, borders[-1] + 1
    return [*head, *body], len(head), number, borders[-1] + 1


def _end_of_block(lines: Sequence[str], number: int) -> int:
    return next((end for end in range(number, len(lines)) if not lines[end]), len(lines))


def _rows(written: Sequence[str], columns: _Columns) -> Iterator[list[RawCell]]:
    """A row begins where its first column does; a line below it may say which columns its cells reach over."""
    row: list[str] = []
    for line in map(padded, written):
        if _SPANS.fullmatch(line):
            if row:
                yield _cells(row, columns, _spanned(line, columns))
            row = []
        elif not line or (row and not line[columns[0][0] : columns[0][1]].strip()):
            row += [line] if row else []
        else:
            if row:
                yield _cells(row, columns, columns)
            row = [line]
    if row:
        yield _cells(row, columns, columns)


def _spanned(line: str, columns: _Columns) -> _Columns:
    return [(one.start(), one.end()) for one in re.finditer("-+", line)]


def _cells(row: Sequence[str], columns: _Columns, spans: _Columns) -> list[RawCell]:
    """The cells of a row; none where a text stands across the border of its columns. The last column has no right end."""
    cells: list[RawCell] = []
    for number, (start, end) in enumerate(spans):
        begin = spans[number + 1][0] if number + 1 < len(spans) else None
        if begin is not None and any(line[end:begin].strip() for line in row):
            return []
        width = sum(start <= left < end for left, _ in columns)
        cells.append(
            (
                [
                    line[start : end if begin is not None else None].replace(PAD, "").rstrip()
                    for line in row
                ],
                max(width, 1),
                1,
            )
        )
    return cells
