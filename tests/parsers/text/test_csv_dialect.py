"""Dialects of delimited text: which one a text is written in."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.parsers.text.csv_dialect import (
    STAND_IN,
    Dialect,
    detect_dialect,
    is_figure,
    without_directive,
)


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("name,age\nAda,36\n", ","),
        ("name;price\nApfel;1,50\nBirne;2,75\n", ";"),
        ("a\tb, c\n1\tx, y\n2\tz\n", "\t"),
        ("id|text\n1|one, two; three\n2|four\n", "|"),
        ("a||b||c\n1||x, y||2\n3||z||4\n", "||"),
        ("a\t\tb\t\tc\n1\t\tx\t\t2\n", "\t\t"),
        ("1::Ann::2\n2::Bo::3\n", "::"),
        ("id~name~city\n1~Ann, B~Oslo\n2~Bo~Bergen\n", "~"),
        ("id^name^city\n1^Ann^Oslo\n2^Bo^Bergen\n", "^"),
        ("root:x:0:/root\ndaemon:x:1:/usr\n", ":"),
        ('time level text\n00:00 info "crane starts"\n00:05 warn "wind is up"\n', " "),
        ("name   size  n\nfoo      12  3\nbarbar    1  4\n", " "),
        ("start,end\n12:30,13:45\n09:00,10:15\n", ","),
        ("a,,c\n,,\n1,,3\n", ","),
    ],
)
def test_the_delimiter_is_detected(text: str, delimiter: str):
    assert detect_dialect(text, ",").delimiter == delimiter


@pytest.mark.parametrize(
    "text",
    [
        "John Smith\nJane Doe\nJim Beam\n",
        "One sentence.\nAnother one, with a comma.\nA third: the last.\n",
        "value\n1.5\n",
        "2024-01-01\n2024-01-02\n",
    ],
)
def test_lines_of_one_cell_have_no_delimiter(text: str):
    assert detect_dialect(text, ",").delimiter == STAND_IN


def test_of_equals_the_usual_delimiter_is_chosen():
    assert detect_dialect("a,b\tc\nx,y\tz\n", "\t").delimiter == "\t"
    assert detect_dialect("a,b\tc\nx,y\tz\n", ",").delimiter == ","


@pytest.mark.parametrize(
    ("text", "quote", "backslash"),
    [
        ('a,b\n1,"x, y"\n', '"', False),
        ("a,b\n1,'x, y'\n2,'z'\n", "'", False),
        ("a,b\n1,it's\n2,'tis\n", '"', False),
        ('a,b\n1,"says \\"late\\", but near"\n', '"', True),
        ('a,b\n"C:\\dir\\",5\n"D:\\x\\",6\n', '"', False),
        ('a,b\n1,"says ""late"", but near"\n', '"', False),
    ],
)
def test_quotation_marks_and_their_escape_are_detected(text: str, quote: str, backslash: bool):
    dialect = detect_dialect(text, ",")
    assert (dialect.quote, dialect.backslash) == (quote, backslash)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1,234.50", True),
        ("1.234,50", True),
        ("-5 %", True),
        ("$3", True),
        ("1e-5", True),
        ("28/01/2018", True),
        ("2018-01-28T05:06:07Z", True),
        ("5:30 PM", True),
        ("https://x.org/a", True),
        ("ada@x.org", True),
        ("Q1", False),
        ("two", False),
        ("", False),
        ("1" * 500, False),
    ],
)
def test_figures_are_numbers_dates_times_and_links(cell: str, expected: bool):
    assert is_figure(cell) is expected


def test_the_delimiter_that_excel_names_is_used():
    assert without_directive("sep=;\na;b\n") == ("a;b\n", ";")
    assert without_directive("a;b\n") == ("a;b\n", None)


CELLS = st.text(st.sampled_from("abcdef 12,;\"'\n"), max_size=8).map(str.strip)


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=3, max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_a_file_in_which_every_cell_is_quoted_is_read_as_it_was_written(
    rows: list[list[str]], delimiter: str
):
    stream = io.StringIO()
    names = ["first", "second", "third"]
    csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [names, *rows]
    )
    assert detect_dialect(stream.getvalue(), ",") == Dialect(delimiter)
