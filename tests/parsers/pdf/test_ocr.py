"""Scanned pages: read by the real tesseract where it is installed, rejected where it is not."""

import pypdfium2 as pdfium
import pytest

from tests.parsers.binary_files import data_of, texts_of
from tests.parsers.pdf.pdf_writer import Text, column, grid, pdf, scan
from vouch.parsers.base import Hint
from vouch.parsers.common.ocr import tesseract
from vouch.parsers.common.ocr.reader import Reader
from vouch.parsers.pdf.ocr.layout import paragraphs
from vouch.parsers.pdf.ocr.scanned_pages import page_ranges, render_page
from vouch.parsers.pdf.parser import parse
from vouch.parsers.registry import parse_fingerprint, read
from vouch.schemas.documents.records import Document, ElementType, ParseConditions
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.parsing import ParsingSettings

needs_tesseract = pytest.mark.skipif(
    tesseract.find_engine() is None, reason="tesseract is not installed"
)
ENGLISH = ParsingSettings(ocr_languages=("eng",))
HEADER = "The contract of the lease"
LEASE = [
    "The tenant pays the rent on the first day of each month, and the",
    "landlord keeps the roof, the walls and the windows in good order,",
    "so that the rooms can be lived in all the year round. What is bro-",
    "ken by the tenant is repaired by the tenant within thirty days.",
]
NOTICE = [
    "Either side may end this contract by a letter that is sent three",
    "months before the end of a quarter and states from when on it is to",
    "end. A letter that comes later counts for the following quarter.",
]
# Reading a page takes tesseract about half a second: one document serves several tests.
CONTRACT = [[*LEASE, "", "", *NOTICE], NOTICE, LEASE[1:], NOTICE[1:]]


def page(lines: list[str]) -> list[Text]:
    return [(60, 800, 11, HEADER), *column(60, 740, lines, size=12, pitch=15)]


def parsed(data: bytes, settings: ParsingSettings = ENGLISH) -> Document:
    return parse(data, Hint("a.pdf", "application/pdf", settings))


def rejection(data: bytes, settings: ParsingSettings = ENGLISH) -> DocumentRejected:
    with pytest.raises(DocumentRejected) as caught:
        parsed(data, settings)
    return caught.value


@pytest.fixture(scope="module")
def contract() -> Document:
    """Three scanned pages and one of text, with a header on each."""
    data = pdf([page(lines) for lines in CONTRACT])
    return parsed(scan(data, only={0, 1, 2}))


@pytest.fixture(scope="module")
def scanned_page() -> bytes:
    return scan(pdf([page(LEASE)]))


