"""A damaged line of JSON lines, and a JSON text without its end, cost that part alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.parsers.registry import parse
from vouch.schemas.errors import DocumentRejected

ROWS = [
    {"port": "Bergen", "crane": 3},
    {"port": "Oslo", "crane": 5},
    {"port": "Tromsø", "crane": 2},
]
LINES = [json.dumps(row, ensure_ascii=False).encode() for row in ROWS]
ARRAY = json.dumps(ROWS, ensure_ascii=False, indent=1).encode()


@pytest.mark.parametrize(
    ("name", "data", "words", "damaged"),
    [
        ("a.ndjson", b"\n".join([LINES[0], b'{"port": "Os', *LINES[2:]]), "Tromsø", ["line 2"]),
        ("a.jsonl", b"\n".join([*LINES, b'{"port": "Voss", "cr']), "Tromsø", ["line 4"]),
        ("a.ndjson", b"\r\n".join([b"# a comment", *LINES]), "Tromsø", ["line 1"]),
        (
            "a.ndjson",
            b"\n".join([LINES[0], b'{"port": "Troms\xf8"}', LINES[1]]),
            "Oslo",
            ["line 2"],
        ),
        ("a.ndjson", b"\n".join([LINES[0], b"[" * 9999, LINES[1]]), "Oslo", ["line 2"]),
        ("a.ndjson", b"\n".join([LINES[0], b'{"x": NaN}', LINES[1]]), "Oslo", ["line 2"]),
        ("a.ndjson", b"\xef\xbb\xbf" + b"\n".join(LINES), "Tromsø", []),
        ("a.ndjson", json.dumps(ROWS[0], indent=1).encode() + b"\n" + LINES[1], "Oslo", []),
        ("a.json", ARRAY[:-30], "Oslo", ["end"]),
        ("a.json", b'{"page": 1, "items": ' + ARRAY[:-20], "Oslo", ["end"]),
        ("a.json", ARRAY[:-1], "Tromsø", ["end"]),
    ],
)
def test_what_is_whole_is_read(name: str, data: bytes, words: str, damaged: list[str]):
    document = parse(data, name)
    assert "Bergen" in document.text
    assert words in document.text
    assert [part.name for part in document.damaged] == damaged


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b'[{"a": 1}, {"a": 2}, {"a" 3}, {"a": 4'),  # wrong before the cut
        ("a.json", b'[{"a": 1}, {"a": 2}] and more'),
        ("a.json", b'{"a": 1, "b": '),  # nothing in it is whole
        ("a.json", b'[{"a": 1}, {"a": 2}}'),
        ("a.ndjson", b"no json\nat all\n"),
    ],
)
def test_what_is_no_json_is_rejected(name: str, data: bytes):
    with pytest.raises(DocumentRejected):
        parse(data, name)


def test_many_damaged_lines_are_counted():
    document = parse(b"\n".join([LINES[0], *[b"{"] * 500]), "a.ndjson")
    assert len(document.damaged) == 101
    assert document.damaged[-1].name == "400 more"


@given(st.integers(0, len(ARRAY) - 1))
def test_a_cut_anywhere_loses_the_end_alone(place: int):
    """Each row before the cut is read, once two of them are whole."""
    if (whole := ARRAY[:place].count(b"}")) >= 2:
        text = parse(ARRAY[:place], "a.json").text
        assert all(row["port"] in text for row in ROWS[:whole])
