"""RTF: notes, characters, lists and tables as their writers tell them."""

import time

import pytest

from tests.parsers.pandoc_documents import pieces, rows
from vouch.parsers.base import Hint
from vouch.parsers.pandoc.parser import parse
from vouch.parsers.pandoc.rtf_markers import with_marks as marked
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, ElementType


def rtf(body: bytes) -> Document:
    return parse(rb"{\rtf1\ansi " + body + b"}", Hint("a.rtf", "text/rtf"))


def test_rtf_keeps_emoji_and_footnotes_and_is_told_broken_where_a_note_does_not_end():
    note = rb"{\footnote \pard\plain {\super \chftn} The {\i note}.}"
    document = parse(
        rb"{\rtf1\ansi One"
        + note
        + rb" \u-10179?\u-8704?x \u-10179\'3f\u-8704\'3f y.\par Two.\par}",
        Hint("a.rtf", "text/rtf"),
    )
    assert document.text == "One 😀x 😀 y.\n\nTwo.\n\nThe note."
    with pytest.raises(DocumentRejected, match="malformed"):
        parse(rb"{\rtf1 a{\footnote unclosed", Hint("a.rtf", "text/rtf"))


def test_rows_of_rtf_that_share_a_definition_are_rows():
    table = rb"{\rtf1 {\trowd\cellx1\cellx2\pard\intbl a\cell b\cell\row\pard\intbl c\cell d\cell\row}\pard End.\par}"
    assert parse(table, Hint("a.rtf", "text/rtf")).text == "a | b\nc | d\n\nEnd."


LISTED = rb"\pard\li720\fi-360\ls1\ilvl%d "


@pytest.mark.parametrize(
    ("body", "items"),
    [
        (
            LISTED % 0
            + rb"{\listtext\pard\'b7\tab}One\par "
            + LISTED % 1
            + rb"{\listtext o\tab}Two\par",
            ["- One", "  - Two"],
        ),
        (
            rb"{\listtext\pard 1.\tab}" + LISTED % 0 + rb"One\par{\listtext\pard 2.\tab}Two\par",
            ["- 1. One", "- 2. Two"],
        ),
        (
            rb"{\pntext\f0\'B7\tab}{\*\pn\pnlvlblt{\pntxtb\'B7}}\li360 One\par \pard Not.\par",
            ["- One"],
        ),
        (LISTED % 0 + rb"One\par " + LISTED % 2 + rb"Two\par", ["- One", "    - Two"]),
        (
            rb"\pard\li360\fi-360\bullet\tab One\par\pard\li700\fi-360 -\tab Two\par\pard\li360\fi-360\'95\tab {\b Three}\par",
            ["- One", "  - Two", "- Three"],
        ),
        (
            rb"\pard\li360\fi-360 (a)\tab One\par\pard\fi-360 Hung\tab not an item\par",
            ["- (a) One"],
        ),
        (rb"\pard\ls1\outlinelevel0{\listtext 1.1\tab}Heading\par\pard\ls0 Text\par", []),
    ],
)
def test_items_of_lists(body: bytes, items: list[str]):
    document = rtf(body)
    assert pieces(document, ElementType.LIST_ITEM) == items
    assert not any("\ue000" <= character <= "\uf8ff" for character in document.text)


def test_a_numbered_heading_keeps_its_number():
    document = rtf(rb"\pard\ls1\outlinelevel0{\listtext 1.1\tab}Heading\par\pard Text\par")
    assert pieces(document, ElementType.TITLE) == ["1.1 Heading"]


def test_a_list_before_a_table_stays_there():
    document = rtf(
        rb"Before\par"
        + LISTED % 0
        + rb"{\listtext\bullet\tab}One\par\trowd\cellx9\cellx20\pard\intbl a\cell b\cell\row\pard End\par"
    )
    assert document.text == "Before\n\n- One\n\na | b\n\nEnd"


def test_a_cell_that_belongs_to_the_one_above_says_what_that_says():
    def row(kind: bytes, first: bytes, second: bytes) -> bytes:
        return rb"\trowd%s\cellx9\cellx20\pard\intbl %s\cell %s\cell\row " % (kind, first, second)

    document = rtf(
        row(b"", b"A", b"B")
        + row(rb"\clvmgf", b"label", b"1")
        + row(rb"\clvmrg", b"", b"2")
        + row(b"", b"", b"3")
    )
    assert rows(document) == [["A", "B"], ["label", "1"], ["label", "2"], ["", "3"]]


@pytest.mark.parametrize(
    "body",
    [
        rb"{\listtext " + rb"\'b7" * 200_000 + rb"}x\par",
        rb"\li9\fi-9 " + rb"-\tab " * 50_000,
        (rb"\li9\fi-9 -" + b" {}" * 20 + rb"x\par ") * 3_000,
        rb"{\listtext" * 5_000,
        rb"\trowd" + rb"\clvmrg\cellx1" * 20_000 + rb"\pard\intbl" + rb"\cell" * 20_000 + rb"\row",
    ],
)
def test_hostile_lists_take_no_long_time(body: bytes):
    begun = time.process_time()
    marks = marked(rb"{\rtf1 " + body + b"}")
    assert time.process_time() - begun < 5
    assert marks
