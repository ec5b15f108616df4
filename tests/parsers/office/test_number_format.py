"""Numbers, dates and texts as the number formats of spreadsheets show them."""

import io
import math
import re
import zipfile
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.binary_files import data_of, parse, table_rows, zipped
from tests.parsers.office.xlsb_writer import xlsb
from tests.parsers.office.xlsx_writer import xlsx
from vouch.parsers.office.sheets.number_format import number_format, shown_by
from vouch.parsers.registry import read
from vouch.schemas.documents.records import LeftOutKind

ACCOUNTING = '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)'
PHONE = "[<=9999999]###-####;(###) ###-####"
SHORT = '[>=1000000]0.0,,"M";[>=1000]0.0,"K";0'
SHOWN = [
    # identifiers
    ("00000", 2134, "02134"),
    ('"PN-"0000', 42, "PN-0042"),
    ("000-00-0000", 78051120, "078-05-1120"),
    (PHONE, 5551234, "555-1234"),
    (PHONE, 2125551234, "(212) 555-1234"),
    ('"x"0"y"0"z"', 1234, "x123y4z"),
    ("000\\.000", 7, "000.007"),
    # decimals, thousands, scaling
    ("0", 3.14159, "3"),
    ("0", 2.5, "3"),
    ("0.00", 1.005, "1.01"),
    ("0.00", 99.995, "100.00"),
    ("0.##", 5, "5."),
    ("#.##", 0.5, ".5"),
    ("0.0#", 1.25, "1.25"),
    (".00", 12.5, "12.50"),
    ("#,##0", 1234567, "1,234,567"),
    ("#,##0.00", -1234.567, "-1,234.57"),
    ("#,###", 0, ""),
    ("0,000", 12, "0,012"),
    ("0.0,,", 12345678, "12.3"),
    (SHORT, 12345678, "12.3M"),
    (SHORT, 1500, "1.5K"),
    (SHORT, 12, "12"),
    ("0.00", -0.001, "0.00"),
    ("0", 1e21, "1000000000000000000000"),
    # percentages, currencies, signs
    ("0%", 0.125, "13%"),
    ("0.0%", 0.29, "29.0%"),
    ("0.00 %", 0.5, "50.00 %"),
    ("$#,##0.00;-$#,##0.00", -5, "-$5.00"),
    ("#,##0.00 [$€-407]", 1234.5, "1,234.50 €"),
    ("[$USD] #,##0", 12, "USD 12"),
    ("[$-409]#,##0.0", 3, "3.0"),
    (ACCOUNTING, 1234.5, "$ 1,234.50"),
    (ACCOUNTING, -1234.5, "$ (1,234.50)"),
    (ACCOUNTING, 0, "$ -"),
    ("#,##0_);[Red](#,##0)", -81, "(81)"),
    ("+0;-0;0", 7, "+7"),
    # sections and conditions
    ('#,##0;;"–"', 0, "–"),
    ('#,##0;;"–"', -5, ""),
    ("0;-0;;@", 0, ""),
    ('[>100]"big";0', 150, "big"),
    ('[=1]"one";[=2]"two";0', 2, "two"),
    ('[<0]"neg "0;0', -5, "neg 5"),
    # fractions, powers of ten, General
    ("# ?/?", 1.25, "1 1/4"),
    ("# ??/??", 3.14159, "3 1/7"),
    ("# ?/8", 0.75, "6/8"),
    ("?/?", 2.5, "5/2"),
    ("# ?/?", 3, "3"),
    ("0.00E+00", 12345.678, "1.23E+04"),
    ("##0.0E+0", 12345, "12.3E+3"),
    ("0.0E-0", 0.00015, "1.5E-4"),
    ("0.0E+0", 9.99, "1.0E+1"),
    ('General" kg"', 12.5, "12.5 kg"),
    ("General;[Red]-General", -3, "-3"),
]


