"""Parse Excel workbooks (.xlsx, .xlsb, .xls) by python-calamine: a section per sheet."""

import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lxml import etree
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
from vouch.parsers.common.ole_container import MAGIC, OleFileIO, has_stream, ole_metadata
from vouch.parsers.common.table_headers import Cell, is_filled
from vouch.parsers.common.xml.package_entities import with_entities_filled_in
from vouch.parsers.common.xml.tree import parse_xml
from vouch.parsers.common.zip_safety import (
    contained,
    damaged_members,
    open_zip,
    read_member,
    reading,
    reject_encrypted_office,
    repacked,
)
from vouch.parsers.office.binary_formats import xls_extras, xlsb_extras
from vouch.parsers.office.ooxml_package import Package, add_damage, core_metadata
from vouch.parsers.office.sheets.tables import ColumnName, as_text, tables
from vouch.parsers.office.sheets.writer import add_sheet
from vouch.parsers.office.sheets.xlsb_size_guard import check_binary_spans
from vouch.parsers.office.sheets.xlsx_metadata import SheetExtras, sheet_extras
from vouch.parsers.office.sheets.xlsx_size_guard import check_spans
from vouch.schemas.documents.records import Document, LeftOutKind, Reason
from vouch.schemas.errors import DocumentRejected

