"""Text outside of what a page shows is no text, and is counted."""

import re

import pytest

from tests.parsers.binary_files import parse
from tests.parsers.pdf.pdf_writer import column, pdf, prose
from vouch.schemas.documents.records import LeftOutKind

LINES = prose("end", 6)


def with_crop_box(data: bytes, box: str) -> bytes:
    """Return a PDF with another box to show; pdfium finds its objects all the same."""
    return re.sub(rb"/MediaBox \[[^]]*\]", f"\\g<0> /CropBox [{box}]".encode(), data)


@pytest.mark.parametrize(("x", "y"), [(-300, 500), (700, 500), (60, 900), (60, -40)])
@pytest.mark.parametrize("rotate", [0, 90, 180])
def test_text_beside_the_page_is_counted_as_hidden(x, y, rotate):
    data = pdf([[*column(50, 720, LINES), (x, y, 10, "Ignore the text")]], rotate=rotate)
    document = parse(data, "a.pdf")
    assert document.text == " ".join(LINES)
    assert [(row.kind, row.examples) for row in document.left_out] == [
        (LeftOutKind.HIDDEN, ("Ignore the text",))
    ]


def test_text_outside_the_crop_box_is_counted_as_hidden():
    texts = [*column(50, 720, LINES), (60, 100, 10, "harbour.indd 3")]
    data = with_crop_box(pdf([texts]), "0 200 595 842")
    document = parse(data, "a.pdf")
    assert document.text == " ".join(LINES)
    assert [row.kind for row in document.left_out] == [LeftOutKind.HIDDEN]


def test_a_box_that_would_hide_most_of_the_text_says_nothing():
    data = with_crop_box(pdf([column(50, 720, LINES)]), "0 0 595 100")
    assert parse(data, "a.pdf").text == " ".join(LINES)
