"""PDF as a whole: turned pages, drawn bullets, pages without text, and rejections."""

import pytest

from tests.parsers.binary_files import data_of, parse, typed_texts
from tests.parsers.pdf.pdf_writer import column, pdf, prose
from vouch.schemas.errors import DocumentRejected


def test_text_that_runs_upwards_is_read_as_on_a_turned_page():
    lines = prose("end", 4)
    document = parse(pdf([column(50, 500, lines)], turned=True, rotate=90), "a.pdf")
    assert typed_texts(document) == [("paragraph", " ".join(lines))]


def test_drawn_bullets_are_bullets():
    lines = ["green tea and its leaves", "black coffee with milk", "a glass of water"]
    dots = "\n".join(f"38 {701 - 14 * number} 4 4 re f" for number in range(3))
    document = parse(pdf([column(50, 700, lines, pitch=14)], drawn=dots), "a.pdf")
    assert typed_texts(document) == [("list_item", f"- {line}") for line in lines]


def test_pages_are_counted_and_those_without_text_listed():
    document = parse(pdf([[(50, 700, 12, "one")], [], [(50, 700, 12, "three")]]), "a.pdf")
    assert [element.page for element in document.elements] == [1, 3]
    assert document.metadata.extra == (("pages", "3"), ("pages_without_text", "2"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (data_of("password.pdf"), "encrypted"),
        (pdf([[]]), "no_text"),
        (b"%PDF-1.7\nnothing", "malformed"),
    ],
)
def test_an_unreadable_file_is_rejected_with_its_reason(data, reason):
    with pytest.raises(DocumentRejected) as caught:
        parse(data, "a.pdf")
    assert caught.value.reason == reason
