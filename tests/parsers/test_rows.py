"""Row N of a source is found as row N, whatever the format; and a span says which rows it covers."""

import io
from collections.abc import Callable

import pptx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pptx.util import Inches

from tests.parsers.binary_files import FOLDER, zipped
from tests.parsers.xlsx_maker import xlsx
from vouch.chunkers.chunker import rows_of
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.registry import parse
from vouch.schemas.records import Document, Element

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


def table_of(document: Document) -> Element:
    [element] = [one for one in document.elements if one.table is not None]
    return element


@pytest.mark.parametrize("name", MAKERS)
def test_row_n_is_found_as_row_n(name):
    document = parse(MAKERS[name](ROWS), name)
    table = table_of(document)
    for number, cells in enumerate(ROWS[1:], start=1):
        start, end = row_span(table, number)
        assert document.text[start:end] == " | ".join(cells)
        assert rows_of(table, (start, end)) == (number, number)
        inside = document.text.index(cells[0], start)
        assert rows_of(table, (inside, inside + 1)) == (number, number)
    assert rows_of(table, (table.char_start, table.char_end)) == (1, len(ROWS) - 1)
    with pytest.raises(IndexError):
        row_span(table, len(ROWS))


FILES = sorted(
    path.name
    for path in FOLDER.iterdir()
    if path.name.startswith(("SPARSE", "sample", "stanley", "tests-"))
)


@pytest.mark.parametrize("name", FILES)
def test_cells_of_real_files_make_up_their_rows(name):
    document = parse((FOLDER / name).read_bytes(), name)
    tables = [one for one in document.elements if one.table is not None]
    for element in tables:
        assert element.table is not None
        lines = [
            " | ".join(document.text[start:end] for start, end in row) for row in element.table.rows
        ]
        assert "\n".join(lines) == document.text[element.char_start : element.char_end]
    assert tables


CELLS = st.text(alphabet="ab |\n ", max_size=4)


@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=3), min_size=1, max_size=6),
    st.integers(0, 3),
    st.data(),
)
def test_a_span_covers_the_rows_that_it_shares_a_character_with(rows, header_rows, data):
    builder = DocumentBuilder()
    builder.paragraph("before")
    builder.table(rows, header_rows)
    document = builder.build()
    if len(document.elements) < 2:
        return
    table = document.elements[1]
    assert table.table is not None
    start = data.draw(st.integers(0, table.char_end))
    end = data.draw(st.integers(start, table.char_end))
    body = table.table.rows[table.table.header_rows :]
    touched = [
        number for number, row in enumerate(body, 1) if max(start, row[0][0]) < min(end, row[-1][1])
    ]
    assert rows_of(table, (start, end)) == ((touched[0], touched[-1]) if touched else None)


def test_other_elements_have_no_rows():
    builder = DocumentBuilder()
    builder.paragraph("text")
    assert rows_of(builder.build().elements[0], (0, 4)) is None
