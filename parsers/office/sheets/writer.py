"""Write the tables and texts of a sheet as a section of a document."""

from collections.abc import Iterable, Sequence

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.links import join_linked, on_one_line
from vouch.parsers.office.sheets.tables import SheetTable

# Rows. A single column this short is text typed into cells, a longer one is a list of values.
MAX_LINES = 30


def add_sheet(
    builder: DocumentBuilder, name: str, tables: Sequence[SheetTable], texts: Iterable[str]
) -> None:
    """Add a sheet under its name: tables, then other `texts`; an empty sheet adds nothing."""
    texts = list(texts)
    if not (tables or texts):
        return
    builder.title(name)
    add_tables(builder, tables)
    for text in texts:
        builder.paragraph(text)


def add_tables(builder: DocumentBuilder, tables: Sequence[SheetTable]) -> None:
    """Add tables with their captions; a short one of a single column becomes a paragraph."""
    for table in tables:
        for caption in table.captions:
            builder.paragraph(on_one_line(caption))
        if len(table.rows) <= MAX_LINES and all(len(row) == 1 for row in table.rows):
            lines = (on_one_line(row[0]) for row in table.rows)
            builder.paragraph(join_linked(lines, "\n"))
        else:
            builder.table(table.rows, header_rows=table.header_rows)
