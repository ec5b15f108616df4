"""Descriptions within a document: marked, at their places, and all spans still right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.binary_files import table_rows, typed_texts
from tests.parsers.proofs import links, prove
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.captions import MAX_CHARS, Caption, with_captions
from vouch.parsers.common.links import Linked
from vouch.schemas.documents.records import Document


def document() -> Document:
    builder = DocumentBuilder()
    builder.page = 1
    builder.title("Stations")
    builder.list_item("north")
    builder.list_item("south")
    builder.table([["Name", "Bar"], ["north", "12"]], header_rows=1)
    builder.paragraph(Linked("See the manual.", [(8, 14, "https://a.example/manual")]))
    return builder.build()


@pytest.mark.parametrize(
    ("after", "above", "below"),
    [
        (0, "", "\n\nStations"),
        (1, "Stations\n\n", "\n\n- north\n- south"),
        (2, "- north\n\n", "\n\n- south"),
        (5, "See the manual.\n\n", ""),
    ],
)
def test_a_description_is_an_element_between_others(after: int, above: str, below: str):
    described = with_captions(document(), [Caption("A pump.", after, 1, ("Stations",))])
    assert f"{above}[Figure: A pump.]{below}" in described.text
    assert typed_texts(described)[after] == ("figure", "[Figure: A pump.]")
    assert described.elements[after].heading_path == ("Stations",)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.text(min_size=1).filter(lambda text: text.strip())),
        max_size=4,
    )
)
def test_all_spans_are_right_whatever_is_described(places: list[tuple[int, str]]):
    whole = document()
    described = with_captions(whole, [Caption(text, after, 1, ()) for after, text in places])
    prove(described)
    own = [each for each in typed_texts(described) if not each[1].startswith("[Figure: ")]
    assert own == typed_texts(whole)
    assert links(described) == links(whole)
    assert table_rows(described) == table_rows(whole)


def test_a_description_is_one_line_and_bounded():
    described = with_captions(document(), [Caption("a\nb\x1b[31m " + "c" * 9_000, 5, None, ())])
    text = described.text[described.elements[-1].char_start :]
    assert "\n" not in text
    assert "\x1b" not in text
    assert len(text) <= MAX_CHARS + len("[Figure: ]")
