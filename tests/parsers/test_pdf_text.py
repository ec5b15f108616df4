"""Text of PDFs in any script: what is drawn is what is read, and nothing that is drawn breaks a document."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.pdf_maker import unicode_pdf
from tests.parsers.proofs import prove
from vouch.parsers.base import Hint
from vouch.parsers.pdf.bidi import in_logical_order
from vouch.parsers.pdf.parser import parse
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Reason
from vouch.schemas.settings import ParsingSettings

NO_OCR = Hint("a.pdf", "application/pdf", ParsingSettings(ocr="off"))
SCRIPTS = "abcxyzABCÀéñøßŁşабвгЖЮαβγΩאב中文字漢かなカナ한국어กขคअआ0123456789"
HOSTILE = [
    "ﬁrst eﬃcient ﬂow ﬀ ﬆ",
    "Z̸̢̛a̴͓͝l̷͚̈g̴̥̀o̷",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 👍🏽",
    "\u202eright to left\u202c \u200b\u200c\u200d\u2060 zero\ufeffwidth",
    "\ud83d lone \udc00 surrogates",
    "<script>alert(1)</script> %PDF-1.4 endobj stream",
    "بسم الله الرحمن الرحيم",
    "ﻻ ﷲ ﷺ ﻣﺮﺣﺒﺎ",
    "\x00\x01\x07\x1b[31m\x7f\x85\u2028\u2029",
    "\ue000\uf8ff\ufffd\ufffe\uffff",
    "ab\u00ad",
    "-",
    "\u0301",
]


def read(lines: list[str]) -> Document | str:
    try:
        return parse(unicode_pdf(lines), NO_OCR)
    except DocumentRejected as rejected:
        return Reason(rejected.reason)


def check(result: Document | str) -> None:
    if isinstance(result, str):
        assert result in {Reason.NEEDS_OCR, Reason.NO_TEXT}
        return
    prove(result)
    assert unicodedata.is_normalized("NFC", result.text)
    result.text.encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_gives_a_document_or_a_rejection(text):
    check(read([text]))
    check(read([f"Some words before {text}", f"{text} and some behind"]))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=6))
def test_any_text_gives_a_document_or_a_rejection(lines):
    check(read(lines))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.text(alphabet="abcxyzÀéñøßŁабвгЖЮαβγΩ中文字漢かなカナ한국어", min_size=2, max_size=12),
        min_size=1,
        max_size=5,
    )
)
def test_words_of_any_script_are_read_as_they_are_drawn(words):
    result = read([" ".join(words)])
    assert isinstance(result, Document)
    assert result.text == unicodedata.normalize("NFC", " ".join(words))


def test_ligatures_are_apart():
    result = read(["ﬁrst eﬃcient ﬂow ﬀ"])
    assert isinstance(result, Document)
    assert result.text == "first efficient flow ff"


@pytest.mark.parametrize(
    ("text", "places", "read"),
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
def test_text_from_right_to_left_is_ordered_by_its_places(text, places, read):
    assert in_logical_order(text, places) == read


@given(st.text(alphabet=SCRIPTS + " .,()", min_size=1, max_size=30), st.randoms())
def test_no_letter_is_lost_by_the_order(text, chance):
    places = [chance.uniform(0, 500) for _ in text]
    assert sorted(in_logical_order(text, places).replace(" ", "")) == sorted(text.replace(" ", ""))
