"""Excel workbooks, new (.xlsx) and old (.xls), by python-calamine: each sheet a section, each block of cells a table."""

import io

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum

from parsers.base import Hint
from parsers.builder import DocumentBuilder
from parsers.clean import one_line
from parsers.containers import check_zip, contained, open_zip, reject_encrypted_office
from parsers.ole import MAGIC, OleFileIO, ole_metadata
from parsers.ooxml import Package, core_metadata
from parsers.spreadsheet_size import check_spans
from parsers.spreadsheet_tables import tables
from schemas.errors import DocumentRejected
from schemas.records import Document, Metadata, Reason

# A single column this short is text that was typed into cells, a longer one a list.
MAX_LINES = 30


def parse(data: bytes, hint: Hint) -> Document:
    """Every worksheet under its name, `page` its number; raises `DocumentRejected`."""
    metadata = _checked(data)
    builder = DocumentBuilder()
    with contained("spreadsheet"):
        try:
            _add_sheets(builder, data)
        except PasswordError:
            message = "the workbook is protected by a password; remove it and try again"
            raise DocumentRejected(Reason.ENCRYPTED, message) from None
    return builder.build(metadata)


def _add_sheets(builder: DocumentBuilder, data: bytes) -> None:
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
        for number, sheet in enumerate(workbook.sheets_metadata, start=1):
            if sheet.typ == SheetTypeEnum.WorkSheet:
                builder.page = number
                _add_sheet(builder, workbook, number - 1)


def _add_sheet(builder: DocumentBuilder, workbook: CalamineWorkbook, index: int) -> None:
    sheet = workbook.get_sheet_by_index(index)
    found = tables(sheet.to_python())
    if not found:
        return
    builder.title(sheet.name)
    for table in found:
        for caption in table.captions:
            builder.paragraph(one_line(caption))
        if len(table.rows) <= MAX_LINES and all(len(row) == 1 for row in table.rows):
            builder.paragraph("\n".join(one_line(row[0]) for row in table.rows))
        else:
            builder.table(table.rows, header_rows=table.header_rows)


def _checked(data: bytes) -> Metadata:
    """The workbook's metadata, once it is known to be safe to open."""
    reject_encrypted_office(data)
    if data.startswith(MAGIC):
        with contained("spreadsheet"), OleFileIO(data) as container:
            return ole_metadata(container)
    check_zip(data)
    with open_zip(data) as archive:
        check_spans(archive)
        return core_metadata(Package(archive))
