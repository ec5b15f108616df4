"""Text of PDFs in any script: text is read as drawn, and no text breaks a document."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.parsers.pdf.pdf_writer import unicode_pdf
from tests.parsers.proofs import prove
from vouch.parsers.base import Hint
from vouch.parsers.pdf.parser import parse
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.parsing import ParsingSettings

WITHOUT_OCR = Hint("a.pdf", "application/pdf", ParsingSettings(ocr="off"))
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
        return parse(unicode_pdf(lines), WITHOUT_OCR)
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
def test_hostile_text_becomes_a_document_or_a_rejection(text):
    check(read([text]))
    check(read([f"Some words before {text}", f"{text} and some after"]))


@settings(max_examples=40)
@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=4))
def test_any_text_becomes_a_document_or_a_rejection(lines):
    check(read(lines))


@settings(max_examples=25)
@given(
    st.lists(
        st.text(alphabet="abcxyzÀéñøßŁабвгЖЮαβγΩ中文字漢かなカナ한국어", min_size=2, max_size=12),
        min_size=1,
        max_size=5,
    )
)
@example(["first", "ﬁrst"])
def test_words_of_any_script_are_read_as_drawn_with_ligatures_expanded(words):
    result = read([" ".join(words)])
    assert isinstance(result, Document)
    assert result.text == unicodedata.normalize("NFC", " ".join(words).replace("ﬁ", "fi"))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (["x", "y", "z", "سلام", " ", "w", "o", "r", "d"], "word سلام"),
        (["x", "y", "a", "b", "c"], "abc"),
        (["office", " ", "x", "flow"], "office flow"),
    ],
)
def test_glyphs_of_a_whole_word_are_read_and_numbers_of_glyphs_without_a_meaning_are_not(
    line, text
):
    document = parse(unicode_pdf([line], undeclared="xyz"), WITHOUT_OCR)
    assert document.text.split() == text.split()


def test_a_page_of_glyphs_without_a_meaning_is_left_to_ocr():
    with pytest.raises(DocumentRejected) as caught:
        parse(unicode_pdf(["xyzxyz zyx"], undeclared="xyz"), WITHOUT_OCR)
    assert caught.value.reason == Reason.NEEDS_OCR
