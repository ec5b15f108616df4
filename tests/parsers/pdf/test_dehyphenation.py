"""Hyphens at the line ends of a PDF."""

import pytest

from tests.parsers.pdf.pdf_writer import PROSE, prose
from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.text.dehyphenation import Joiner
from vouch.parsers.pdf.text.lines import Line

LEAD = "x" * 60


def joined(*texts: str) -> str:
    """Return full lines of a document with nothing else in it as one text."""
    lines = [Line((Run(text, 50, 400, 700, 10, bold=False),), 400) for text in texts]
    return Joiner(lines).join(lines)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("we want inter-", "national law", "we want international law"),
        ("a well-", "known fact; well-known", "a well-known fact; well-known"),
        ("the Franco-", "German border", "the Franco-German border"),
        ("from 1990 -", "to 2000", "from 1990 - to 2000"),
        ("read a PEP-", "aware text", "read a PEP-aware text"),
        ("https://a.org/some-", "page/one", "https://a.org/some-page/one"),
        ("state-of-the-", "art work", "state-of-the-art work"),
        ("on pages 10-", "20 of it", "on pages 10-20 of it"),
        ("the years 2019–", "2024 and", "the years 2019–2024 and"),
        ("call 555-", "0199 now", "call 555-0199 now"),
        ("the part PN-", "0042 of", "the part PN-0042 of"),
        ("at https://a.org/ports/", "oslo/quays.html", "at https://a.org/ports/oslo/quays.html"),
        ("at https://a.org/?port=", "12&quay=3 and", "at https://a.org/?port=12&quay=3 and"),
        ("see https://a.org/", "and the rest", "see https://a.org/ and the rest"),
        ("https://a.org/", "https://b.org/", "https://a.org/ https://b.org/"),
    ],
)
def test_a_hyphen_that_divides_a_word_is_dropped_and_any_other_is_kept(before, after, expected):
    assert joined(f"{LEAD} {before}", f"{after} {LEAD}") == f"{LEAD} {expected} {LEAD}"


def test_a_document_that_divides_no_words_keeps_its_hyphens():
    compound = [
        f"{PROSE} left hand project-",
        "specified things are specified by the project that is the first",
    ]
    assert "project-specified" in joined(*compound, *prose("full stop", 2))
