"""Delimited text: tables with their headers, and the lines of text above and below them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parsers.proofs import elements_of, prove
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, ElementType

T = ElementType


def header_rows(document: Document) -> list[int]:
    return [element.table.header_rows for element in document.elements if element.table]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("name,age\nAda,36\n", 1),
        ("1,Ann,2020-01-01\n2,Bo,2020-01-02\n", 0),
        ("Region,2020,2021\nNorth,3,4\nSouth,5,6\n", 1),
        (",2020,2021\nNorth,3,4\nSouth,5,6\n", 1),
        ("name,1999\nBo,2005\n", 0),
        (",name,value\n0,item,5\n1,item,7\n", 1),
        ("Region,2020-01-31,2020-02-29\nNorth,3,4\n", 1),
        ("Plate,1,2,3\nA,0.1,0.2,0.3\nB,0.3,0.2,0.1\n", 1),
        ("id,100022,100025\na,TRUE,FALSE\nb,TRUE,TRUE\n", 1),
        ("id,name,name\n1,London,Britain\n2,Oslo,Norway\n", 1),
        ("Minister,Date,Purpose,,\nA. Smith,Oct-14,Gaza,,\nB. Jones,Nov-14,Oslo,,\n", 1),
        (",2019,,2020,\nRegion,Q1,Q2,Q1,Q2\nNorth,1,2,3,4\nSouth,1,2,3,4\n", 2),
        ("Person,,Address,\nFirst,Last,Street,City\nAnn,Smith,High St,Oslo\n", 2),
        ("a,b\na,b\n1,2\n3,4\n", 2),
        ("a,b\n", 0),
        ("name\nAnn Smith\nBo Berg\n", 1),
        ("1.5\n2.5\n", 0),
    ],
)
def test_rows_that_name_columns_are_headers(text: str, count: int):
    assert header_rows(parse(text.encode(), "a.csv")) == [count]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Ports of the north\nAs of May\n\nport,crane\nBergen,3\nOslo,5\n",
            [
                (T.TITLE, "Ports of the north"),
                (T.PARAGRAPH, "As of May"),
                (T.TABLE, "port | crane\nBergen | 3\nOslo | 5"),
            ],
        ),
        (
            "Ports,\nport,crane\nOslo,5\n,\nShips,\nship,length\nAnna,10\n",
            [
                (T.TITLE, "Ports"),
                (T.TABLE, "port | crane\nOslo | 5"),
                (T.TITLE, "Ships"),
                (T.TABLE, "ship | length\nAnna | 10"),
            ],
        ),
        (
            "port,crane\nOslo,5\n\nship,length\nAnna,10\n",
            [(T.TABLE, "port | crane\nOslo | 5"), (T.TABLE, "ship | length\nAnna | 10")],
        ),
        (
            "id,name\n1,a\n\n2,b\n,,\n3,c\n",
            [(T.TABLE, "id | name\n1 | a\n2 | b\n3 | c")],
        ),
        (
            "a,b\n1,2\n3,4\nSource: port office\n",
            [(T.TABLE, "a | b\n1 | 2\n3 | 4"), (T.PARAGRAPH, "Source: port office")],
        ),
        (
            "a,b\n1,2\n\nNote\nAll values are estimates.\n",
            [
                (T.TABLE, "a | b\n1 | 2"),
                (T.PARAGRAPH, "Note"),
                (T.PARAGRAPH, "All values are estimates."),
            ],
        ),
        (
            "Report,,\nModel,TPS\nDate,2020-01-01\nTime,CH1,CH2\n0,1,2\n1,2,3\n",
            [
                (T.TITLE, "Report"),
                (T.TABLE, "Model | TPS\nDate | 2020-01-01"),
                (T.TABLE, "Time | CH1 | CH2\n0 | 1 | 2\n1 | 2 | 3"),
            ],
        ),
        ("name,age\nAnn,5,x\nBo,6,y\n", [(T.TABLE, "name | age\nAnn | 5 | x\nBo | 6 | y")]),
        ("only words\n", [(T.TABLE, "only words")]),
        ("a,,\n1,2,3\n4,5,6\n", [(T.TABLE, "a |  | \n1 | 2 | 3\n4 | 5 | 6")]),
    ],
)
def test_lines_of_text_around_tables_are_no_rows(
    text: str, expected: list[tuple[ElementType, str]]
):
    assert elements_of(parse(text.encode(), "a.csv")) == expected


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("a,ä\n1,2\n".encode("utf-16"), "a | ä\n1 | 2"),
        (b"a,b\r1,2\r3,4\r", "a | b\n1 | 2\n3 | 4"),
        (b"a,b\n1,x\0y\n2,z\n", "a | b\n1 | xy\n2 | z"),
        (b"1\x01Ann\x012\n2\x01Bo\x013\n", "1 | Ann | 2\n2 | Bo | 3"),
        (b"sep=;\na;b\n1;2,5\n", "a | b\n1 | 2,5"),
        (b"\xef\xbb\xbfa;b\n1;2\n", "a | b\n1 | 2"),
        ("wine,year\nChâteau d\x92Or,1991\n".encode(), "wine | year\nChâteau d’Or | 1991"),
        (b"a,b,\n1,2,\n", "a | b | \n1 | 2 | "),
        (b"x," + b"long " * 40_000 + b"\n1,2\n", "x | " + ("long " * 40_000).strip() + "\n1 | 2"),
    ],
)
def test_files_of_other_programs_are_read(data: bytes, text: str):
    assert parse(data, "a.csv").text == text


@given(st.text(st.sampled_from('ab1 ,;"\n|\t'), max_size=80))
def test_any_delimited_text_is_read_with_all_its_letters(text: str):
    if not text.strip() or not (letters := [c for c in text if c in "ab1"]):
        return
    document = parse(text.encode(), "a.csv")
    prove(document)
    assert sorted(c for c in document.text if c in "ab1") == sorted(letters)
