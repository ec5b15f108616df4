"""Excerpts are whole words around the best chunk, in any script."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icu4py.breakers import CharacterBreaker

from vouch.index.search.excerpts import excerpt_span

_PIECES = (
    "word ", "a", "don’t ", "straße ", "\n", "  ", ". ", "日本", "東京都に", "ภาษาไทย", "שלום ",
    "مرحبا ", "e\u0301", "க்ஷி", "👩\u200d👧", "🇩🇪", "\u0301", "\u200d", "0123456789" * 5,
)  # fmt: skip
texts = st.lists(st.sampled_from(_PIECES) | st.text(max_size=5), min_size=1).map("".join)


@given(text=texts.filter(bool), data=st.data(), chars=st.integers(1, 60), query=st.text(max_size=8))
def test_it_is_whole_characters_that_contain_the_centre(
    text: str, data: st.DataObject, chars: int, query: str
):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = excerpt_span(text, start, end, chars, query)
    cuts = {0, *accumulate(len(str(part)) for part in CharacterBreaker(text, "root"))}
    assert {first, last} <= cuts
    assert 0 <= first < last <= len(text)
    # One character may be longer than the limit; anything else is not.
    assert last - first <= chars or len([cut for cut in cuts if first < cut < last]) == 0
    if end - start <= chars:
        assert first <= (start + end) // 2 < last
    else:
        assert first < end
        assert last > start


BEFORE, AFTER = "Before it there is this. " * 20, "And after it there is that. " * 20
BEST = "The notice period is three months."


@pytest.mark.parametrize("chars", [60, 100, 300])
def test_the_best_chunk_is_in_the_middle_of_whole_words(chars: int):
    text = BEFORE + BEST + " " + AFTER
    first, last = excerpt_span(text, len(BEFORE), len(BEFORE) + len(BEST), chars)
    shown = text[first:last]
    assert BEST in shown
    assert chars - 25 < len(shown) <= chars
    assert text[first - 1] == " "
    assert text[last] == " "
    around = shown.split(BEST)
    assert abs(len(around[0]) - len(around[1])) < 25


def test_a_chunk_that_does_not_fit_is_shown_around_the_words_of_the_query():
    text = BEFORE + BEST + " " + AFTER
    first, last = excerpt_span(text, 0, len(text), 80, "How long is the NOTICE period?")
    assert "notice period is three months." in text[first:last]
    assert excerpt_span(text, 0, len(text), 80, "!") == excerpt_span(text, 0, len(text), 80)
    assert text[: len("Before it")] == text[slice(*excerpt_span(text, 0, len(text), 80))][:9]


def test_scripts_without_spaces_are_cut_between_words_and_found_in_part():
    text = (
        "東京都に住んでいる人は多い。" * 10
        + "解約の予告期間は三か月です。"
        + "東京都に住んでいる人は多い。" * 10
    )
    first, last = excerpt_span(text, 0, len(text), 40, "予告期間はどのくらいですか")
    assert "予告期間は三か月" in text[first:last]
    assert last - first <= 40


def test_a_short_text_is_shown_as_it_is():
    assert excerpt_span(" short ", 2, 4, 400) == (0, 7)
