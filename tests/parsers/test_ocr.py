"""Scanned pages: read by the real tesseract where it is, told where it is not."""

import pytest

from tests.parsers.binary_files import data_of, said
from tests.parsers.pdf_maker import Text, pdf, scan
from vouch.parsers.base import Hint
from vouch.parsers.pdf import tesseract
from vouch.parsers.pdf.ocr_layout import Reader
from vouch.parsers.pdf.parser import parse
from vouch.parsers.pdf.scanned_pages import page_ranges, render_page
from vouch.parsers.registry import parse_fingerprint, read
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, ElementType
from vouch.schemas.settings import ParsingSettings

needs_tesseract = pytest.mark.skipif(
    tesseract.find_engine() is None, reason="tesseract is not installed"
)
ENGLISH = ParsingSettings(ocr_languages=("eng",))
LEASE = [
    "The tenant pays the rent on the first day of each month, and the",
    "landlord keeps the roof, the walls and the windows in good order,",
    "so that the rooms can be lived in all the year round. What is bro-",
    "ken by the tenant is mended by the tenant within thirty days.",
]
NOTICE = [
    "Either side may end this contract by a letter that is sent three",
    "months before the end of a quarter and says from when on it is to",
    "hold. A letter that comes later counts for the following quarter.",
]


def page(*paragraphs: list[str], top: float = 740) -> list[Text]:
    texts: list[Text] = []
    for paragraph in paragraphs:
        texts += [(60, top - 15 * number, 12, line) for number, line in enumerate(paragraph)]
        top -= 15 * len(paragraph) + 25
    return texts


def of(data: bytes, settings: ParsingSettings = ENGLISH) -> Document:
    return parse(data, Hint("a.pdf", "application/pdf", settings))


def reason(data: bytes, settings: ParsingSettings = ENGLISH) -> DocumentRejected:
    with pytest.raises(DocumentRejected) as caught:
        of(data, settings)
    return caught.value


