"""PDFs in East Asian fonts that are not in the file, in vertical and in level writing."""

import pytest

from tests.parsers.binary_files import parse, typed_texts
from tests.parsers.pdf.pdf_writer import column, missing_font_pdf, pdf, prose, unicode_pdf
from vouch.parsers.pdf.text import east_asian

LINES = [
    "吾輩は猫である名前はまだ無い",
    "どこで生れたかとんと見当がつ",
    "かぬ何でも薄暗いじめじめした",
]


@pytest.mark.parametrize("vertical", [True, False])
def test_all_lines_are_read_in_order_without_spaces_between_them(vertical):
    document = parse(missing_font_pdf(LINES, vertical=vertical), "a.pdf")
    assert typed_texts(document) == [("paragraph", "".join(LINES))]


def test_bands_of_columns_are_read_one_after_the_other():
    lines = [f"{number}番目の行です。" for number in "一二三四五六七八九十百千"]
    document = parse(missing_font_pdf(lines, vertical=True), "a.pdf")
    assert document.text.replace("\n", "") == "".join(lines)


def test_other_pages_are_not_read_twice(monkeypatch):
    monkeypatch.setattr(east_asian, "PDFPage", None)  # an attempt would fail
    assert "Some words" in parse(pdf([column(50, 700, prose("end", 4))]), "a.pdf").text
    assert parse(unicode_pdf(LINES), "a.pdf").text == "".join(LINES)
