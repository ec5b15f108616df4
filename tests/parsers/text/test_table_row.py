"""Rows of tables are read only where a table source declares them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parsers.binary_files import zipped
from vouch.parsers.registry import ROW, parse_fingerprint, parser_of, read
from vouch.schemas.documents.records import Document, ElementType
from vouch.schemas.errors import DocumentRejected
from vouch.sources.tables.renderer import MEDIA_TYPE

TEXT = "First line\nsecond  line\n\n \t\nAnother paragraph\r\n\r\n"


def row(**fields) -> bytes:
    return json.dumps(
        {
            "vouch_row": 1,
            "title": "A\ttitle ",
            "text": TEXT,
            "metadata": {"b": "2", "a": "é\x00"},
            **fields,
        }
    ).encode()


def parsed(data: bytes) -> Document:
    return read(data, "shop.csv#key/id=1", ROW).document


def test_a_row_is_title_paragraphs_and_metadata():
    reading = read(row(), "shop.csv#key/id=1", ROW)
    document = reading.document
    assert (reading.read_by, reading.media_type) == ("row", ROW)
    assert document.metadata.title == "A title"
    assert document.metadata.extra == (("a", "é"), ("b", "2"))
    elements = [
        (element.type, document.text[element.char_start : element.char_end], element.heading_path)
        for element in document.elements
    ]
    assert elements == [
        (ElementType.TITLE, "A title", ()),
        (ElementType.PARAGRAPH, "First line\nsecond line", ("A title",)),
        (ElementType.PARAGRAPH, "Another paragraph", ("A title",)),
    ]


def test_a_row_needs_no_title():
    document = parsed(row(title=None))
    assert document.metadata.title is None
    assert [element.type for element in document.elements] == [ElementType.PARAGRAPH] * 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (row(title=None, text=" \n "), "no_text"),
        (row(metadata={"a": None}), "malformed"),
        (row(metadata={"a": {"b": 1}}), "malformed"),
        (row(metadata={"a": {"time": "soon"}}), "malformed"),
        (row(metadata={"a": [["b"]]}), "malformed"),
        (row(more=1), "malformed"),
        (b"id,name\n1,Pen\n", "malformed"),
        (b" ", "empty"),
    ],
)
def test_data_that_is_no_row_is_rejected(data: bytes, reason: str):
    with pytest.raises(DocumentRejected) as raised:
        parsed(data)
    assert raised.value.reason == reason


@pytest.mark.parametrize("name", ["row.json", "shop.csv#key/id=1", "row", "row.vnd.vouch.row+json"])
def test_a_file_cannot_declare_itself_a_row(name: str):
    reading = read(row(), name)
    assert reading.read_by in ("json", "text")
    assert reading.document.metadata.extra == ()
    assert "vouch_row" in reading.document.text


def test_a_zip_cannot_declare_itself_a_row():
    with pytest.raises(DocumentRejected) as raised:
        read(zipped({"mimetype": ROW, "a.txt": "x"}), "row.zip")
    assert raised.value.reason == "unsupported_type"


def test_sources_and_parsers_use_the_same_media_type():
    assert MEDIA_TYPE == ROW
    assert parser_of(MEDIA_TYPE) == "row"
    assert len(parse_fingerprint("row")) == 16


@given(st.text(), st.text() | st.none(), st.dictionaries(st.text(), st.text()))
def test_any_row_is_read_or_rejected(text: str, title: str | None, metadata: dict[str, str]):
    try:
        document = parsed(row(text=text, title=title, metadata=metadata))
    except DocumentRejected as rejected:
        assert rejected.reason == "no_text"
        return
    assert all(document.text[e.char_start : e.char_end].strip() for e in document.elements)
    json.dumps(document.metadata.extra).encode("utf-8")
    str(document.metadata.extra).encode("utf-8")
