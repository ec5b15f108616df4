"""Parse OpenDocument spreadsheets (.ods, .fods) as their cells show them, a section per sheet.

The file stores beside each value the text that its format shows ("12.5%", "$1,000.00"), which
python-calamine leaves out, with comments, links and merged cells. Dates and times are in ISO
notation, as in Excel's workbooks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from lxml import etree

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.links import join_linked
from vouch.parsers.common.merged_cells import Merge
from vouch.parsers.common.table_headers import Cell, is_filled
from vouch.parsers.common.xml.tree import Xml
from vouch.parsers.common.zip_safety import contained
from vouch.parsers.office.opendocument import (
    ANNOTATION,
    DRAW,
    OFFICE,
    STYLE,
    TABLE,
    TEXT,
    OpenDocument,
    comment_of,
    paragraph_text,
    parsed_by_element,
)
from vouch.parsers.office.sheets.tables import ColumnName, Shown, as_text, tables
from vouch.parsers.office.sheets.writer import add_sheet
from vouch.parsers.office.sheets.xlsx_size_guard import MAX_CELLS
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected

_ROW, _CELL, _COVERED = f"{TABLE}table-row", f"{TABLE}table-cell", f"{TABLE}covered-table-cell"
_TABLE, _SHAPES, _STYLE = f"{TABLE}table", f"{TABLE}shapes", f"{STYLE}table-properties"
_COLUMNS_REPEATED, _ROWS_REPEATED, _COLUMNS_SPANNED, _ROWS_SPANNED = (
    f"{TABLE}number-{name}"
    for name in ("columns-repeated", "rows-repeated", "columns-spanned", "rows-spanned")
)
_PARAGRAPH, _VALUE_TYPE, _VALUE = f"{TEXT}p", f"{OFFICE}value-type", f"{OFFICE}value"
_DURATION = re.compile(r"(-?)PT?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")
_MAX_REPEATED = 10_000_000  # more than any sheet has rows or columns
_NUMBERS = {"float", "percentage", "currency"}


@dataclass(slots=True)
class Sheet:
    """What was read of a sheet so far: rows of cells, merges, comments, and texts of drawings."""

    name: str
    style: str
    rows: list[list[Cell]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    width: int = 0
    number: int = 0  # of the row that is read, from 0: `rows` has one for several empty ones

    def add_row(self, row: Xml) -> None:
        """Add a row as often as it is repeated. Raise `DocumentRejected` (unsafe) for too many."""
        cells: list[Cell] = []
        parent = row.getparent()
        is_header = parent is not None and parent.tag == f"{TABLE}table-header-rows"
        for node in row.iterchildren(_CELL, _COVERED):
            count = _number(node, _COLUMNS_REPEATED)
            cell = None if node.tag == _COVERED else self._cell(node, len(cells))
            if is_header and is_filled(cell):
                cell = ColumnName(as_text(cell))
            if is_filled(cell) or node.getnext() is not None:
                self._check(len(cells) + count, 1)
                cells += [cell] * count
        while cells and not is_filled(cells[-1]):
            cells.pop()
        count = _number(row, _ROWS_REPEATED)
        self.number += count
        if not cells:
            # Empty rows separate tables, and one does it as well as a million at the end.
            self.rows.append([])
            return
        self.width = max(self.width, len(cells))
        self._check(self.width, len(self.rows) + count)
        self.rows += [list(cells) for _ in range(count)]

    def _check(self, columns: int, rows: int) -> None:
        if columns * rows > MAX_CELLS:
            message = (
                f"the sheet {self.name!r} spans {rows:,} rows by {columns:,} columns or more; "
                f"at most {MAX_CELLS:,} cells are read"
            )
            raise DocumentRejected(Reason.UNSAFE, message)

    def _cell(self, node: Xml, column: int) -> Cell:
        height, width = _number(node, _ROWS_SPANNED), _number(node, _COLUMNS_SPANNED)
        row = len(self.rows)
        if height > 1 or width > 1:
            self.merges.append((row, column, row + height - 1, column + width - 1))
        if all(part.tag == _PARAGRAPH for part in node):
            return _value(node)
        for annotation in node.iterchildren(ANNOTATION):
            author, text = comment_of(annotation)
            if text:
                place = f"{_letters(column)}{self.number + 1}"
                self.comments.append(f"Comment on {place} ({author}): {text}")
        self.texts += drawing_texts(node)
        return _value(node)

    def padded(self) -> list[list[Cell]]:
        """Return the rows, all of one length, without empty ones at the end."""
        while self.rows and not self.rows[-1]:
            self.rows.pop()
        return [row + [None] * (self.width - len(row)) for row in self.rows]


def parse(data: bytes, hint: Hint) -> Document:
    """Return every sheet under its name, with its number as `page`.

    Hidden sheets are read too, because others are computed from them; `hidden_sheets` of the
    metadata lists them. Raises `DocumentRejected`.
    """
    with contained("OpenDocument spreadsheet"):
        document = OpenDocument(data)
        metadata = document.metadata()
        builder = DocumentBuilder()
        hidden_styles: set[str] = set()
        hidden = []
        for number, sheet in enumerate(_sheets(document, hidden_styles), start=1):
            builder.page = number
            cells = tables(sheet.padded(), sheet.merges)
            add_sheet(builder, sheet.name, cells, (*sheet.texts, *sheet.comments))
            hidden += [sheet.name] if sheet.style in hidden_styles else []
        document.add_damage(builder)
    if hidden:
        metadata = replace(metadata, extra=(*metadata.extra, ("hidden_sheets", tuple(hidden))))
    return builder.build(metadata)


def rows_of(table: Xml) -> Sheet:
    """Return the rows of a table in a tree, such as the data of a chart."""
    sheet = Sheet(table.get(f"{TABLE}name", ""), "")
    for row in table.iter(_ROW):
        sheet.add_row(row)
    return sheet


def drawing_texts(node: Xml) -> list[str]:
    """Return the texts of the text boxes and shapes below a cell or among a sheet's shapes."""
    boxes = (part for part in node.iterdescendants() if str(part.tag).startswith(DRAW))
    lines = (
        "\n".join(filter(None, map(paragraph_text, box.iterchildren(f"{TEXT}p")))) for box in boxes
    )
    return [line for line in lines if line.strip()]


