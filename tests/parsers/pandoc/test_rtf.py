"""RTF: notes, characters, lists, and merged and nested cells, some of which pandoc drops."""

from collections.abc import Callable

import pytest

from tests.parsers.binary_files import table_rows, texts_of
from tests.parsers.pandoc.pandoc_documents import parsed
from vouch.parsers.pandoc.rtf_markers import with_marks
from vouch.schemas.documents.records import Document, ElementType
from vouch.schemas.errors import DocumentRejected


def rtf(body: bytes) -> Document:
    return parsed(rb"{\rtf1\ansi " + body + b"}", "rtf")


@pytest.mark.parametrize("word", [rb"\footnote", rb"\*\footnote", rb"\footnote\ftnalt"])
def test_footnotes_are_kept_after_their_paragraph(word: bytes):
    note = b"{" + word + rb" \pard\plain {\super \chftn} The {\i note}.}"
    assert rtf(rb"One" + note + rb" word.\par Two.\par").text == "One word.\n\nThe note.\n\nTwo."


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
            ["1. One", "2. Two"],
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
            ["(a) One"],
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


def test_a_backslash_before_a_newline_ends_a_paragraph_as_textedit_writes_it():
    first, deeper = rb"\pard\li720\fi-720\ls1\ilvl0 ", rb"\pard\li1440\fi-1440\ls1\ilvl1 "
    bullet = rb"{\listtext\tab\uc0\u8226\tab}"
    body = b"Before\\\n" + first + bullet + b"one\\\n" + bullet + b"two\\\r"
    body += deeper + bullet + b"sub\\\n"
    assert rtf(body).text == "Before\n\n- one\n- two\n  - sub"


def test_bytes_of_a_picture_are_no_text_and_the_rest_is_read_as_ever():
    picture = rb"{\pict\wmetafile8\bin11 \par{x}\u9?y}"
    body = rb"Before {\field{\*\fldinst x}{\fldrslt " + picture + rb"}}after \u8704?x\\bin2 .\par"
    assert rtf(body).text == "Before after ∀x\\bin2 ."


NESTED_ROW = rb"{\*\nesttableprops\trowd\cellx2000\cellx4000\nestrow}{\nonesttables OLD\par}"
INNER = rb"\pard\intbl\itap2 "


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(
            rb"\trowd\cellx5000\pard\intbl\itap1 Above\par"
            + INNER
            + rb"a\nestcell b\nestcell"
            + NESTED_ROW
            + INNER
            + rb"c\nestcell d\nestcell"
            + NESTED_ROW
            + rb"\pard\intbl\itap1 Below\cell\row\pard End\par",
            "Above\n\na b\n\nc d\n\nBelow\n\nEnd",
            id="in the only cell of a row",
        ),
        pytest.param(
            rb"\trowd\cellx5000\cellx9000"
            + INNER
            + rb"a\nestcell b\nestcell"
            + NESTED_ROW
            + rb"\pard\intbl\itap1 Below\cell\pard\intbl Beside\cell\row\pard End\par",
            "a b Below | Beside\n\nEnd",
            id="in one of several cells",
        ),
        pytest.param(
            rb"\trowd\cellx5000"
            + INNER
            + rb"{a\nestcell{\nonesttables\par}}"
            + rb"\pard\intbl\itap3 deep\nestcell "
            + rb"{\*\nesttableprops\trowd\cellx9\nestrow}{\nonesttables\par}"
            + INNER
            + rb"b\nestcell"
            + NESTED_ROW
            + rb"\pard\intbl\itap1 Below\cell\row\pard End\par",
            "a deep\n\nb\n\nBelow\n\nEnd",
            id="three deep",
        ),
    ],
)
def test_tables_within_tables_keep_their_text_row_by_row(body: bytes, text: str):
    assert rtf(body).text == text


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
@pytest.mark.timeout(300)
def test_marks_of_hostile_lists_take_linear_time(body: Callable[[int], bytes]):
    # A second, and hours if the time grew with the square of the input.
    assert with_marks(rb"{\rtf1 " + body(20_000) + b"}")
