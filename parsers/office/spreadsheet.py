"""Parse Excel workbooks (.xlsx, .xlsb, .xls) by python-calamine: a section per sheet."""

import io
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.links import Linked
from vouch.parsers.common.merged_cells import Merge
from vouch.parsers.common.ole_container import MAGIC, OleFileIO, ole_metadata
from vouch.parsers.common.package_entities import with_entities_filled_in
from vouch.parsers.common.table_headers import Cell
from vouch.parsers.common.zip_safety import (
    check_zip,
    contained,
    open_zip,
    read_member,
    reject_encrypted_office,
    repacked,
)
from vouch.parsers.office.ooxml_package import Package, core_metadata
from vouch.parsers.office.sheet_tables import as_percentage, tables
from vouch.parsers.office.sheet_writer import add_sheet
from vouch.parsers.office.xlsb_size_guard import check_binary_spans
from vouch.parsers.office.xlsx_metadata import SheetExtras, sheet_extras
from vouch.parsers.office.xlsx_size_guard import check_spans
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Metadata, Reason

BINARY = "application/vnd.ms-excel.sheet.binary.macroenabled.12"  # .xlsb
# How the relationships of a workbook call a sheet of macros, and a chart instead: calamine judges
# by the kind in .xlsx, by the folder in .xlsb.
_SHEET_KINDS = {
    "xl/_rels/workbook.xml.rels": (
        re.compile(
            rb"http://schemas\.microsoft\.com/office/2006/relationships/xl(?:Intl)?Macrosheet"
        ),
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/chartsheet",
    ),
    "xl/_rels/workbook.bin.rels": (re.compile(rb"(?:int)?macrosheets/"), b"chartsheets/"),
}


def parse(data: bytes, hint: Hint) -> Document:
    """Return every worksheet under its name, with its number as `page`.

    Hidden sheets are read too, because others are computed from them; `hidden_sheets` of the
    metadata lists them. Raises `DocumentRejected`.
    """
    data, metadata, extras = _checked(data, hint)
    builder = DocumentBuilder()
    with contained("spreadsheet"):
        try:
            hidden = _add_sheets(builder, data, hint.media_type, extras)
        except PasswordError:
            message = "the workbook is protected by a password; remove it and try again"
            raise DocumentRejected(Reason.ENCRYPTED, message) from None
    if hidden:
        names = ("hidden_sheets", ", ".join(hidden))
        metadata = replace(metadata, extra=(*metadata.extra, names))
    return builder.build(metadata)


def _checked(data: bytes, hint: Hint) -> tuple[bytes, Metadata, list[SheetExtras]]:
    """Return a workbook that is safe to open, its metadata, and what calamine leaves out."""
    reject_encrypted_office(data)
    if data.startswith(MAGIC):
        with contained("spreadsheet"), OleFileIO(data) as container:
            return data, ole_metadata(container), []
    # calamine unpacks members by itself: their sizes are proved before it does.
    check_zip(data)
    data = _without_macro_sheets(with_entities_filled_in(data))
    with open_zip(data) as archive:
        if hint.media_type == BINARY:
            check_binary_spans(archive)
            return data, core_metadata(Package(archive)), []
        check_spans(archive)
        return data, core_metadata(Package(archive)), sheet_extras(archive)


def _without_macro_sheets(data: bytes) -> bytes:
    """Return a workbook whose sheets of Excel 4 macros pass for charts, which have no cells either.

    calamine refuses the whole workbook for them.
    """
    with open_zip(data) as archive:
        for part in _SHEET_KINDS.keys() & set(archive.namelist()):
            macro_sheet, chart = _SHEET_KINDS[part]
            relations = read_member(archive, archive.getinfo(part))
            if macro_sheet.search(relations):
                return repacked(archive, {part: macro_sheet.sub(chart, relations)})
    return data


def _opened(data: bytes, media_type: str) -> CalamineWorkbook:
    """Open a workbook. Raise what is wrong with it in its own format.

    calamine says only that no format fits, unless the name of a file says which one it is.
    """
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except CalamineError:
        with tempfile.TemporaryDirectory() as folder:
            new = "workbook.xlsb" if media_type == BINARY else "workbook.xlsx"
            path = Path(folder, "workbook.xls" if data.startswith(MAGIC) else new)
            path.write_bytes(data)
            return CalamineWorkbook.from_path(path)


def _add_sheets(
    builder: DocumentBuilder, data: bytes, media_type: str, extras: Sequence[SheetExtras]
) -> list[str]:
    """Add the sheets; return the names of those that are hidden.

    One damaged sheet does not cost the others. Raises `DocumentRejected` (malformed) where all
    are damaged.
    """
    hidden: list[str] = []
    damaged: dict[str, CalamineError] = {}
    with _opened(data, media_type) as workbook:
        for index, sheet in enumerate(workbook.sheets_metadata):
            if sheet.typ == SheetTypeEnum.WorkSheet:  # chart and macro sheets have no cells
                builder.page = index + 1
                extra = extras[index] if index < len(extras) else SheetExtras()
                try:
                    cells = tables(*_cells(workbook.get_sheet_by_index(index), extra))
                except PasswordError:
                    raise
                except CalamineError as error:
                    damaged[sheet.name] = error
                    builder.damaged_part(sheet.name, f"the sheet cannot be read: {error}")
                    continue
                add_sheet(builder, sheet.name, cells, (*extra.texts, *extra.comments))
                hidden += [sheet.name] if sheet.visible != SheetVisibleEnum.Visible else []
    if damaged and not len(builder):
        name, problem = next(iter(damaged.items()))
        message = f"the sheet {name!r} of the workbook is damaged or missing: {problem}"
        raise DocumentRejected(Reason.MALFORMED, message)
    return hidden


def _cells(sheet: CalamineSheet, extra: SheetExtras) -> tuple[list[list[Cell]], list[Merge]]:
    """Return the cells from the first used row and column on, and their merges.

    Percentages are text, as they are displayed; texts have their links. calamine counts merges
    from the first cell of the sheet, but returns rows from the first used one.
    """
    rows: list[list[Cell]] = [list(row) for row in sheet.to_python()]
    top, left = sheet.start or (0, 0)
    for (row, column), decimals in extra.percentages.items():
        if 0 <= row - top < len(rows) and 0 <= column - left < len(rows[row - top]):
            value = rows[row - top][column - left]
            # Text and booleans are not affected by a number format; True is an int in Python.
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                rows[row - top][column - left] = as_percentage(value, decimals)
    for (row, column), target in extra.links.items():
        if 0 <= row - top < len(rows) and 0 <= column - left < len(rows[row - top]):
            value = rows[row - top][column - left]
            if isinstance(value, str):
                rows[row - top][column - left] = Linked(value, [(0, len(value), target)])
    return rows, [
        (first_row - top, first_column - left, last_row - top, last_column - left)
        for (first_row, first_column), (last_row, last_column) in sheet.merged_cell_ranges or []
        if first_row >= top and first_column >= left
    ]
