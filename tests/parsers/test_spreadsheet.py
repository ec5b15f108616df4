"""Sheets: where tables end, what heads them, and how values read."""

from datetime import date, datetime, time, timedelta

import pytest

from tests.parsers.binary_files import data_of, parse, typed_texts, zipped
from tests.parsers.xlsx_maker import DATE, PERCENT, PLAIN, TENTHS, M, xlsx
from vouch.parsers.common.merged_cells import filled_down
from vouch.parsers.office.sheet_tables import as_text, tables
from vouch.schemas.errors import DocumentRejected


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
    return [
        (one.captions, ["|".join(row) for row in one.rows], one.header_rows) for one in tables(rows)
    ]


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
        # an empty row parts tables, unless figures go on under the same columns
        (
            [["A", "B"], ["x", 1.0], ["", ""], ["C", "D"], ["y", 2.0]],
            [((), ["A|B", "x|1"], 1), ((), ["C|D", "y|2"], 1)],
        ),
        ([["A", "B"], ["x", 1.0], ["", ""], ["y", 2.0]], [((), ["A|B", "x|1", "y|2"], 1)]),
        # an empty column parts tables only where both sides have labels
        (
            [["A", "B", "", "C", "D"], ["x", 1.0, "", "y", 2.0]],
            [((), ["A|B", "x|1"], 1), ((), ["C|D", "y|2"], 1)],
        ),
        ([["A", "B", "", "C", "D"], ["x", 1.0, "", 3.0, 2.0]], [((), ["A|B|C|D", "x|1|3|2"], 1)]),
        ([["A", "", "B"], ["x", "", 1.0]], [((), ["A|B", "x|1"], 1)]),
    ],
)
def test_tables_of_a_sheet(rows, expected):
    assert shape(rows) == expected


def test_a_workbook_sheet_by_sheet():
    document = parse(data_of("stanley-cups.xlsx"), "a.xlsx")
    assert typed_texts(document)[:3] == [
        ("title", "Stanley Cups"),
        ("paragraph", "Stanley Cups"),
        (
            "table",
            "Team | Location | Stanley Cups\nBlues | STL | 1\nFlyers | PHI | 2\nMaple Leafs | TOR | 13",
        ),
    ]
    assert [one.page for one in document.elements] == [1, 1, 1, 2, 2, 2]
    assert document.elements[2].table is not None
    assert document.elements[2].table.header_rows == 1


def test_an_old_workbook():
    document = parse(data_of("tests-example.xls"), "a.xls")
    assert [text for kind, text in typed_texts(document) if kind == "title"] == [
        "Example Test",
        "Format Abbr.",
        "Readme",
    ]
    assert "MC | Multiple Choice\nMA | Multiple Answer" in document.text
    assert document.metadata.created is not None


def test_a_workbook_under_a_password():
    with pytest.raises(DocumentRejected, match="encrypted"):
        parse(data_of("password_protected.xlsx"), "a.xlsx")


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    "cells",
    [
        '<c r="XFD1048576"/>',
        '<row r="1048576"><c r="Z1048576"/></row>',
        '<x:row r="3"/><x:c s="1" r="AAA9000"/>',
    ],
)
def test_a_cell_in_the_last_corner_is_refused_before_memory_is_set_aside(cells):
    with pytest.raises(DocumentRejected, match=r"unsafe.*sheet1.xml spans"):
        parse(zipped({SHEET: f"<sheetData>{cells}</sheetData>"}), "a.xlsx")


def test_more_texts_than_bytes_are_refused_before_memory_is_set_aside():
    with pytest.raises(DocumentRejected, match=r"unsafe.*99,999,999,999 texts"):
        parse(
            zipped({"xl/sharedStrings.xml": '<sst count="9" uniqueCount="99999999999"/>'}), "a.xlsx"
        )


def test_an_empty_workbook_has_no_elements():
    assert typed_texts(parse(data_of("empty.xlsx"), "a.xlsx")) == []


def test_a_long_sheet_is_one_table_in_linear_time():
    rows = [["id", "name"], *([float(number), f"n{number}"] for number in range(20_000))]
    [table] = tables(rows)
    assert len(table.rows) == 20_001
    assert table.header_rows == 1


