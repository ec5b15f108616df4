"""Numbers of Word's lists."""

from tests.parsers.binary_files import data_of, parse, typed_texts
from tests.parsers.office.docx_writer import (
    LISTS,
    cell,
    docx,
    numbered,
    paragraph,
    row,
    table,
    texts,
)


def test_lists_are_numbered_as_word_draws_them():
    items = [(0, 1), (1, 1), (1, 1), (2, 1), (3, 1), (0, 1), (1, 1), (0, 2), (0, 0)]
    body = "".join(paragraph("x", numbered(*item)) for item in items)
    assert texts(docx(body, LISTS)) == [
        "- 1. x",
        "  - 1a) x",
        "  - 1b) x",
        "    - (IV) x",
        "      - x",
        "- 2. x",
        "  - 2a) x",
        "- 7. x",
        "x",
    ]


def test_lists_of_a_real_file_have_their_numbers():
    items = texts(parse(data_of("example-list-items-multiple.docx"), "a.docx"))
    assert "  - a) The quick brown fox jumps over the lazy dog." in items
    deep = "(a) This is simply dummy text of the printing and typesetting industry."
    assert f"        - {deep}" in items


def test_numbered_items_in_cells_keep_their_numbers():
    inside = paragraph("one", numbered(0)) + paragraph("two", numbered(0))
    body = table(row(f"<w:tc>{inside}</w:tc>", cell("b"))) + paragraph("three", numbered(0))
    assert typed_texts(docx(body, LISTS)) == [
        ("table", "1. one 2. two | b"),
        ("list_item", "- 3. three"),
    ]
