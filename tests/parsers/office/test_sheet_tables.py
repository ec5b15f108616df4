"""Tables of a sheet: where they end, which rows are headers, and how values are shown."""

from datetime import date, datetime, time, timedelta

import pytest

from tests.parsers.binary_files import parse
from tests.parsers.office.xlsx_writer import xlsx
from vouch.parsers.office.sheets.tables import as_text, tables


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
def test_values_are_shown_as_in_excel(cell, text):
    assert as_text(cell) == text


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
        (
            [["", "H1", "H2"], ["N", "a", "b"], ["x", 1.0, 2.0]],
            [((), ["|H1|H2", "N|a|b", "x|1|2"], 2)],
        ),
        # An empty row separates tables, except where figures continue under the same columns.
        (
            [["A", "B"], ["x", 1.0], ["", ""], ["C", "D"], ["y", 2.0]],
            [((), ["A|B", "x|1"], 1), ((), ["C|D", "y|2"], 1)],
        ),
        ([["A", "B"], ["x", 1.0], ["", ""], ["y", 2.0]], [((), ["A|B", "x|1", "y|2"], 1)]),
        # An empty column separates tables only where both sides have labels.
        (
            [["A", "B", "", "C", "D"], ["x", 1.0, "", "y", 2.0]],
            [((), ["A|B", "x|1"], 1), ((), ["C|D", "y|2"], 1)],
        ),
        ([["A", "B", "", "C", "D"], ["x", 1.0, "", 3.0, 2.0]], [((), ["A|B|C|D", "x|1|3|2"], 1)]),
        ([["A", "", "B"], ["x", "", 1.0]], [((), ["A|B", "x|1"], 1)]),
    ],
)
def test_empty_rows_and_columns_separate_the_tables_of_a_sheet(rows, expected):
    read = [
        (table.captions, ["|".join(row) for row in table.rows], table.header_rows)
        for table in tables(rows)
    ]
    assert read == expected


def test_a_long_sheet_is_one_table():
    rows = [["id", "name"], *([float(number), f"n{number}"] for number in range(5_000))]
    [table] = tables(rows)
    assert (len(table.rows), table.header_rows) == (5_001, 1)


def header_rows_of(*rows, **options) -> list[int]:
    document = parse(xlsx({"S": rows}, **options), "a.xlsx")
    return [element.table.header_rows for element in document.elements if element.table]


JANUARY, FEBRUARY = 45292, 45323
MONTH, DAY, YEAR = "mmm yy", "yyyy-mm-dd", "yyyy"


@pytest.mark.parametrize(
    "names",
    [
        ["Item", (JANUARY, MONTH), (FEBRUARY, MONTH)],
        ["Item", (JANUARY, DAY), (FEBRUARY, DAY)],
        [None, (JANUARY, YEAR), (JANUARY + 366, YEAR)],
        ["Item", 2023, 2024],
        ["Item", "2023", "2024"],
        ["Item", (0.25, "h:mm"), (0.5, "h:mm")],
        ["Item", (0.05, "0%"), (0.1, "0%")],
        ["Item", 1, 2, 3],
        [None, "Q1", "Q2"],
    ],
)
def test_dates_years_shares_and_counts_name_columns(names) -> None:
    below = [["rent", 100, 120, 7], ["food", 50, 60, 9]]
    assert header_rows_of(names, *(row[: len(names)] for row in below)) == [1]


@pytest.mark.parametrize(
    "rows",
    [
        [["rent", 100, 120], ["food", 50, 60], ["fuel", 7, 8]],
        [["a", (JANUARY, DAY), (FEBRUARY, DAY)], ["b", (JANUARY, DAY), (FEBRUARY, DAY)]],
        [[(JANUARY, DAY), 5, 6], [(FEBRUARY, DAY), 7, 8]],
        [["Start", (JANUARY, DAY)], ["Total", 100]],
        [[1, 2, 3], [4, 5, 6]],
    ],
)
def test_figures_like_those_below_name_no_columns(rows) -> None:
    assert header_rows_of(*rows) == [0]


TABLE = '<table xmlns="m" ref="A{}:B{}" {}><tableColumns/></table>'
TEXTS = [["Name", "Name"], ["Ann", "Rome"], ["Bob", "Oslo"]]


@pytest.mark.parametrize(
    ("table", "rows", "expected"),
    [
        (TABLE.format(1, 3, ""), TEXTS, [1]),
        (TABLE.format(1, 3, 'headerRowCount="0"'), TEXTS, [0]),
        (TABLE.format(2, 4, ""), [["All", "members"], *TEXTS], [2]),
        (TABLE.format(90, 99, ""), TEXTS, [0]),
        (TABLE.format(0, 0, ""), TEXTS, [0]),
    ],
)
def test_names_that_a_file_declares_are_headers(table, rows, expected) -> None:
    assert header_rows_of(*rows, parts={"table1": ("table", table)}) == expected