def _sheets(document: OpenDocument, hidden_styles: set[str]) -> Iterator[Sheet]:
    """Yield the sheets, reading a row at a time; note the styles that hide a sheet."""
    sheet: Sheet | None = None
    depth = 0
    try:
        for event, node in parsed_by_element(document.content, _TABLE, _ROW, _SHAPES, _STYLE):
            if node.tag == _TABLE:
                depth += 1 if event == "start" else -1
                if event == "start" and depth == 1:
                    sheet = Sheet(node.get(f"{TABLE}name", ""), node.get(f"{TABLE}style-name", ""))
                elif sheet is not None and depth == 0:
                    yield sheet
                    sheet = None
                    node.clear()
            elif event == "end" and sheet is not None and depth == 1:
                if node.tag == _ROW:
                    sheet.add_row(node)
                    node.clear(keep_tail=False)
                    while (before := node.getprevious()) is not None and before.tag == _ROW:
                        del node.getparent()[0]
                elif node.tag == _SHAPES:
                    sheet.texts += drawing_texts(node)
            elif event == "end" and node.tag == _STYLE:
                style = node.getparent()
                if node.get(f"{TABLE}display") == "false" and style is not None:
                    hidden_styles.add(style.get(f"{STYLE}name", ""))
    except etree.XMLSyntaxError as error:
        message = f"the content of the spreadsheet is damaged: {error}"
        raise DocumentRejected(Reason.MALFORMED, message) from None


def _number(node: Xml, name: str) -> int:
    """Return a count of at least one."""
    text = node.get(name)
    if text is None or not text.isdigit() or len(text) > 8:
        return 1
    return min(max(int(text), 1), _MAX_REPEATED)


def _value(node: Xml) -> Cell:
    """Return the value of a cell: numbers with the text that is shown, dates and times as such."""
    kind = node.get(_VALUE_TYPE, "")
    text = _text(node)
    if kind in _NUMBERS:
        return _figure(node.get(_VALUE, ""), text)
    if kind == "boolean":
        return bool(node.get(f"{OFFICE}boolean-value") == "true")
    if kind == "date":
        return _date(node.get(f"{OFFICE}date-value", "")) or text
    if kind == "time":
        return _time(node.get(f"{OFFICE}time-value", "")) or text
    return text or str(node.get(f"{OFFICE}string-value", ""))


def _text(node: Xml) -> str:
    """Return the paragraphs of a cell as lines."""
    paragraphs = [part for part in node if part.tag == _PARAGRAPH]
    # Most cells have one paragraph without markup.
    if len(paragraphs) == 1 and not len(paragraphs[0]):
        return paragraphs[0].text or ""
    return join_linked(map(paragraph_text, paragraphs), "\n")


def _figure(value: str, text: str) -> Cell:
    try:
        number = float(value)
    except ValueError:
        return text
    return Shown(number, text) if text and text != as_text(number) else number


def _date(value: str) -> Cell:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _time(value: str) -> Cell:
    match = _DURATION.fullmatch(value)
    if match is None:
        return None
    hours, minutes, seconds = (int((part or "0")[:9]) for part in match.groups()[1:])
    span = timedelta(hours=min(hours, 10**6), minutes=minutes, seconds=seconds)
    return -span if match[1] else span


def _letters(column: int) -> str:
    """Return the letters of a column, from 0: A, Z, AA."""
    letters = ""
    number = column + 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters
