"""RTF: notes, characters, lists and merged cells, which pandoc drops."""

import time
from collections.abc import Callable

import pytest

from tests.parsers.binary_files import table_rows, texts_of
from tests.parsers.pandoc.pandoc_documents import parsed
from vouch.parsers.pandoc.rtf_markers import with_marks
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, ElementType


def rtf(body: bytes) -> Document:
    return parsed(rb"{\rtf1\ansi " + body + b"}", "rtf")


def test_footnotes_are_kept_after_the_text():
    note = rb"{\footnote \pard\plain {\super \chftn} The {\i note}.}"
    assert rtf(rb"One" + note + rb" word.\par Two.\par").text == "One word.\n\nTwo.\n\nThe note."


def test_an_emoji_and_the_character_after_its_fallback_are_kept():
    body = rb"\u-10179?\u-8704?x \u-10179\'3f\u-8704\'3f y.\par"
    assert rtf(body).text == "😀x 😀 y."


def test_a_note_that_does_not_end_is_malformed():
    with pytest.raises(DocumentRejected, match="malformed"):
        parsed(rb"{\rtf1 a{\footnote unclosed", "rtf")


def test_rows_that_share_a_definition_are_rows():
    table = (
        rb"{\trowd\cellx1\cellx2\pard\intbl a\cell b\cell\row"
        rb"\pard\intbl c\cell d\cell\row}\pard End.\par"
    )
    assert rtf(table).text == "a | b\nc | d\n\nEnd."


LISTED = rb"\pard\li720\fi-360\ls1\ilvl%d "


@pytest.mark.parametrize(
    ("body", "items"),
    [
        pytest.param(
            LISTED % 0
            + rb"{\listtext\pard\'b7\tab}One\par "
            + LISTED % 1
            + rb"{\listtext o\tab}Two\par",
            ["- One", "  - Two"],
            id="bullets",
        ),
        pytest.param(
            rb"{\listtext\pard 1.\tab}" + LISTED % 0 + rb"One\par{\listtext\pard 2.\tab}Two\par",
            ["- 1. One", "- 2. Two"],
            id="numbers",
        ),
        pytest.param(
            rb"{\pntext\f0\'B7\tab}{\*\pn\pnlvlblt{\pntxtb\'B7}}\li360 One\par \pard Not.\par",
            ["- One"],
            id="Word 6",
        ),
        pytest.param(
            LISTED % 0 + rb"One\par " + LISTED % 2 + rb"Two\par",
            ["- One", "    - Two"],
            id="a level is left out",
        ),
        pytest.param(
            rb"\pard\li360\fi-360\bullet\tab One\par\pard\li700\fi-360 -\tab Two\par"
            rb"\pard\li360\fi-360\'95\tab {\b Three}\par",
            ["- One", "  - Two", "- Three"],
            id="bullets typed by hand",
        ),
        pytest.param(
            rb"\pard\li360\fi-360 (a)\tab One\par\pard\fi-360 Hung\tab not an item\par",
            ["- (a) One"],
            id="numbers typed by hand",
        ),
        pytest.param(
            rb"\pard\ls1\outlinelevel0{\listtext 1.1\tab}Heading\par\pard\ls0 Text\par",
            [],
            id="a numbered heading",
        ),
    ],
)
def test_list_items_have_their_depth_and_number(body: bytes, items: list[str]):
    document = rtf(body)
    assert texts_of(document, ElementType.LIST_ITEM) == items
    assert not any("\ue000" <= character <= "\uf8ff" for character in document.text)
    if not items:
        assert texts_of(document, ElementType.TITLE) == ["1.1 Heading"]


def test_a_list_before_a_table_stays_there():
    document = rtf(
        rb"Before\par"
        + LISTED % 0
        + rb"{\listtext\bullet\tab}One\par"
        + rb"\trowd\cellx9\cellx20\pard\intbl a\cell b\cell\row\pard End\par"
    )
    assert document.text == "Before\n\n- One\n\na | b\n\nEnd"


def test_a_vertically_merged_cell_is_repeated_in_its_rows():
    def row(kind: bytes, first: bytes, second: bytes) -> bytes:
        return rb"\trowd%s\cellx9\cellx20\pard\intbl %s\cell %s\cell\row " % (kind, first, second)

    document = rtf(
        row(b"", b"A", b"B")
        + row(rb"\clvmgf", b"label", b"1")
        + row(rb"\clvmrg", b"", b"2")
        + row(b"", b"", b"3")
    )
    assert table_rows(document) == [["A", "B"], ["label", "1"], ["label", "2"], ["", "3"]]


def processor_time(body: bytes) -> float:
    times = []
    for _ in range(3):
        start = time.process_time()
        assert with_marks(rb"{\rtf1 " + body + b"}")
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize(
    "body",
    [
        lambda count: rb"{\listtext " + rb"\'b7" * (20 * count) + rb"}x\par",
        lambda count: rb"\li9\fi-9 " + rb"-\tab " * (10 * count),
        lambda count: (rb"\li9\fi-9 -" + b" {}" * 20 + rb"x\par ") * count,
        lambda count: rb"{\listtext" * (10 * count),
        lambda count: (
            rb"\trowd"
            + rb"\clvmrg\cellx1" * (5 * count)
            + rb"\pard\intbl"
            + rb"\cell" * (5 * count)
            + rb"\row"
        ),
    ],
    ids=["a long label", "bullets in a line", "braces after bullets", "open groups", "a wide row"],
)
def test_marks_of_hostile_lists_take_linear_time(body: Callable[[int], bytes]):
    # Ten times the input takes ten times as long, and a hundred times if it were quadratic.
    assert processor_time(body(2_000)) < 40 * processor_time(body(200))