@pytest.mark.parametrize(("code", "value", "text"), SHOWN)
def test_numbers_are_shown_as_by_spreadsheets(code: str, value: float, text: str) -> None:
    assert " ".join(shown_by(code, value).split()) == text


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ("yyyy", datetime(2024, 3, 31), "2024"),
        ("mmm\\ yy", datetime(2024, 3, 31), "2024-03"),
        ("[$-407]mmmm yyyy;@", datetime(2024, 3, 31), "2024-03"),
        ("dd/mm/yyyy", datetime(2024, 3, 31), None),
        ("d-mmm", datetime(2024, 3, 31), None),
        ("[h]:mm", timedelta(hours=36, minutes=5), "36:05"),
        ("[h]:mm:ss", timedelta(hours=36, minutes=5), None),
        ("[mm]:ss", timedelta(minutes=90), "90:00"),
        ("[s]", timedelta(minutes=2), "120"),
        ("h:mm AM/PM", time(18, 30), "18:30"),
        ("h:mm:ss", time(18, 30, 5), None),
    ],
)
def test_dates_and_times_are_in_iso_notation_as_far_as_they_are_shown(code, value, text) -> None:
    of_code = number_format(code)
    assert (of_code.show(value) if of_code else None) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [("@", None), ('"Ref: "@', "Ref: abc"), ("0;-0;0;@", None), (";;;", ""), ("0.00", None)],
)
def test_texts_are_changed_by_a_section_of_their_own_only(code: str, text: str | None) -> None:
    of_code = number_format(code)
    assert (of_code.show("abc") if of_code else None) == text


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [("m/d/yyyy", 45292, "2024-01-01"), ("mmm-yy", 45292, "2024-01"), ("General", 45292, "45292")],
)
def test_serial_numbers_of_charts_are_dates_where_their_format_says_so(code, value, text) -> None:
    assert shown_by(code, value) == text


@settings(max_examples=200)
@given(
    st.text(alphabet='0#?.,%/E+-;@*_"\\[]$€<>=&1 aghms', max_size=24),
    st.floats() | st.integers(-(10**12), 10**12).map(float),
)
def test_any_code_shows_any_number_as_a_text_of_bounded_length(code: str, value: float) -> None:
    assert len(shown_by(code, value)) < 1000


@given(st.integers(0, 10**12), st.integers(1, 15))
def test_leading_zeros_keep_the_number(value: int, width: int) -> None:
    shown = shown_by("0" * width, value)
    assert int(shown) == value
    assert len(shown) == max(width, len(str(value)))


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_decimals_differ_by_half_a_unit_at_most(value: float, places: int) -> None:
    shown = shown_by("#,##0." + "0" * places if places else "#,##0", value).replace(",", "")
    # A float has fifteen digits, so that the seventh decimal of a billion is none of its own.
    assert math.isclose(float(shown), value, rel_tol=0, abs_tol=0.5 * 10**-places + 1e-6)


ROWS = [
    ["Place", "Code", "Part", "Share", "Paid"],
    ["Pier", (42, "00000"), (7, '"PN-"0000'), (0.075, "0.0%"), (1234.5, "#,##0.00 [$€-407]")],
]
TEXT = "Place | Code | Part | Share | Paid\nPier | 00042 | PN-0007 | 7.5% | 1,234.50 €"


@pytest.mark.parametrize("write", [xlsx, xlsb])
def test_cells_of_workbooks_are_shown_by_their_formats(write) -> None:
    name = f"codes.{write.__name__}"
    assert read(write({"S": ROWS}), name).document.text == f"S\n\n{TEXT}"


def test_cells_of_old_workbooks_are_shown_by_their_formats() -> None:
    document = parse(data_of("formats.xls"), "formats.xls")
    tables = [element for element in document.elements if element.table]
    assert len(tables) == 2  # each on a sheet of its own
    for line in (
        "| 02134",
        "| PN-0042",
        "| 12.5%",
        "| 2024-01-01",
        "| 36:00",
        "| 1 1/4",
        "| x abc",
    ):
        assert document.text.count(line) == 6


def test_what_a_format_hides_is_left_out_and_counted() -> None:
    rows = [["Key", "Value"], ["a", (7, ";;;")], ["b", ("secret", ";;;")], ["c", (0, "0;-0;")]]
    document = parse(xlsx({"S": rows}), "a.xlsx")
    assert table_rows(document) == [["Key", "Value"], ["a", ""], ["b", ""], ["c", ""]]
    (left_out,) = document.left_out
    assert (left_out.kind, left_out.examples) == (LeftOutKind.HIDDEN, ("7", "secret"))


def test_cells_without_a_reference_have_their_formats_too() -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx({"S": ROWS}))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    members[sheet] = re.sub(rb' r="[A-Z]?\d+"', b"", members[sheet])
    assert parse(zipped(members), "a.xlsx").text.endswith(TEXT)
