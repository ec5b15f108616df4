"""Word tables: merged cells, header rows, and tables that only lay out a page."""

import pytest

from tests.parsers.binary_files import typed_texts
from tests.parsers.office.docx_writer import (
    MERGE_CONTINUES,
    MERGE_START,
    STYLES,
    TWO_COLUMNS,
    cell,
    docx,
    paragraph,
    row,
    styled,
    table,
)


def bold(text: str) -> str:
    return f"<w:tc><w:p><w:r><w:rPr><w:b/></w:rPr><w:t>{text}</w:t></w:r></w:p></w:tc>"


def test_merged_cells_are_repeated_in_their_rows_and_not_in_their_columns():
    rows = [
        row(cell("A", TWO_COLUMNS), cell("B"), properties="<w:tblHeader/>"),
        row(cell("c", MERGE_START), cell("d"), cell("e")),
        row(cell("", MERGE_CONTINUES), cell("f")),
    ]
    document = docx(table(*rows))
    assert typed_texts(document) == [("table", "A |  | B\nc | d | e\nc | f | ")]
    assert document.elements[0].table is not None
    assert document.elements[0].table.header_rows == 1


def test_a_passage_is_not_repeated_in_each_row():
    long = "word " * 30
    rows = [row(cell(long, MERGE_START), cell("a")), row(cell("", MERGE_CONTINUES), cell("b"))]
    assert docx(table(*rows)).text.count("word") == 30


@pytest.mark.parametrize(
    ("rows", "header_rows"),
    [
        ([row(bold("A"), bold("B")), row(cell("c"), cell("d"))], 1),
        ([row(bold("A"), bold("B")), row(bold("c"), bold("d"))], 0),
        ([row(cell("A"), cell("B")), row(cell("c"), cell("d"))], 0),
        ([row(bold("A"), cell("B")), row(cell("c"), cell("d"))], 0),
        ([row(*map(cell, texts)) for texts in (["A", "2020"], ["c", "1"], ["d", "2"])], 1),
    ],
)
def test_a_first_row_alone_in_bold_is_a_header(rows, header_rows):
    grid = docx(table(*rows)).elements[0].table
    assert grid is not None
    assert grid.header_rows == header_rows


def test_merged_cells_show_that_a_header_has_two_rows():
    document = docx(
        table(
            '<w:tblPr><w:tblLook w:firstRow="1"/></w:tblPr>',
            row(cell("A", MERGE_START), cell("B", TWO_COLUMNS)),
            row(cell("", MERGE_CONTINUES), cell("b1"), cell("b2")),
            row(*map(cell, "123")),
        )
    )
    assert typed_texts(document) == [("table", "A | B | \nA | b1 | b2\n1 | 2 | 3")]
    assert document.elements[0].table is not None
    assert document.elements[0].table.header_rows == 2


def test_a_table_in_a_cell_follows_as_a_table():
    inner = table(row(cell("1"), cell("2")), row(cell("3"), cell("4")))
    single_row = table(row(cell("x"), cell("y")))
    body = table(
        row(cell("A"), f"<w:tc>{paragraph('B')}{inner}</w:tc>"),
        row(cell("c"), f"<w:tc>{single_row}</w:tc>"),
    )
    assert typed_texts(docx(body)) == [("table", "A | B\nc | x y"), ("table", "1 | 2\n3 | 4")]


def test_a_table_with_sections_in_its_cells_lays_out_a_page():
    def page(text: str) -> str:
        section = paragraph("Work", styled("heading1")) + text
        return table(row(f"<w:tc><w:tcPr/>{section}</w:tc>", cell("Graz")))

    assert typed_texts(docx(page(paragraph("Baker")), STYLES)) == [
        ("title", "Work"),
        ("paragraph", "Baker"),
        ("paragraph", "Graz"),
    ]
    heading_alone = page(paragraph("", styled("heading1")))
    assert typed_texts(docx(heading_alone, STYLES)) == [("table", "Work | Graz")]


def test_a_single_cell_is_a_frame_around_text():
    body = table(row(f"<w:tc>{paragraph('a')}{paragraph('b')}</w:tc>"))
    assert typed_texts(docx(body)) == [("paragraph", "a"), ("paragraph", "b")]
