"""Reading order of the shapes of a slide."""

import pytest

from tests.parsers.office.pptx_writer import TITLE_ONLY, Deck, text_box
from vouch.parsers.office.slides.reading_order import in_reading_order


def test_the_title_comes_first_then_shapes_from_top_to_bottom():
    deck = Deck()
    slide = deck.slide(TITLE_ONLY)
    text_box(slide.shapes, "below", top=5)
    text_box(slide.shapes, "right", left=5, top=2)
    text_box(slide.shapes, "left", top=2)
    slide.shapes.title.text = "Title"
    assert deck.texts() == ["Title", "left", "right", "below"]


@pytest.fixture(scope="module")
def deck() -> Deck:
    return Deck()


@pytest.mark.parametrize(
    ("places", "order"),
    [
        pytest.param(
            {"a": (1, 2.01), "b": (1, 3.5), "c": (5, 2), "d": (5, 3.3)},
            "abcd",
            id="two columns, the right one a little higher",
        ),
        pytest.param(
            {"a": (1, 1), "b": (5, 1.05), "c": (1, 3), "d": (5, 2.95)},
            "abcd",
            id="two rows of cards",
        ),
        pytest.param(
            {"c": (5, 2), "a": (3, 0), "b": (1, 2.1)}, "abc", id="one above all, then columns"
        ),
        pytest.param({"b": (1.5, 1.5), "a": (1, 1)}, "ab", id="overlapping boxes"),
    ],
)
def test_columns_are_read_one_after_the_other_and_cards_row_by_row(deck, places, order):
    slide = deck.slide()
    for text, (left, top) in places.items():
        text_box(slide.shapes, text, left, top)
    assert "".join(shape.text_frame.text for shape in in_reading_order(slide.shapes)) == order
