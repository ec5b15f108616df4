"""Grid tables, simple tables, `list-table` and `csv-table`."""

import pytest

from tests.parsers.binary_files import table_rows
from tests.parsers.rst.rst_text import rst
from vouch.schemas.documents.records import ElementType


def test_cells_beside_spanning_cells_stay_in_their_columns():
    table = """
+---+---+---+
| A | B | C |
+===+===+===+
| t | wide  |
|   +---+---+
|   | e | f |
+---+---+---+
"""
    document = rst(table)
    assert table_rows(document) == [["A", "B", "C"], ["t", "wide", ""], ["t", "e", "f"]]


@pytest.mark.parametrize(
    ("text", "expected", "header_rows"),
    [
        (
            "== ==\nA  B\n== ==\na  b\n   c\n\n\\  d\n== ==",
            [["A", "B"], ["a", "b c"], ["", "d"]],
            1,
        ),
        (
            "==  ==  ==\nA   B\n--  ------\na   b   c d\n==  ==  ==",
            [["A", "B", ""], ["a", "b", "c d"]],
            0,
        ),
        ("====  ==\n漢字  *b*\n====  ==", [["漢字", "b"]], 0),
        ("+----+---+\n| 漢 | b |\n|    | c |\n+----+---+", [["漢", "b c"]], 0),
        (
            ".. list-table:: Caption\n   :header-rows: 1\n\n   * - A\n     - B\n   * - a\n     - b",
            [["A", "B"], ["a", "b"]],
            1,
        ),
        ('.. csv-table::\n   :header: A, "B"\n\n   "a, b", ``c``', [["A", "B"], ["a, b", "c"]], 1),
    ],
)
def test_cells_and_header_rows(text: str, expected: list[list[str]], header_rows: int):
    document = rst(text)
    assert table_rows(document) == expected
    assert [element.table.header_rows for element in document.elements if element.table] == [
        header_rows
    ]


@pytest.mark.parametrize(
    "text",
    [
        "+---+---+\n| a | b |\n+---+",
        "+---+---+\n| a     |\n+---+---+\n| c | d\n+---+---+",
        "== ==\nab cd\nabcde\n== ==",
    ],
)
def test_a_table_whose_borders_do_not_close_is_kept_as_it_is_written(text: str):
    document = rst(text)
    assert document.text == text
    assert [element.type for element in document.elements] == [ElementType.CODE]
