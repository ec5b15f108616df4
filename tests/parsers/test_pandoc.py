"""What pandoc reads, whatever the format: Org as text, ODT, EPUB and RTF made by pandoc itself from one document."""

import pytest

from tests.parsers.binary_files import zipped
from tests.parsers.pandoc_documents import MEDIA_TYPES, made, pieces, rows
from vouch.parsers.base import Hint
from vouch.parsers.pandoc.parser import parse
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import ElementType, Reason


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_each_format_keeps_what_it_says(form: str):
    document = parse(made(form), Hint(f"a.{form}", MEDIA_TYPES[form]))
    assert "Leave" in pieces(document, ElementType.TITLE)
    assert "Parents get twenty weeks" in document.text
    assert "Paid in full." in document.text
    assert "https://example.org" not in document.text
    assert "x = 1" in pieces(document, ElementType.CODE)
    assert {"- first", "  - nested", "- second"} <= set(pieces(document, ElementType.LIST_ITEM))
    assert rows(document) == [["name", "age"], ["Ada", "36"]]
    if form != "rtf":
        assert (document.metadata.title, document.metadata.author) == (
            "The Handbook",
            "Ada Lovelace",
        )


def test_org_keeps_formulas_and_drops_what_only_org_reads():
    text = "* Head\n\\begin{align}\na &= b\n\\end{align}\n\n| a | b |\n#+TBLFM: $2=1\n\n#+FILETAGS: :x:\n"
    document = parse(text.encode(), Hint("a.org", "text/x-org"))
    assert document.text == "Head\n\n\\begin{align}\na &= b\n\\end{align}\n\na | b"


@pytest.mark.parametrize("form", ["odt", "epub"])
def test_what_is_broken_is_told_as_such(form: str):
    with pytest.raises(DocumentRejected) as raised:
        parse(made(form)[:-200], Hint(f"a.{form}", MEDIA_TYPES[form]))
    assert raised.value.reason == Reason.MALFORMED


def test_a_bomb_is_refused_before_pandoc_sees_it():
    bomb = zipped({"mimetype": MEDIA_TYPES["odt"], "content.xml": b" " * 20_000_000})
    with pytest.raises(DocumentRejected) as raised:
        parse(bomb, Hint("a.odt", MEDIA_TYPES["odt"]))
    assert raised.value.reason == Reason.UNSAFE


HTML_TABLE = """<table><tr><th>A</th><th>B</th><th>C</th></tr>
<tr><td rowspan="2">label</td><td>b</td><td>1</td></tr><tr><td>d</td><td>2</td></tr>
<tr><td colspan="2">wide</td><td>3</td></tr></table>"""


@pytest.mark.parametrize("form", ["epub", "odt"])
def test_a_label_over_several_rows_is_told_in_each_and_no_column_shifts(form: str):
    document = parse(made(form, HTML_TABLE, "html"), Hint(f"a.{form}", MEDIA_TYPES[form]))
    assert rows(document) == [
        ["A", "B", "C"],
        ["label", "b", "1"],
        ["label", "d", "2"],
        ["wide", "", "3"],
    ]
