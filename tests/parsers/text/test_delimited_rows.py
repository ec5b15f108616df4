"""Rows of delimited text, also where quotation marks are missing or too many."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.parsers.text.csv_dialect import STAND_IN, Dialect
from vouch.parsers.text.delimited_rows import read_rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('a,"b ""c"", d"\n', [["a", 'b "c", d']]),
        ('a, "b, c", d\n', [["a", "b, c", "d"]]),
        ('a,"two\nlines"\nb,c\n', [["a", "two\nlines"], ["b", "c"]]),
        ("a,b\n1\n1,2,3\n", [["a", "b"], ["1"], ["1", "2", "3"]]),
        ('5",pipe\n6",rod\n', [['5"', "pipe"], ['6"', "rod"]]),
        # One mark too many, at the beginning of a cell.
        ('a,b,c\n1,"x,3\n4,5,6\n', [["a", "b", "c"], ["1", '"x', "3"], ["4", "5", "6"]]),
        ('a,b,c\n1,"x,"y, z"\n4,5,6\n', [["a", "b", "c"], ["1", '"x', "y, z"], ["4", "5", "6"]]),
        ('a,b\n1,""x, y"\n2,3\n', [["a", "b"], ["1", '"x, y'], ["2", "3"]]),
        # One mark too few, at the end of a cell: the rows below are rows.
        ('a,b\n1,"x\n2,3\n4,5\n', [["a", "b"], ["1", '"x'], ["2", "3"], ["4", "5"]]),
        # A cell of several lines is one, even if they look like rows.
        ('a,b\n1,"x\n2,3\n4,y"\n9,0\n', [["a", "b"], ["1", "x\n2,3\n4,y"], ["9", "0"]]),
        ('a,b\n1,"x" y\n', [["a", "b"], ["1", '"x" y']]),
        # A shorter row that is well-formed stays as it is.
        ('a,b,c\n1,"x, y"\n2,3,4\n', [["a", "b", "c"], ["1", "x, y"], ["2", "3", "4"]]),
    ],
)
def test_rows_are_read(text: str, rows: list[list[str]]):
    assert read_rows(text, Dialect(",")) == rows


def test_delimiters_of_two_characters_and_other_marks_are_read():
    assert read_rows("a||'b||c'||d|e\n", Dialect("||", "'")) == [["a", "b||c", "d|e"]]
    assert read_rows('a,"b \\"c\\", d"\n', Dialect(",", backslash=True)) == [["a", 'b "c", d']]
    assert read_rows('"a, b"\nc, d\n', Dialect(STAND_IN)) == [["a, b"], ["c, d"]]


@given(st.text(st.sampled_from("ab \",'\n"), max_size=60))
def test_nothing_but_marks_blanks_and_delimiters_is_lost(text: str):
    rows = read_rows(text, Dialect(","))
    read = "".join(cell for row in rows for cell in row)
    assert sorted(read.translate(str.maketrans("", "", " \",'\n"))) == sorted(
        text.translate(str.maketrans("", "", " \",'\n"))
    )


@given(
    st.lists(
        st.lists(
            st.text(st.sampled_from('ab ,"\n'), max_size=6).map(str.strip), min_size=2, max_size=4
        ),
        min_size=1,
        max_size=8,
    )
)
def test_well_formed_rows_of_any_length_are_read_as_they_were_written(rows: list[list[str]]):
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    expected = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    assert read_rows(stream.getvalue(), Dialect(",")) == expected


def test_many_stray_marks_take_no_quadratic_time():
    rows = read_rows("a,b,c\n" + '1,"x,3\n' * 20_000, Dialect(","))
    assert len(rows) == 20_001
