"""What is marked in a text, and what is shown of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.reports.page import environment
from vouch.service.pages.marking import excerpt, pieces, visible, words_in
from vouch.service.pages.rendering import ICON
from vouch.service.pages.text_parts import PART, extent, text_part

SPANS = st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60)), max_size=6)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf"]), max_size=50)


@given(text=TEXT, best=st.none() | st.tuples(st.integers(0, 60), st.integers(0, 60)), words=SPANS)
def test_the_pieces_are_the_text_whatever_is_marked(text, best, words):
    cut = pieces(text, best, words)
    assert "".join(piece.text for piece in cut) == visible(text)


@given(text=TEXT, words=SPANS)
def test_exactly_the_spans_are_marked(text, words):
    marked = {place for start, end in words for place in range(max(0, start), min(len(text), end))}
    place = 0
    for piece in pieces(text, words=words):
        for _ in piece.text:  # no character of these is shown by its code
            assert piece.is_word == (place in marked)
            place += 1


@given(text=st.text(max_size=200))
def test_a_text_is_escaped_whatever_is_marked_in_it(text):
    template = '{% from "pieces.html.j2" import text_of %}{{ text_of(pieces) }}'
    marked = pieces(f"<b>{text}&<script>", words=[(0, 2), (4, 9)])
    html = environment(ICON.parents[1] / "templates").from_string(template).render(pieces=marked)
    assert "<b>" not in html
    assert "<script" not in html.replace("<mark>", "").replace("</mark>", "")


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("The notice period is long.", "What is the notice period?", ["notice", "period"]),
        ("Months of notices", "month notice", ["Months", "notices"]),
        ("Set MAX_RETRY_COUNT to 3", "what is MAX_RETRY_COUNT", ["MAX_RETRY_COUNT"]),
        ("Use C# here", "C#", ["C#"]),
        ("the cat", "the", ["the"]),
        ("日本語の文書", "文書", ["文書"]),
        ("Straße und STRASSE", "strasse", ["Straße", "STRASSE"]),
        ("nothing at all", "unrelated", []),
        ("a.b+c", "a.b+c", ["a.b+c"]),
    ],
)
def test_words_of_the_query_are_marked(text: str, query: str, marked: list[str]):
    assert [text[start:end] for start, end in words_in(text, query)] == marked


@given(before=st.integers(0, 900), after=st.integers(0, 900))
def test_an_excerpt_has_the_words_of_the_query(before: int, after: int):
    text = " ".join(["filler"] * before + ["needle"] + ["padding"] * after)
    cut = excerpt(text, "needle")
    assert "needle" in cut
    assert len(cut) <= 900
    kept = cut.removeprefix("… ").removesuffix(" …")
    assert kept in text
    assert cut.startswith("… ") == (not text.startswith(kept))


def test_a_long_text_without_spaces_has_an_excerpt_too():
    assert len(excerpt("語" * 5000, "文書")) <= 700


@given(st.text(max_size=30))
def test_characters_that_reorder_a_text_are_shown_by_their_code(text):
    shown = visible(f"{text}\u202e\u2066\x00")
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00")
    assert shown.endswith("⟨U+202E⟩⟨U+2066⟩⟨U+0000⟩")


@given(
    length=st.integers(0, 5 * PART),
    span=st.tuples(st.integers(0, 6 * PART), st.integers(0, 6 * PART)),
    chosen=st.none() | st.integers(-2, 8),
)
def test_a_part_is_cut_around_the_span(length, span, chosen):
    text = "".join(chr(97 + place % 26) for place in range(length))
    start, end = min(span), max(span)
    first, count = extent(start, end, chosen)
    part = text_part(text[first : first + count], first, length, start, end)
    before, cited, behind = (
        "".join(piece.text for piece in each) for each in (part.before, part.cited, part.behind)
    )
    assert before + cited + behind == text[first : first + count]
    if chosen is None and end <= length and end - start <= PART:
        assert cited == text[start:end]
    numbers = [link.number for link in part.links if not link.gap]
    assert numbers[0] == 1
    assert -(-length // PART) in (0, *numbers)