def said_of(**arguments) -> list[str]:
    return [text for _, text in typed_texts(parse(xlsx(**arguments), "a.xlsx"))]


@pytest.mark.parametrize("first", [(1, 1), (4, 3)])
def test_a_merged_label_is_told_in_each_row(first):
    rows = [["Region", "Shop", "n"], ["North", "a", 1], [None, "b", 2], ["South", "c", 3]]
    place = {(1, 1): "A2:A3", (4, 3): "C5:C6"}[first]
    texts = said_of(sheets={"S": rows}, merges=place, first=first)
    assert texts == ["S", "Region | Shop | n\nNorth | a | 1\nNorth | b | 2\nSouth | c | 3"]


def test_a_name_over_several_columns_stands_once():
    rows = [["Team", "Goals", None], [None, "home", "away"], ["x", 1, 2]]
    assert (
        said_of(sheets={"S": rows}, merges="B1:C1")[1]
        == "Team | Goals | \n | home | away\nx | 1 | 2"
    )


def test_a_merge_past_the_rows_that_are_used_makes_no_rows():
    assert said_of(sheets={"S": [["A", "B"], ["x", 1]]}, merges="A2:A900000")[1] == "A | B\nx | 1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((0.25, PERCENT), "25%"),
        ((0.125, PERCENT), "13%"),
        ((0.0333, TENTHS), "3.3%"),
        ((1, PERCENT), "100%"),
        ((-0.5, TENTHS), "-50.0%"),
        ((0.25, PLAIN), "0.25"),
        ((45000, DATE), "2023-03-15"),
    ],
)
def test_figures_are_shown_as_in_excel(value, text):
    assert said_of(sheets={"S": [["A", "B"], ["x", value]]})[1] == f"A | B\nx | {text}"


def test_percentages_are_figures_below_a_header():
    document = parse(xlsx(sheets={"S": [["A", "B"], [(0.1, PERCENT), (0.2, PERCENT)]]}), "a.xlsx")
    assert document.elements[1].table is not None
    assert document.elements[1].table.header_rows == 1


def test_hidden_sheets_are_read_and_told():
    document = parse(xlsx({"Seen": [["a"]], "Kept": [["b"]]}, hidden="Kept"), "a.xlsx")
    assert [text for _, text in typed_texts(document)] == ["Seen", "a", "Kept", "b"]
    assert ("hidden_sheets", "Kept") in document.metadata.extra


NOTES = (
    f'<comments xmlns="{M}"><authors><author>Ann</author></authors><commentList><comment ref="B2" authorId="0">'
    "<text><r><t>Ann:</t></r><r><t>\nsure?</t></r></text></comment></commentList></comments>"
)
THREAD = '<ThreadedComments><threadedComment ref="%s" personId="{1}"><text>Is it?</text></threadedComment></ThreadedComments>'
PEOPLE = '<personList><person id="{1}" displayName="Bob"/></personList>'
BOX = '<d:wsDr xmlns:d="d" xmlns:a="a"><d:sp><d:txBody><a:p><a:r><a:t>In a</a:t></a:r><a:r><a:t> box</a:t></a:r></a:p></d:txBody></d:sp></d:wsDr>'


@pytest.mark.parametrize(
    ("parts", "texts"),
    [
        ({"comments1": ("comments", NOTES)}, ["Comment on B2 (Ann): sure?"]),
        (
            {"comments1": ("comments", NOTES), "threads1": ("threadedComment", THREAD % "B2")},
            ["Comment on B2 (Bob): Is it?"],
        ),
        (
            {"comments1": ("comments", NOTES), "threads1": ("threadedComment", THREAD % "C3")},
            ["Comment on C3 (Bob): Is it?", "Comment on B2 (Ann): sure?"],
        ),
        ({"drawing1": ("drawing", BOX)}, ["In a box"]),
    ],
)
def test_what_hangs_on_a_sheet_follows_its_tables(parts, texts):
    assert said_of(sheets={"S": [["A", "B"], ["x", 1]]}, parts=parts, people=PEOPLE)[2:] == texts


def test_ranges_without_end_are_given_up():
    rows = [["a", 1] for _ in range(3000)]
    merges = [(0, 1, 2999, 1)] * 3000
    assert len(filled_down(rows, merges)) == 3000
