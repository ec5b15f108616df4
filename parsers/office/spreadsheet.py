"""Excel workbooks, new (.xlsx) and old (.xls), by python-calamine: each sheet a section, each block of cells a table."""

import io
from collections.abc import Sequence
from dataclasses import replace

from python_calamine import (
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.clean import one_line
from vouch.parsers.common.merged_cells import Merge
from vouch.parsers.common.ole_container import MAGIC, OleFileIO, ole_metadata
from vouch.parsers.common.table_headers import Cell
from vouch.parsers.common.zip_safety import check_zip, contained, open_zip, reject_encrypted_office
from vouch.parsers.office.ooxml_package import Package, core_metadata
from vouch.parsers.office.sheet_tables import as_percentage, tables
from vouch.parsers.office.xlsx_metadata import Extras, extras
from vouch.parsers.office.xlsx_size_guard import check_spans
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Metadata, Reason

# A single column this short is text that was typed into cells, a longer one a list.
MAX_LINES = 30


def parse(data: bytes, hint: Hint) -> Document:
    """Every worksheet under its name, `page` its number; raises `DocumentRejected`.

    Hidden sheets are read too, as what others are computed from; `hidden_sheets` of the metadata names them.
    """
    metadata, found = _checked(data)
    builder = DocumentBuilder()
    with contained("spreadsheet"):
        try:
            hidden = _add_sheets(builder, data, found)
        except PasswordError:
            message = "the workbook is protected by a password; remove it and try again"
            raise DocumentRejected(Reason.ENCRYPTED, message) from None
    if hidden:
        metadata = replace(metadata, extra=(*metadata.extra, ("hidden_sheets", ", ".join(hidden))))
    return builder.build(metadata)


def _add_sheets(builder: DocumentBuilder, data: bytes, found: Sequence[Extras]) -> list[str]:
    """Add what each sheet holds; gives the names of those that are hidden."""
    hidden = []
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
        for number, sheet in enumerate(workbook.sheets_metadata, start=1):
            if sheet.typ == SheetTypeEnum.WorkSheet:
                builder.page = number
                more = found[number - 1] if number <= len(found) else Extras()
                _add_sheet(builder, workbook.get_sheet_by_index(number - 1), more)
                hidden += [sheet.name] if sheet.visible != SheetVisibleEnum.Visible else []
    return hidden


def _add_sheet(builder: DocumentBuilder, sheet: CalamineSheet, more: Extras) -> None:
    found = tables(*_cells(sheet, more))
    if not (found or more.texts or more.comments):
        return
    builder.title(sheet.name)
    for table in found:
        for caption in table.captions:
            builder.paragraph(one_line(caption))
        if len(table.rows) <= MAX_LINES and all(len(row) == 1 for row in table.rows):
            builder.paragraph("\n".join(one_line(row[0]) for row in table.rows))
        else:
            builder.table(table.rows, header_rows=table.header_rows)
    for text in (*more.texts, *more.comments):
        builder.paragraph(text)


def _cells(sheet: CalamineSheet, more: Extras) -> tuple[list[list[Cell]], list[Merge]]:
    """The cells from the first that is used on, percentages as they are shown, and which of them are merged."""
    rows: list[list[Cell]] = [list(row) for row in sheet.to_python()]
    top, left = sheet.start or (0, 0)
    for (row, column), decimals in more.percentages.items():
        if 0 <= row - top < len(rows) and 0 <= column - left < len(rows[row - top]):
            value = rows[row - top][column - left]
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                rows[row - top][column - left] = as_percentage(value, decimals)
    ranges = sheet.merged_cell_ranges or []
    return rows, [
        (a - top, b - left, c - top, d - left)
        for (a, b), (c, d) in ranges
        if a >= top and b >= left
    ]


def _checked(data: bytes) -> tuple[Metadata, list[Extras]]:
    """The workbook's metadata and what else its parts tell, once it is known to be safe to open."""
    reject_encrypted_office(data)
    if data.startswith(MAGIC):
        with contained("spreadsheet"), OleFileIO(data) as container:
            return ole_metadata(container), []
    check_zip(data)
    with open_zip(data) as archive:
        check_spans(archive)
        return core_metadata(Package(archive)), extras(archive)
