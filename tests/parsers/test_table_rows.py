"""Row N of a table in a document is row N of the parsed table, whatever the format."""

import io
from collections.abc import Callable

import pptx
import pytest
from pptx.util import Inches

from tests.parsers.binary_files import FOLDER, zipped
from tests.parsers.office.xlsx_writer import xlsx
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, Element

Rows = list[list[str]]
ROWS = [
    ["Name", "Town", "Note"],
    ["Ann", "Graz", "one"],
    ["Bob", "", "two"],
    ["Cy", "Linz", ""],
    ["Di", "Wels", "four"],
]
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def as_docx(rows: Rows) -> bytes:
    cells = (
        "".join(f"<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>" for text in row)
        for row in rows
    )
    look = '<w:tblPr><w:tblLook w:firstRow="1"/></w:tblPr>'
    lines = "".join(f"<w:tr>{line}</w:tr>" for line in cells)
    body = f'<w:document xmlns:w="{W}"><w:body><w:tbl>{look}{lines}</w:tbl></w:body></w:document>'
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": body})


def as_pptx(rows: Rows) -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    table = slide.shapes.add_table(len(rows), len(rows[0]), 0, 0, Inches(5), Inches(2)).table
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            table.cell(number, column).text = text
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def as_html(rows: Rows) -> bytes:
    lines = (
        "<tr>" + "".join(f"<{'td' if number else 'th'}>{text}" for text in row)
        for number, row in enumerate(rows)
    )
    return f"<html><body><table>{''.join(lines)}</table></body></html>".encode()


def as_markdown(rows: Rows) -> bytes:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]]).encode()


def as_rst(rows: Rows) -> bytes:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        lines += [
            f"   {'-' if column else '* -'} {text}".replace("   -", "     -")
            for column, text in enumerate(row)
        ]
    return "\n".join(lines).encode()


MAKERS: dict[str, Callable[[Rows], bytes]] = {
    "a.docx": as_docx,
    "a.pptx": as_pptx,
    "a.xlsx": lambda rows: xlsx({"S": [[text or None for text in row] for row in rows]}),
    "a.csv": lambda rows: "\n".join(map(",".join, rows)).encode(),
    "a.tsv": lambda rows: "\n".join(map("\t".join, rows)).encode(),
    "a.html": as_html,
    "a.md": as_markdown,
    "a.rst": as_rst,
}


def rows_in(document: Document, element: Element) -> Rows:
    assert element.table is not None
    return [[document.text[start:end] for start, end in row] for row in element.table.rows]


@pytest.mark.parametrize("name", MAKERS)
def test_row_n_of_a_document_is_row_n_of_its_table(name):
    document = parse(MAKERS[name](ROWS), name)
    (element,) = [element for element in document.elements if element.table is not None]
    assert rows_in(document, element) == ROWS
    assert element.table.header_rows == 1


FILES = sorted(
    path.name
    for path in FOLDER.iterdir()
    if path.name.startswith(("SPARSE", "sample", "stanley", "tests-"))
)


@pytest.mark.parametrize("name", FILES)
def test_the_cells_of_real_files_add_up_to_the_text_of_their_table(name):
    document = parse((FOLDER / name).read_bytes(), name)
    tables = [element for element in document.elements if element.table is not None]
    for element in tables:
        lines = map(" | ".join, rows_in(document, element))
        assert "\n".join(lines) == document.text[element.char_start : element.char_end]
    assert tables
