"""Read the rows of a delimited text, also where quotation marks are missing or too many."""

import csv
import re
from collections import Counter
from collections.abc import Iterator

from vouch.parsers.text.csv_dialect import Dialect
from vouch.parsers.text.delimited_sentences import with_whole_sentences

_MAX_TRIED = 20_000  # characters of a line, over all readings that are tried
# Cells are as long as the memory of the process allows: Python's default is less than files have.
_FIELD_LIMIT = 2**31 - 1


def read_rows(text: str, dialect: Dialect) -> list[list[str]]:
    """Return the rows of a cleaned text.

    Where quotation marks are not where they belong, a mark may be part of a cell, or not be closed:
    such a row is read so that it has as many cells as most rows.
    """
    csv.field_size_limit(_FIELD_LIMIT)
    lines = dialect.prepared(with_whole_sentences(text, dialect)).splitlines(keepends=True)
    rows = _well_formed(lines, dialect)
    if rows is None:
        lengths = Counter(map(len, dialect.reader(lines)))
        rows = list(_repaired(lines, dialect, lengths.most_common(1)[0][0]))
    if len(dialect.delimiter) > 1 or dialect.backslash:
        rows = [list(map(dialect.restored, row)) for row in rows]
    return rows


def _well_formed(lines: list[str], dialect: Dialect) -> list[list[str]] | None:
    """Return the rows of lines in which each quotation mark is where it belongs, else None."""
    try:
        return list(dialect.reader(lines, strict=True))
    except csv.Error:
        return None


def _repaired(lines: list[str], dialect: Dialect, length: int) -> Iterator[list[str]]:
    """Yield the rows; those with misplaced quotation marks have `length` cells if possible."""
    start = 0
    while start < len(lines):
        remaining = (lines[number] for number in range(start, len(lines)))
        reader = dialect.reader(remaining)
        first = start
        for row in reader:
            end = first + reader.line_num
            line = lines[start].rstrip("\n")
            repaired = None
            if _well_formed(lines[start:end], dialect) is None:
                repaired = _with_length(line, dialect, length)
                if repaired is None and _has_swallowed(row, lines[start:end], dialect, length):
                    repaired = _split(line, dialect)
            yield row if repaired is None else repaired
            # The lines that a quotation mark had joined are rows of their own.
            is_joined = repaired is not None and end > start + 1
            start = start + 1 if is_joined else end
            if is_joined:
                break


def _has_swallowed(row: list[str], lines: list[str], dialect: Dialect, length: int) -> bool:
    """Return whether a cell that is not closed took rows in: to the end, or to another mark."""
    if len(lines) == 1:
        return False
    inner = list(dialect.reader(lines[1:-1]))
    rows = sum(len(cells) == length > 1 for cells in inner)
    return row[-1].endswith(lines[-1]) or rows * 2 > len(inner) > 1


def _with_length(line: str, dialect: Dialect, length: int) -> list[str] | None:
    """Return the cells of a line if it has `length` of them, with at most one literal mark."""
    tries = min(length, _MAX_TRIED // (len(line) + 1))
    for literal in (None, *range(tries)):
        cells = _split(line, dialect, literal)
        if len(cells) == length:
            return cells
    return None


def _split(line: str, dialect: Dialect, literal: int | None = None) -> list[str]:
    """Split a line at its delimiters.

    A quotation mark closes a cell only where a delimiter or the end of the line follows. The mark
    at the beginning of the cell of number `literal` is part of it.
    """
    delimiter, quote = dialect.character, dialect.quote
    marks = re.compile(f"({quote}+)( *+(?={re.escape(delimiter)}|$))?")
    cells: list[str] = []
    position = 0
    may_close = True
    while True:
        while delimiter != "\t" and line.startswith(" ", position):
            position += 1
        end = None
        if may_close and line.startswith(quote, position) and len(cells) != literal:
            # Of several marks in a row each two stand for one: an odd number closes.
            runs = marks.finditer(line, position + 1)
            end = next((run for run in runs if len(run[1]) % 2 and run[2] is not None), None)
            may_close = end is not None
        if end:
            cell = line[position + 1 : end.end(1) - 1].replace(quote * 2, quote)
            position = end.end()
        else:
            stop = line.find(delimiter, position)
            stop = len(line) if stop < 0 else stop
            cell, position = line[position:stop], stop
        cells.append(cell)
        if position >= len(line):
            return cells
        position += len(delimiter)