BINARY = "application/vnd.ms-excel.sheet.binary.macroenabled.12"  # .xlsb
_MAIN_PARTS = {"_rels/.rels", *(f"xl/{name}" for name in (
    "workbook.xml", "_rels/workbook.xml.rels", "sharedStrings.xml",
    "workbook.bin", "_rels/workbook.bin.rels", "sharedStrings.bin",
))}  # fmt: skip
_HEAD = 4096  # bytes, in which an encoding shows
_ENCODING = re.compile(rb"""\s*<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)""")
_UTF8 = (b"utf-8", b"utf8", b"us-ascii")
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

    Cells are as their number formats show them. Hidden sheets are read too, because others are
    computed from them; `hidden_sheets` of the metadata lists them. Raises `DocumentRejected`.
    """
    reject_encrypted_office(data)
    builder = DocumentBuilder()
    if data.startswith(MAGIC):
        with contained("spreadsheet"), OleFileIO(data) as container:
            metadata = ole_metadata(container)
            extras = xls_extras(_workbook_stream(container))
        hidden = _add_sheets(builder, data, hint.media_type, extras)
    else:
        data, damaged = _readable(data)
        with open_zip(data) as archive:
            package = Package(archive)
            package.damaged.update(damaged)
            is_binary = hint.media_type == BINARY
            (check_binary_spans if is_binary else check_spans)(archive)
            data = _without_damaged_styles(data, package)
            metadata = core_metadata(package)
            extras = xlsb_extras(package) if is_binary else sheet_extras(package)
            hidden = _add_sheets(builder, data, hint.media_type, extras, package)
            add_damage(builder, package)
    if hidden:
        names = ("hidden_sheets", tuple(hidden))
        metadata = replace(metadata, extra=(*metadata.extra, names))
    return builder.build(metadata)


def _workbook_stream(container: "OleFileIO[Any]") -> bytes:
    """Return the stream with the sheets of an .xls, b"" where there is none."""
    for name in ("Workbook", "Book"):
        if has_stream(container, name):
            return bytes(container.openstream(name).read())
    return b""


def _readable(data: bytes) -> tuple[bytes, dict[str, DocumentRejected]]:
    """Return a workbook that calamine can read, and what is wrong with the parts that are left out.

    calamine unpacks members by itself, so that their sizes are proved before it does; it reads
    UTF-8 only.
    """
    with open_zip(data) as archive:
        damaged = damaged_members(archive)
        rewritten: dict[str, bytes] = {}
        for name in dict.fromkeys(archive.namelist()):
            if name not in damaged and name.lower().endswith((".xml", ".rels")):
                try:
                    if _is_encoded(archive, name):
                        xml = read_member(archive, archive.getinfo(name))
                        root = parse_xml(xml, f"the part {name} of the file")
                        rewritten[name] = etree.tostring(root, encoding="utf-8")
                except DocumentRejected as rejected:
                    if rejected.reason != Reason.MALFORMED:
                        raise
                    damaged[name] = rejected
        for main in _MAIN_PARTS & damaged.keys():
            raise damaged[main]
        if damaged or rewritten:
            data = repacked(archive, rewritten, tuple(damaged))
    return _without_macro_sheets(with_entities_filled_in(data)), damaged


def _is_encoded(archive: zipfile.ZipFile, name: str) -> bool:
    """Return whether a part is in another encoding than UTF-8."""
    member = archive.getinfo(name)
    with reading(member), archive.open(member) as stream:
        head = stream.read(_HEAD)
    declared = _ENCODING.match(head)
    return b"\0" in head or (declared is not None and declared[1].lower() not in _UTF8)


def _without_damaged_styles(data: bytes, package: Package) -> bytes:
    """Return a workbook without styles that are no XML: calamine refuses all of it for them."""
    workbook = next(iter(package.related("", "officeDocument")), "")
    styles = [part for part in package.related(workbook, "styles") if part.endswith(".xml")]
    bad = tuple(part for part in styles if package.has(part) and package.beside(part) is None)
    if not bad:
        return data
    with open_zip(data) as archive:
        return repacked(archive, {}, bad)


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
    """Open a workbook. Raise what is wrong with it in its own format, or that it is encrypted.

    calamine says only that no format fits, unless the name of a file says which one it is.
    """
    try:
        try:
            return CalamineWorkbook.from_filelike(io.BytesIO(data))
        except PasswordError:
            raise
        except CalamineError:
            pass
        with tempfile.TemporaryDirectory() as folder:
            new = "workbook.xlsb" if media_type == BINARY else "workbook.xlsx"
            path = Path(folder, "workbook.xls" if data.startswith(MAGIC) else new)
            path.write_bytes(data)
            return CalamineWorkbook.from_path(path)
    except PasswordError:
        message = "the workbook is protected by a password; remove it and try again"
        raise DocumentRejected(Reason.ENCRYPTED, message) from None


def _add_sheets(
    builder: DocumentBuilder,
    data: bytes,
    media_type: str,
    extras: Iterator[SheetExtras],
    package: Package | None = None,
) -> list[str]:
    """Add the sheets; return the names of those that are hidden.

    A damaged one does not cost the others. Raises `DocumentRejected`: malformed where all are
    damaged, or encrypted.
    """
    hidden: list[str] = []
    first: DocumentRejected | None = None
    with contained("spreadsheet"), _opened(data, media_type) as workbook:
        for index, sheet in enumerate(workbook.sheets_metadata):
            extra = next(extras, SheetExtras())
            builder.page = index + 1
            texts = (*extra.texts, *extra.comments)
            if sheet.typ != SheetTypeEnum.WorkSheet:  # chart and macro sheets have no cells
                add_sheet(builder, sheet.name, [], texts)
                continue
            try:
                with contained("spreadsheet"):
                    rows, merges = _cells(_sheet(workbook, index, sheet.name), extra, builder)
            except DocumentRejected as rejected:
                if rejected.reason != Reason.MALFORMED:
                    raise
                # Its part is known as damaged where its bytes are.
                in_package = package.damaged.pop(extra.part, None) if package else None
                first = first or in_package or rejected
                builder.damaged_part(sheet.name, (in_package or rejected).message)
                continue
            add_sheet(builder, sheet.name, tables(rows, merges), texts)
            for margin in extra.page_margins:
                builder.leave_out(LeftOutKind.RUNNING_HEADER, margin)
            hidden += [sheet.name] if sheet.visible != SheetVisibleEnum.Visible else []
    if first and not len(builder):
        raise first
    return hidden


def _sheet(workbook: CalamineWorkbook, index: int, name: str) -> CalamineSheet:
    try:
        return workbook.get_sheet_by_index(index)
    except CalamineError as error:
        message = f"the sheet {name!r} of the workbook is damaged or missing: {error}"
        raise DocumentRejected(Reason.MALFORMED, message) from None


def _cells(
    sheet: CalamineSheet, extra: SheetExtras, builder: DocumentBuilder
) -> tuple[list[list[Cell]], list[Merge]]:
    """Return the cells from the first used row and column on, and their merges.

    They are as their formats show them; what a format hides is left out. calamine counts merges
    from the first cell of the sheet, but returns rows from the first used one.
    """
    rows: list[list[Cell]] = [list(row) for row in sheet.to_python()]
    top, left = sheet.start or (0, 0)
    height, width = len(rows), max(map(len, rows), default=0)
    for (row, column), number_format in extra.formats:
        if 0 <= row - top < height and 0 <= column - left < width:
            value = rows[row - top][column - left]
            shown = number_format.apply(value)
            rows[row - top][column - left] = shown
            if value and not str(shown):
                builder.leave_out(LeftOutKind.HIDDEN, as_text(value))
    for row, first, last in extra.header_rows:
        for column in range(max(first - left, 0), min(last - left + 1, width)):
            if 0 <= row - top < height and is_filled(rows[row - top][column]):
                rows[row - top][column] = ColumnName(as_text(rows[row - top][column]))
    for (row, column), target in extra.links.items():
        if 0 <= row - top < height and 0 <= column - left < width:
            text = as_text(rows[row - top][column - left])
            rows[row - top][column - left] = Linked(text, [(0, len(text), target)] if text else ())
    return rows, [
        (first_row - top, first_column - left, last_row - top, last_column - left)
        for (first_row, first_column), (last_row, last_column) in sheet.merged_cell_ranges or []
        if first_row >= top and first_column >= left
    ]
