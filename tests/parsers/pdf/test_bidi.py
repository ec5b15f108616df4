"""Right-to-left text of PDFs, ordered by the places of its characters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.parsers.pdf.text.bidi import in_logical_order

LETTERS = "abcxyzABCÀéñøßŁşабвгЖЮαβγΩאב中文字漢かなカナ한국어กขคअआ0123456789 .,()"


@pytest.mark.parametrize(
    ("text", "places", "expected"),
    [
        ("אבג", [30, 20, 10], "אבג"),
        ("גבא", [10, 20, 30], "אבג"),
        ("אב,", [30, 20, 10], "אב,"),
        ("בא דג", [40, 50, 60, 10, 20], "אב גד"),
        ("אב cd ef גד", [90, 80, 70, 40, 50, 60, 20, 30, 35, 15, 10], "אב ef cd גד"),
        ("אב .12", [90, 80, 70, 40, 50, 60], "אב 12."),
        (
            "say אב to them",
            [10, 20, 30, 35, 50, 40, 55, 60, 70, 75, 80, 90, 100, 110],
            "say אב to them",
        ),
        ("באא", [10, 10, 10], "אאב"),
        ("١٢٣ אב", [10, 20, 30, 40, 60, 50], "אב ١٢٣"),
    ],
)
def test_words_and_letters_are_ordered_by_their_places(text, places, expected):
    assert in_logical_order(text, places) == expected


@settings(max_examples=50)
@given(
    st.text(LETTERS, min_size=1, max_size=20).flatmap(
        lambda text: st.tuples(
            st.just(text), st.lists(st.integers(0, 500), min_size=len(text), max_size=len(text))
        )
    )
)
def test_no_letter_is_lost(placed):
    text, places = placed
    ordered = in_logical_order(text, places)
    assert sorted(ordered.replace(" ", "")) == sorted(text.replace(" ", ""))
