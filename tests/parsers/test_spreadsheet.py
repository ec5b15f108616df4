"""Sheets: where tables end, what heads them, and how values read."""

from datetime import date, datetime, time, timedelta

import pytest

from parsers.spreadsheet_tables import as_text, tables
from schemas.errors import DocumentRejected
from tests.parsers.binary_files import data_of, parse, said, zipped


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (3.0, "3"),
        (0.1 + 0.2, "0.3"),
        (-2.5, "-2.5"),
        (1e21, "1e+21"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (True, "TRUE"),
        (7, "7"),
        ("text", "text"),
        (None, ""),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29, 13, 5, 7, 9), "2024-02-29 13:05:07"),
        (time(13, 5), "13:05:00"),
        (timedelta(days=1, hours=2, minutes=3, seconds=4), "26:03:04"),
        (timedelta(seconds=-61), "-0:01:01"),
    ],
)
def test_values_read_as_a_person_sees_them(cell, text):
    assert as_text(cell) == text


def shape(rows) -> list[tuple[tuple[str, ...], list[str], int]]:
    return [(one.captions, ["|".join(row) for row in one.rows], one.header_rows) for one in tables(rows)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], []),
        ([["", " "], [None, ""]], []),
        ([["Name", "n"], ["a", 1.0]], [((), ["Name|n", "a|1"], 1)]),
        ([[1.0, 2.0], [3.0, 4.0]], [((), ["1|2", "3|4"], 0)]),
        ([["Title", ""], ["Name", "n"], ["a", 1.0]], [(("Title",), ["Name|n", "a|1"], 1)]),
        ([["", 2023.0, 2024.0], ["Sales", 5.0, 6.0]], [((), ["|2023|2024", "Sales|5|6"], 1)]),
        ([["", "H1", ""], ["N", "a", "b"], ["x", 1.0, 2.0]], [(("H1",), ["N|a|b", "x|1|2"], 1)]),
        ([["", "H1", "H2"], ["N", "a", "b"], ["x", 1.0, 2.0]], [((), ["|H1|H2", "N|a|b", "x|1|2"], 2)]),
        # an empty row parts tables, unless figures go on under the same columns
        ([["A", "B"], ["x", 1.0], ["", ""], ["C", "D"], ["y", 2.0]], [((), ["A|B", "x|1"], 1), ((), ["C|D", "y|2"], 1)]),
        ([["A", "B"], ["x", 1.0], ["", ""], ["y", 2.0]], [((), ["A|B", "x|1", "y|2"], 1)]),
        # an empty column parts tables only where both sides have labels
        ([["A", "B", "", "C", "D"], ["x", 1.0, "", "y", 2.0]], [((), ["A|B", "x|1"], 1), ((), ["C|D", "y|2"], 1)]),
        ([["A", "B", "", "C", "D"], ["x", 1.0, "", 3.0, 2.0]], [((), ["A|B|C|D", "x|1|3|2"], 1)]),
        ([["A", "", "B"], ["x", "", 1.0]], [((), ["A|B", "x|1"], 1)]),
    ],
)
def test_tables_of_a_sheet(rows, expected):
    assert shape(rows) == expected


def test_a_workbook_sheet_by_sheet():
    document = parse(data_of("stanley-cups.xlsx"), "a.xlsx")
    assert said(document)[:3] == [
        ("title", "Stanley Cups"),
        ("paragraph", "Stanley Cups"),
        ("table", "Team | Location | Stanley Cups\nBlues | STL | 1\nFlyers | PHI | 2\nMaple Leafs | TOR | 13"),
    ]
    assert [one.page for one in document.elements] == [1, 1, 1, 2, 2, 2]
    assert document.elements[2].table is not None
    assert document.elements[2].table.header_rows == 1


def test_an_old_workbook():
    document = parse(data_of("tests-example.xls"), "a.xls")
    assert [text for kind, text in said(document) if kind == "title"] == ["Example Test", "Format Abbr.", "Readme"]
    assert "MC | Multiple Choice\nMA | Multiple Answer" in document.text
    assert document.metadata.created is not None


def test_a_workbook_under_a_password():
    with pytest.raises(DocumentRejected, match="encrypted"):
        parse(data_of("password_protected.xlsx"), "a.xlsx")


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    "cells",
    ['<c r="XFD1048576"/>', '<row r="1048576"><c r="Z1048576"/></row>', '<x:row r="3"/><x:c s="1" r="AAA9000"/>'],
)
def test_a_cell_in_the_last_corner_is_refused_before_memory_is_set_aside(cells):
    with pytest.raises(DocumentRejected, match=r"unsafe.*sheet1.xml spans"):
        parse(zipped({SHEET: f"<sheetData>{cells}</sheetData>"}), "a.xlsx")


def test_an_empty_workbook_has_no_elements():
    assert said(parse(data_of("empty.xlsx"), "a.xlsx")) == []


def test_a_long_sheet_is_one_table_in_linear_time():
    rows = [["id", "name"], *([float(number), f"n{number}"] for number in range(20_000))]
    [table] = tables(rows)
    assert len(table.rows) == 20_001
    assert table.header_rows == 1