@pytest.fixture
def without_tesseract(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


@needs_tesseract
def test_a_scan_is_read_in_paragraphs_with_its_words_whole():
    document = of(scan(pdf([page(LEASE, NOTICE)])))
    lease = " ".join(LEASE).replace("bro- ken", "broken")
    assert said(document) == [("paragraph", lease), ("paragraph", " ".join(NOTICE))]


@needs_tesseract
def test_a_document_says_what_was_read_by_what():
    document = of(scan(pdf([page(LEASE), page(NOTICE)])))
    extra = dict(document.metadata.extra)
    engine = tesseract.find_engine()
    assert engine is not None
    assert extra == {
        "pages": "2",
        "scanned_pages": "1-2",
        "ocr": f"tesseract {engine.version} (eng), pages 1-2",
    }
    assert [element.page for element in document.elements] == [1, 2]


@needs_tesseract
def test_one_scanned_page_among_others():
    document = of(scan(pdf([page(LEASE), page(NOTICE), page(LEASE)]), only={1}))
    assert [element.page for element in document.elements] == [1, 2, 3]
    assert said(document)[1] == ("paragraph", " ".join(NOTICE))
    assert dict(document.metadata.extra)["scanned_pages"] == "2"


@needs_tesseract
def test_the_same_scan_gives_the_same_text():
    data = scan(pdf([page(LEASE)]))
    assert of(data) == of(data)


@needs_tesseract
def test_columns_are_read_one_after_the_other():
    left = [
        (50.0, 740.0 - 14 * number, 10.0, f"left column line with words number {number}")
        for number in range(10)
    ]
    right = [
        (320.0, 740.0 - 14 * number, 10.0, f"right column line with words number {number}")
        for number in range(10)
    ]
    text = of(scan(pdf([left + right]), dpi=200)).text
    assert text.index("left column line with words number 9") < text.index(
        "right column line with words number 0"
    )


@needs_tesseract
def test_cells_of_a_scan_are_a_table():
    cells = [
        ["Item", "Price", "Stock"],
        ["Apple", "1.20", "17"],
        ["Pear", "2.10", "12"],
        ["Plum", "3.40", "25"],
    ]
    texts = [
        (60.0 + 150 * x, 740.0 - 18 * y, 12.0, text)
        for y, row in enumerate(cells)
        for x, text in enumerate(row)
    ]
    document = of(scan(pdf([texts]), dpi=200))
    tables = [element for element in document.elements if element.table]
    words = {word for row in cells for word in row}
    assert words <= set(document.text.replace("|", " ").split())
    assert all(len(row) == 3 for element in tables for row in element.table.rows)


@needs_tesseract
def test_margins_of_scans_are_headers_and_footers():
    bodies = [page(LEASE, NOTICE), page(NOTICE, LEASE), page(LEASE[2:], NOTICE, LEASE[:2])]
    pages = [[*body, (60.0, 800.0, 11.0, "The contract of the lease")] for body in bodies]
    document = of(scan(pdf(pages)))
    headers = [
        document.text[one.char_start : one.char_end]
        for one in document.elements
        if one.type is ElementType.HEADER
    ]
    assert headers == ["The contract of the lease"] * 3


@needs_tesseract
def test_pages_over_the_limit_are_named_in_a_mixed_document():
    data = scan(pdf([page(NOTICE), page(LEASE), page(LEASE), page(LEASE)]), only={1, 2, 3})
    extra = dict(of(data, ENGLISH.model_copy(update={"ocr_max_pages": 1})).metadata.extra)
    assert (extra["scanned_pages"], extra["pages_without_text"]) == ("2-4", "3-4")
    assert extra["ocr"].endswith("pages 2")


@needs_tesseract
def test_a_picture_without_words_is_no_text():
    rejected = reason(data_of("imagemagick-lzw.pdf"))
    assert (rejected.reason, rejected.parser) == ("no_text", "pdf_ocr")


@needs_tesseract
def test_a_language_that_is_not_installed_says_so():
    settings = ParsingSettings(ocr_languages=("xxx",))
    assert "tesseract-ocr-xxx" in reason(scan(pdf([page(LEASE)])), settings).message


@needs_tesseract
def test_the_fingerprint_depends_on_languages_and_program(monkeypatch, tmp_path):
    found = {tesseract.ocr_fingerprint(one) for one in (ENGLISH, ParsingSettings(ocr="off"))}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert len(found | {tesseract.ocr_fingerprint(ENGLISH)}) == 3


@needs_tesseract
def test_what_is_no_image_is_malformed():
    engine = tesseract.find_engine()
    assert engine is not None
    with pytest.raises(DocumentRejected, match=r"malformed.*tesseract cannot read the image"):
        Reader(engine, ("eng",)).paragraphs(b"no image", 300)


@pytest.mark.usefixtures("without_tesseract")
def test_without_tesseract_a_scan_says_what_to_install():
    rejected = reason(scan(pdf([page(LEASE)])))
    assert (rejected.reason, rejected.parser) == ("needs_ocr", "pdf_ocr")
    assert "tesseract-ocr" in rejected.message


@pytest.mark.usefixtures("without_tesseract")
def test_without_tesseract_a_mixed_document_names_the_pages_without_text():
    reading = read(scan(pdf([page(LEASE), page(LEASE), page(NOTICE)]), only={1}), "a.pdf")
    assert reading.read_by == "pdf_ocr"
    assert dict(reading.document.metadata.extra) == {
        "pages": "3",
        "scanned_pages": "2",
        "pages_without_text": "2",
    }


def test_with_ocr_off_a_scan_says_so():
    rejected = reason(scan(pdf([page(LEASE)])), ParsingSettings(ocr="off"))
    assert rejected.reason == "needs_ocr"
    assert "parsing.ocr" in rejected.message


def test_only_what_has_scanned_pages_depends_on_the_ocr():
    assert parse_fingerprint("pdf", "", "one") == parse_fingerprint("pdf", "", "other")
    assert parse_fingerprint("pdf_ocr", "", "one") != parse_fingerprint("pdf_ocr", "", "other")
    assert read(pdf([page(LEASE)]), "a.pdf").read_by == "pdf"


def test_a_program_that_does_not_work_is_none(monkeypatch, tmp_path):
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert tesseract.find_engine() is None


def test_a_huge_page_is_rendered_within_bounds():
    import pypdfium2 as pdfium

    with pdfium.PdfDocument.new() as document:
        image, dpi = render_page(document.new_page(14_400, 14_400))
    assert len(image) < 26_000_000
    assert 1 <= dpi < 30


@pytest.mark.parametrize(
    ("numbers", "named"),
    [((0,), "1"), ((0, 1, 2), "1-3"), ((0, 2, 3, 4, 8), "1, 3-5, 9"), ((), "")],
)
def test_pages_are_named_in_ranges(numbers, named):
    assert page_ranges(numbers) == named
