"""Cleaning: newlines, control characters and escape sequences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.parsers.common.text.clean import clean
from vouch.parsers.registry import parse


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("a\r\nb\rc\u2028d\x0ce", "a\nb\nc\nd\ne"),
        ("Open 9\x9617; it\x92s \x8040", "Open 9–17; it’s €40"),
        ("Ch\xe2teau d\x92Or\n", "Château d’Or\n"),
        ("wait\x85\n", "wait…\n"),
        ("one\x85two", "one\ntwo"),
        ("a\x81b\x7fc\0", "abc"),
        ("\x1b[1;31mERROR\x1b[0m disk full", "ERROR disk full"),
        ("\x1b[38;5;196mred\x1b[K", "red"),
        ("\x1b]0;window\x07text \x1b]8;;https://x.org\x1b\\link", "text link"),
        ("[31m is no escape sequence", "[31m is no escape sequence"),
        ("e\u0301", "é"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("\ufeffa\ud800", "a\ufffd"),
    ],
)
def test_texts_are_cleaned(raw: str, cleaned: str):
    assert clean(raw) == cleaned


@given(
    st.text(
        alphabet=st.characters(max_codepoint=0x9F)
        | st.sampled_from(
            "\x1b[m;]\\\x85é0123%\r\b_\u00ad\u200b\u200d\u200e\u202a\u202c\u2068שक👩\u0301"
        )
    )
)
def test_cleaning_twice_changes_nothing(raw: str):
    assert clean(clean(raw)) == clean(raw)


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.csv", "a.md", "a.eml"])
def test_controls_that_were_converted_twice_are_read_in_every_format(name: str):
    head = "Subject: Hours\nMIME-Version: 1.0\nFrom: a@x.org\n\n" if name == "a.eml" else ""
    document = parse(f"{head}Open 9\x9617 daily as it\x92s free\n".encode(), name)
    assert "9–17 daily as it’s free" in document.text