@pytest.fixture
def without_tesseract(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


@needs_tesseract
def test_a_scan_is_read_in_paragraphs_with_divided_words_whole(contract):
    lease, rest = (" ".join(lines).replace("bro- ken", "broken") for lines in (LEASE, LEASE[1:]))
    notice = " ".join(NOTICE)
    expected = [HEADER, lease, notice, notice, rest, " ".join(NOTICE[1:])]
    assert texts_of(contract, ElementType.PARAGRAPH) == expected


@needs_tesseract
def test_scanned_pages_and_pages_with_text_keep_their_numbers(contract):
    body = [element.page for element in contract.elements if element.type is ElementType.PARAGRAPH]
    assert body == [1, 1, 1, 2, 3, 4]


@needs_tesseract
def test_headers_of_scans_are_found_and_stay_in_the_text_once(contract):
    assert texts_of(contract, ElementType.HEADER) == [HEADER] * 3


@needs_tesseract
def test_the_metadata_names_the_scanned_pages_and_their_reader(contract):
    engine = tesseract.find_engine()
    assert engine is not None
    assert dict(contract.metadata.extra) == {
        "pages": 4,
        "scanned_pages": "1-3",
        "ocr": f"tesseract {engine.version} (eng), pages 1-3",
    }


@needs_tesseract
def test_pages_over_the_limit_are_listed_and_the_same_page_is_read_the_same(contract):
    data = scan(pdf([page(lines) for lines in CONTRACT]), only={0, 1, 2})
    document = parsed(data, ENGLISH.model_copy(update={"ocr_max_pages": 1}))
    extra = dict(document.metadata.extra)
    assert (extra["scanned_pages"], extra["pages_without_text"]) == ("1-3", "2-3")
    assert extra["ocr"].endswith("pages 1")
    first_page = contract.text[: contract.elements[1].char_end]
    assert first_page in document.text


@needs_tesseract
def test_columns_of_a_scan_are_read_one_after_the_other_and_cells_are_a_table():
    left = [f"left column line with words number {number}" for number in range(8)]
    right = [f"right column line with words number {number}" for number in range(8)]
    cells = [
        ["Item", "Price", "Stock"],
        ["Apple", "1.20", "17"],
        ["Pear", "2.10", "12"],
        ["Plum", "3.40", "25"],
    ]
    columns = column(50, 740, left, pitch=14) + column(320, 740, right, pitch=14)
    table = grid(cells, size=12, pitch=18)
    document = parsed(scan(pdf([columns, table]), dpi=200))
    assert document.text.index(left[-1]) < document.text.index(right[0])
    tables = [element.table for element in document.elements if element.table]
    assert {word for row in cells for word in row} <= set(document.text.replace("|", " ").split())
    assert all(len(row) == 3 for table in tables for row in table.rows)


@needs_tesseract
def test_a_picture_without_words_is_no_text():
    rejected = rejection(data_of("imagemagick-lzw.pdf"))
    assert (rejected.reason, rejected.parser) == ("no_text", "pdf_ocr")


@needs_tesseract
def test_a_missing_language_is_named_with_its_package(scanned_page):
    settings = ParsingSettings(ocr_languages=("xxx",))
    assert "tesseract-ocr-xxx" in rejection(scanned_page, settings).message


@needs_tesseract
def test_the_fingerprint_depends_on_the_settings_and_the_program(monkeypatch, tmp_path):
    settings = (ENGLISH, ParsingSettings(ocr="off"))
    fingerprints = {tesseract.ocr_fingerprint(each) for each in settings}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert len(fingerprints | {tesseract.ocr_fingerprint(ENGLISH)}) == 3


@needs_tesseract
def test_bytes_that_are_no_image_are_malformed():
    engine = tesseract.find_engine()
    assert engine is not None
    with pytest.raises(DocumentRejected, match=r"malformed.*tesseract cannot read the image"):
        list(paragraphs(Reader(engine, ("eng",)), b"no image", 300))


@pytest.mark.usefixtures("without_tesseract")
def test_without_tesseract_a_scan_is_rejected_with_what_to_install(scanned_page):
    rejected = rejection(scanned_page)
    assert (rejected.reason, rejected.parser) == ("needs_ocr", "pdf_ocr")
    assert "tesseract-ocr" in rejected.message
    assert rejected.message.startswith("its only page holds no readable text, and is scanned: ")


@pytest.mark.parametrize(("scanned", "words"), [(1, "one of them is"), (2, "2 of them are")])
def test_scanned_pages_are_counted(scanned, words):
    pages = [page(LEASE)] * scanned + [[]] * (2 - scanned)
    data = scan(pdf(pages), only=range(scanned))
    rejected = rejection(data, ParsingSettings(ocr="off"))
    start = f"none of its 2 pages holds readable text, and {words} scanned: "
    assert rejected.message.startswith(start)


@pytest.mark.usefixtures("without_tesseract")
def test_without_tesseract_a_mixed_document_lists_the_pages_without_text():
    pages = [page(LEASE), page(LEASE), page(NOTICE)]
    reading = read(scan(pdf(pages), only={1}), "a.pdf")
    assert reading.read_by == "pdf_ocr"
    assert dict(reading.document.metadata.extra) == {
        "pages": 3,
        "scanned_pages": "2",
        "pages_without_text": "2",
    }


def test_with_ocr_off_a_scan_is_rejected_with_the_setting(scanned_page):
    rejected = rejection(scanned_page, ParsingSettings(ocr="off"))
    assert rejected.reason == "needs_ocr"
    assert "parsing.ocr" in rejected.message


def test_only_documents_with_scanned_pages_depend_on_the_ocr():
    old, new = (ParseConditions(ocr=value) for value in ("old", "new"))
    assert parse_fingerprint("pdf", old) == parse_fingerprint("pdf", new)
    assert parse_fingerprint("pdf_ocr", old) != parse_fingerprint("pdf_ocr", new)
    assert read(pdf([page(LEASE)]), "a.pdf").read_by == "pdf"


def test_a_program_that_fails_counts_as_missing(monkeypatch, tmp_path):
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert tesseract.find_engine() is None


def test_a_huge_page_is_rendered_within_the_limit_of_pixels():
    with pdfium.PdfDocument.new() as document:
        image, dpi = render_page(document.new_page(14_400, 14_400))
    assert len(image) < 26_000_000
    assert 1 <= dpi < 30


@pytest.mark.parametrize(
    ("numbers", "ranges"),
    [((0,), "1"), ((0, 1, 2), "1-3"), ((0, 2, 3, 4, 8), "1, 3-5, 9"), ((), "")],
)
def test_pages_are_listed_as_ranges(numbers, ranges):
    assert page_ranges(numbers) == ranges
