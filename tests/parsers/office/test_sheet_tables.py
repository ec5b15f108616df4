"""Tables of a sheet: where they end, which rows are headers, and how values are shown."""

from datetime import date, datetime, time, timedelta

import pytest

from vouch.parsers.office.sheet_tables import as_text, tables


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
