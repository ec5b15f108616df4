"""Workbooks: sheets, merged cells, percentages, hidden sheets, and passwords."""

import io
import zipfile

import pytest

from tests.parsers.binary_files import data_of, parse, typed_texts
from tests.parsers.office.xlsx_writer import DATE, PERCENT, PLAIN, TENTHS, xlsx
from vouch.schemas.errors import DocumentRejected


def sheet_texts(*rows: list, **options) -> list[str]:
    """Return the texts of a workbook of one sheet."""
    return [text for _, text in typed_texts(parse(xlsx({"S": rows}, **options), "a.xlsx"))]


def test_each_sheet_of_a_workbook_is_a_section():
    document = parse(data_of("stanley-cups.xlsx"), "a.xlsx")
    assert typed_texts(document)[:3] == [
        ("title", "Stanley Cups"),
        ("paragraph", "Stanley Cups"),
        (
            "table",
            "Team | Location | Stanley Cups\nBlues | STL | 1\nFlyers | PHI | 2\n"
            "Maple Leafs | TOR | 13",
        ),
    ]
    assert [element.page for element in document.elements] == [1, 1, 1, 2, 2, 2]
    assert document.elements[2].table is not None
    assert document.elements[2].table.header_rows == 1


def test_a_binary_workbook_is_read():
    document = parse(data_of("tests-example.xls"), "a.xls")
    assert [text for kind, text in typed_texts(document) if kind == "title"] == [
        "Example Test",
        "Format Abbr.",
        "Readme",
    ]
    assert "MC | Multiple Choice\nMA | Multiple Answer" in document.text
    assert document.metadata.created is not None


def test_a_workbook_with_a_password_is_encrypted():
    with pytest.raises(DocumentRejected, match="encrypted"):
        parse(data_of("password_protected.xlsx"), "a.xlsx")


def test_an_empty_workbook_has_no_elements():
    assert typed_texts(parse(data_of("empty.xlsx"), "a.xlsx")) == []


@pytest.mark.parametrize(("first", "merges"), [((1, 1), "A2:A3"), ((4, 3), "C5:C6")])
def test_a_merged_label_is_repeated_in_each_row(first, merges):
    rows = [["Region", "Shop", "n"], ["North", "a", 1], [None, "b", 2], ["South", "c", 3]]
    assert sheet_texts(*rows, merges=merges, first=first) == [
        "S",
        "Region | Shop | n\nNorth | a | 1\nNorth | b | 2\nSouth | c | 3",
    ]


def test_a_name_merged_over_columns_is_not_repeated():
    rows = [["Team", "Goals", None], [None, "home", "away"], ["x", 1, 2]]
    text = sheet_texts(*rows, merges="B1:C1")[1]
    assert text == "Team | Goals | \n | home | away\nx | 1 | 2"


def test_a_merge_past_the_used_rows_adds_none():
    assert sheet_texts(["A", "B"], ["x", 1], merges="A2:A900000")[1] == "A | B\nx | 1"


def test_figures_are_shown_as_in_excel():
    shown = [
        ((0.25, PERCENT), "25%"),
        ((0.125, PERCENT), "13%"),
        ((0.0333, TENTHS), "3.3%"),
        ((1, PERCENT), "100%"),
        ((-0.5, TENTHS), "-50.0%"),
        ((0.25, PLAIN), "0.25"),
        ((45000, DATE), "2023-03-15"),
    ]
    rows = [["x", value] for value, _ in shown]
    expected = "\n".join(f"x | {text}" for _, text in shown)
    assert sheet_texts(["A", "B"], *rows)[1] == f"A | B\n{expected}"


def test_percentages_are_figures_below_a_header():
    rows = [["A", "B"], [(0.1, PERCENT), (0.2, PERCENT)]]
    document = parse(xlsx({"S": rows}), "a.xlsx")
    assert document.elements[1].table is not None
    assert document.elements[1].table.header_rows == 1


def test_hidden_sheets_are_read_and_listed():
    document = parse(xlsx({"Seen": [["a"]], "Kept": [["b"]]}, hidden="Kept"), "a.xlsx")
    assert [text for _, text in typed_texts(document)] == ["Seen", "a", "Kept", "b"]
    assert ("hidden_sheets", ("Kept",)) in document.metadata.extra


def damaged_sheets(data: bytes, *numbers: int) -> bytes:
    """Cut the XML of sheets in half."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(packed, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            is_cut = name in {f"xl/worksheets/sheet{number}.xml" for number in numbers}
            archive.writestr(name, content[: len(content) // 2] if is_cut else content)
    return packed.getvalue()


def test_one_damaged_sheet_does_not_cost_the_others():
    data = xlsx({"First": [["a", "b"]], "Second": [["lost", "too"]], "Third": [["c", "d"]]})
    document = parse(damaged_sheets(data, 2), "a.xlsx")
    assert document.text == "First\n\na | b\n\nThird\n\nc | d"
    assert dict(document.metadata.extra)["damaged_parts"] == ("Second",)
    with pytest.raises(DocumentRejected, match="malformed"):
        parse(damaged_sheets(data, 1, 2, 3), "a.xlsx")
