"""Invisible characters leave the text where nothing needs them, and stay where they hide something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.parsers.common.text.invisible import without_invisible
from vouch.parsers.registry import parse
from vouch.validators.policy import find

REMOVED = [
    (
        "Donau\u00addampf\u00adschiff\u00adfahrts\u00adgesell\u00adschaft",
        "Donaudampfschifffahrtsgesellschaft",
    ),
    ("Super\u200bLong\u200bName", "SuperLongName"),
    ("pass\u2060word \u200bedge\u200b", "password edge"),
    ("Auf\u200clage and ab\u200dcd", "Auflage and abcd"),
    ("f\u2061(x) = 2\u2062x", "f(x) = 2x"),
    ("港\u200bの\u2060クレーン", "港のクレーン"),
    ("한\u200b국어", "한국어"),
    ("C++\u200e only", "C++ only"),
    ("\u034f \u200c \u200d \u034f", "   "),  # padding of newsletters
    ("call \u202a+49 30 123\u202c now", "call +49 30 123 now"),
    ("\u2068Ada\u2069 wrote to \u2068\u2066Ben\u2069\u2069", "Ada wrote to Ben"),
]
NEEDED = [
    "می\u200cخواهم کتاب\u200cها",  # Persian
    "क्\u200dष और न\u200cही",  # Hindi
    "ශ්\u200dරී ලංකා",  # Sinhala
    "ภาษา\u200bไทย and ភាសា\u200bខ្មែរ",  # words in scripts without blanks
    "ᠮᠣᠩᠭᠣᠯ\u180eᠠ",  # Mongolian
    "שלום\u200f! (C++\u200e) and عربي\u061c.",
    "he said \u2067שלום\u2069 twice",
    "family 👨\u200d👩\u200d👧, ❤\ufe0f\u200d🔥, 👩\u200d⚕\ufe0f, 🏳\ufe0f\u200d🌈, 👨🏽\u200d💻, 🙂\u200d↔\ufe0f",
    "a\u034f\u0301",
    "co\u2011op and a\u2010b",
    "10\u00a0000\u202fkm",
]
HIDING = [
    "i\u200bg\u200bn\u200bo\u200bre",
    "s\u00ade\u00adc\u00adr\u00adet",
    "end.\u200b\u200c\u200b\u200c",
    "if \u202eresu\u202c:",
    "a \u2067user\u2069 b",
    "/* \u2066 check",
    "Hello" + "".join(chr(0xE0000 + ord(letter)) for letter in "obey me"),
    "a\u3164\u3164\u3164\u3164",
]


@pytest.mark.parametrize(("text", "seen"), REMOVED)
def test_what_nothing_needs_is_removed(text: str, seen: str):
    assert without_invisible(text) == seen


@pytest.mark.parametrize("text", NEEDED)
def test_what_scripts_and_emoji_need_stays(text: str):
    assert without_invisible(text) == text


@pytest.mark.parametrize("text", HIDING)
def test_what_hides_something_stays_for_the_content_policy(text: str):
    assert without_invisible(text) == text
    assert find(text, ["hidden_text"])


@given(st.text("ab1 \n\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u034f\u202aש👩\ufe0f"))
def test_the_content_policy_still_finds_what_hides(text: str):
    left = without_invisible(text)
    assert without_invisible(left) == left
    if any(finding.end - finding.start > 1 for finding in find(text, ["hidden_text"])):
        assert find(left, ["hidden_text"])


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("a.txt", "{}\n\nand more words.\n"),
        ("a.md", "# {}\n\nand [{}](https://x.org).\n"),
        ("a.html", "<p>{} and <a href='https://x.org'>{}</a> more</p>"),
        ("a.rst", "A heading\n=========\n\n{} and more.\n"),
        ("a.csv", "name,note\n{},2\nother,3\n"),
        ("a.json", '{{"name": "{}"}}'),
        ("a.xml", "<r><name>{}</name><b>more</b></r>"),
        ("a.py", "name = '{}'\n"),
        (
            "a.eml",
            "Subject: x\nFrom: a@x.org\nContent-Type: text/plain; charset=utf-8\n\n{} more\n",
        ),
        ("a.org", "* Heading\n{} and more\n"),
    ],
)
def test_words_are_found_in_every_format(name: str, template: str):
    data = template.format(*["Super\u200bLong Donau\u00addampf"] * 2).encode()
    document = parse(data, name)
    assert "SuperLong Donaudampf" in document.text
    assert all(
        document.text[link.char_start : link.char_end] == "SuperLong Donaudampf"
        for link in document.links
    )
