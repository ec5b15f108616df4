"""Delimited text: sentences around a table, rows of units, characters behind a backslash."""

import pytest

from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, ElementType

T = ElementType
PORTS = "port,crane,note\nBergen,3,late\nOslo,5,on time\nVoss,2,early\n"


def only_table(document: Document) -> tuple[list[list[str]], int]:
    """Return the cells of the only table, and the number of its header rows."""
    (element,) = [element for element in document.elements if element.table]
    assert element.table is not None
    rows = [[document.text[start:end] for start, end in row] for row in element.table.rows]
    return rows, element.table.header_rows


@pytest.mark.parametrize(
    ("preamble", "shown"),
    [
        ("Ports of the north\n", ["Ports of the north"]),
        ("Ports and cranes, 2026\n", ["Ports and cranes, 2026"]),
        (
            "Ports of the north\nAs of 2026-05-01, by Ada\nSource: harbour, customs\n",
            ["Ports of the north", "As of 2026-05-01, by Ada", "Source: harbour, customs"],
        ),
        ("Report\n\nAs of May, by Ada\n\n", ["Report", "As of May, by Ada"]),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_sentences_above_a_table_are_its_title_and_text(
    preamble: str, shown: list[str], delimiter: str
):
    text = (preamble + PORTS).replace(",", delimiter)
    document = parse(text.encode(), "a.csv")
    above = [e for e in document.elements if e.table is None]
    assert [document.text[e.char_start : e.char_end] for e in above] == [
        line.replace(",", delimiter) for line in shown
    ]
    rows, headers = only_table(document)
    assert (rows[0], headers, len(rows)) == (["port", "crane", "note"], 1, 4)


def test_sentences_below_a_table_are_notes():
    document = parse((PORTS + "Note: all in tonnes, and rounded\n").encode(), "a.csv")
    rows, _ = only_table(document)
    assert len(rows) == 4
    assert document.text.endswith("\n\nNote: all in tonnes, and rounded")


@pytest.mark.parametrize(
    "text",
    [
        # Blanks behind all delimiters: the dialect, and no sentences.
        "port, crane, note\nBergen, 3, late\nOslo, 5, on time\n",
        # Lines of a quoted cell.
        'port,crane,note\nBergen,3,"late.\nWell, maybe not\nat all, she said"\nOslo,5,no\n',
        "Ada, the first,3\nBen,4\n",
    ],
)
def test_cells_with_blanks_stay_cells(text: str):
    document = parse(text.encode(), "a.csv")
    assert [element.type for element in document.elements] == [T.TABLE]


@pytest.mark.parametrize(
    ("units", "headers"),
    [
        ("(UTC),(°C),(m/s)", 2),
        ("(UTC),C,m/s", 2),
        (",°C,km/h", 2),
        (",%,m²", 2),
        ("a,na,n/a", 1),
        (",-,-", 1),
        ("total,many,few", 1),
        ("00:00,2,3", 1),
    ],
)
def test_a_row_of_units_is_part_of_the_header(units: str, headers: int):
    text = f"time,temperature,wind\n{units}\n00:30,1.2,3\n01:00,1.4,4\n01:30,1.5,4\n"
    assert only_table(parse(text.encode(), "a.csv"))[1] == headers


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (
            "p,note,n\nBergen,late\\, but near,1\nOslo,on time,2\n",
            ["Bergen", "late, but near", "1"],
        ),
        ('p,note,n\nOslo,"a \\"b\\", c",2\nVoss,x,3\n', ["Oslo", 'a "b", c', "2"]),
        ('p,note,n\nOslo,"a \\"b\\"\\nc",2\nVoss,x,3\n', ["Oslo", 'a "b" c', "2"]),
        ("p\tnote\tn\nOslo\ta\\\tb\\\nc\t2\nVoss\tx\t3\n", ["Oslo", "a b c", "2"]),
        (
            "p;note;n\nOslo;C:\\new\\table\\;2\nVoss;D:\\dir\\;3\n",
            ["Oslo", "C:\\new\\table\\", "2"],
        ),
        ("p||note||n\nOslo||a\\||b||2\nVoss||x||3\n", ["Oslo", "a\\", "b", "2"]),
    ],
)
def test_what_a_backslash_escapes(text: str, row: list[str]):
    name = "a.tsv" if "\t" in text else "a.csv"
    rows, _ = only_table(parse(text.encode(), name))
    assert row in rows
