"""Pictures of text are read by the real tesseract where it is installed, as scanned pages are."""

import io
import struct
import zlib

import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageOps

from tests.parsers.binary_files import typed_texts
from tests.parsers.pdf.pdf_writer import column, pdf
from vouch.parsers.common.ocr import tesseract
from vouch.parsers.registry import read
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.parsing import ParsingSettings

needs_tesseract = pytest.mark.skipif(
    tesseract.find_engine() is None, reason="tesseract is not installed"
)
ENGLISH = ParsingSettings(ocr_languages=("eng",))
NOTICE = [
    "Either side may end this contract by a letter that is sent three",
    "months before the end of a quarter and states from when on it is to",
    "end. A letter that comes later counts for the following quarter.",
]


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """A page of text at 100 dots an inch, as a screen shows it."""
    with pdfium.PdfDocument(pdf([column(60, 740, NOTICE, size=12, pitch=15)])) as document:
        shown = document[0].render(scale=100 / 72).to_pil().convert("RGB")
    return shown.crop((0, 0, shown.width, 300))


def saved(picture: Image.Image, form: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


def rejection(data: bytes, name: str, settings: ParsingSettings = ENGLISH, **options):
    with pytest.raises(DocumentRejected) as caught:
        read(data, name, settings=settings, **options)
    return caught.value


@needs_tesseract
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "BMP"])
def test_a_picture_is_read_whatever_its_format_and_name(picture, form):
    reading = read(saved(picture, form), "without a suffix", settings=ENGLISH)
    assert reading.read_by == "picture"
    assert typed_texts(reading.document) == [("paragraph", " ".join(NOTICE))]
    assert "tesseract" in dict(reading.document.metadata.extra)["ocr"]


@needs_tesseract
def test_each_page_of_a_tiff_is_a_page(picture):
    clear = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    clear.putalpha(ImageOps.invert(picture.convert("L")))  # black letters on nothing
    data = saved(picture, "TIFF", save_all=True, append_images=[clear])
    document = read(data, "fax.tif", settings=ENGLISH).document
    assert [element.page for element in document.elements] == [1, 2]
    assert document.text.count("following quarter") == 2
    refused = rejection(data, "fax.tif", ParsingSettings(ocr_max_pages=1))
    assert refused.reason == Reason.NEEDS_OCR
    assert "parsing.ocr_max_pages" in refused.message


@needs_tesseract
def test_a_picture_that_lies_on_its_side_is_turned_as_its_camera_says(picture):
    turned = picture.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to show it
    assert "following quarter" in read(saved(turned, "JPEG", exif=exif), "a.jpg", settings=ENGLISH).document.text  # fmt: skip


@needs_tesseract
@pytest.mark.parametrize("size", [(300, 300), (5, 400)])
def test_a_picture_without_words_has_no_text(size):
    refused = rejection(saved(Image.new("L", size, 255), "PNG"), "a.png")
    assert (refused.reason, refused.parser) == (Reason.NO_TEXT, "picture")


def test_a_picture_says_how_it_could_be_read(picture, monkeypatch, tmp_path):
    data = saved(picture, "PNG")
    off = rejection(data, "a.png", ParsingSettings(ocr="off"))
    assert (off.reason, off.parser) == (Reason.NEEDS_OCR, "picture")
    assert "parsing.ocr is off" in off.message
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = rejection(data, "a.png")
    assert missing.reason == Reason.NEEDS_OCR
    assert "install tesseract" in missing.message


def test_a_picture_within_another_document_is_left_out(picture):
    refused = rejection(saved(picture, "PNG"), "logo.png", is_attached=True)
    assert refused.reason == Reason.UNSUPPORTED_TYPE
    assert "a PNG picture" in refused.message


@needs_tesseract
def test_a_picture_of_too_many_pixels_is_unsafe():
    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    for width in (11_000, 200_000):
        header = struct.pack(">IIBBBBB", width, 10_000, 8, 0, 0, 0, 0)
        data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b""))
        assert rejection(data + chunk(b"IEND", b""), "a.png").reason == Reason.UNSAFE


@needs_tesseract
@pytest.mark.parametrize("cut", [20, 200])
def test_a_damaged_picture_is_malformed(picture, cut):
    assert rejection(saved(picture, "PNG")[:cut], "a.png").reason == Reason.MALFORMED
