"""CSV and TSV (RFC 4180 and its dialects): tables, with the lines of text above and below them."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.text.clean import clean
from vouch.parsers.common.text.encoding import decode
from vouch.parsers.text.csv_dialect import Dialect, detect_dialect, is_figure, without_directive
from vouch.parsers.text.delimited_headers import header_rows, is_empty, names_figures
from vouch.parsers.text.delimited_rows import read_rows
from vouch.schemas.documents.records import Document, Metadata, Reason
from vouch.schemas.errors import DocumentRejected

# The separators of ASCII and of Hive, which are no part of a text.
_CONTROL_DELIMITERS = str.maketrans({"\x01": "\t", "\x1f": "\t", "\x1e": "\n"})
_MAX_TITLE = 120  # characters
_FIELD = 2  # cells: a name and its value

Row = Sequence[str]


@dataclass(slots=True)
class _Table:
    """A table: the lines of text above it, its rows, and the lines of text below it."""

    captions: list[str]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    has_header: bool = True


def parse(data: bytes, hint: Hint) -> Document:
    """Parse a delimited file into its tables. Raise `DocumentRejected` (undecodable, malformed)."""
    text, delimiter = without_directive(clean(decode(data).translate(_CONTROL_DELIMITERS)))
    usual = "\t" if hint.media_type == "text/tab-separated-values" else ","
    dialect = Dialect(delimiter) if delimiter else detect_dialect(text, usual)
    try:
        rows = read_rows(text, dialect)
    except csv.Error as error:
        raise DocumentRejected(
            Reason.MALFORMED, f"the rows of the file cannot be read: {error}"
        ) from error
    builder = DocumentBuilder()
    for table in _tables(rows):
        _add(builder, table)
    return builder.build(Metadata(title=hint.name.rsplit("/", 1)[-1]))


def _add(builder: DocumentBuilder, table: _Table) -> None:
    """Add a table in a section named by the line of text above it."""
    builder.end_sections()
    for number, line in enumerate(table.captions):
        if number == 0 and len(line) <= _MAX_TITLE:
            builder.title(line)
        else:
            builder.paragraph(line)
    builder.table(table.rows, header_rows=header_rows(table.rows) if table.has_header else 0)
    for line in table.notes:
        builder.paragraph(line)


def _tables(rows: Sequence[Row]) -> list[_Table]:
    """Divide rows into tables, in reading order.

    Below an empty row, another table begins where a line of text or a header is.
    """
    tables: list[_Table] = []
    lines: list[str] = []  # of text, above the next table
    is_wide = any(len(row) > 1 and not is_empty(row[1:]) for row in rows)
    for group in _groups(rows):
        if head := _rows_above_header(group):
            above = _leading_lines(group[:head])
            lines += [row[0] for row in group[:above]]
            if above < head:
                tables.append(_Table(lines, list(group[above:head]), has_header=False))
                lines = []
            group = group[head:]
        above = _leading_lines(group) if is_wide else 0
        body = list(group[above:])
        captions = [row[0] for row in group[:above]]
        if body and above and not (header_rows(body) or lines):
            # A row with a single cell, without a header below, is one of the table.
            body, captions = list(group), []
        if not body:
            lines += captions
        elif tables and not (lines or captions or header_rows(body)):
            tables[-1].rows += body
        else:
            tables.append(_Table([*lines, *captions], body))
            lines = []
        if tables and body:
            tables[-1].notes += _take_notes(tables[-1].rows)
    if tables:
        tables[-1].notes += lines
    else:
        tables.append(_Table(lines, []))
    return tables


def _groups(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Yield the rows between empty rows."""
    start = 0
    for number, row in enumerate([*rows, []]):
        if is_empty(row):
            if start < number:
                yield rows[start:number]
            start = number + 1


def _rows_above_header(group: Sequence[Row]) -> int:
    """Return the number of rows of a line, or a name and a value, above a wider table's header."""
    widths = [max(number for number, cell in enumerate(row, 1) if cell.strip()) for row in group]
    count = next((number for number, width in enumerate(widths) if width > _FIELD), len(group))
    return count if 0 < count < len(group) and names_figures(group[count:]) else 0


def _leading_lines(group: Sequence[Row]) -> int:
    """Return the number of rows of text, with their first cell only, above a table."""
    return next(
        (number for number, row in enumerate(group) if not row[0].strip() or not is_empty(row[1:])),
        len(group),
    )


def _take_notes(rows: list[Row]) -> list[str]:
    """Remove the lines of text, without any delimiter, at the end of a table, and return them."""
    notes: list[str] = []
    while len(rows) > 1 and len(rows[-1]) == 1 < len(rows[0]) and not is_figure(rows[-1][0]):
        notes.append(rows.pop()[0])
    return notes[::-1]
