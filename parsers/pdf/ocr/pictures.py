"""Read pictures of text (PNG, JPEG, TIFF, WebP, GIF, BMP, AVIF, JPEG 2000) as scanned pages.

Each picture, or page of a TIFF, becomes a page of a PDF in memory: paragraphs, headings, lists and
tables are then found as on a scanned page.
"""

import io
import warnings
from dataclasses import replace

import pypdfium2 as pdfium
from PIL import Image, ImageOps, UnidentifiedImageError

from vouch.parsers.base import Hint
from vouch.parsers.common.ocr.images import DPI, MAX_ENLARGEMENT, POINTS_PER_INCH, grey
from vouch.parsers.common.ocr.reader import Reader, find_reader
from vouch.parsers.common.zip_safety import contained
from vouch.parsers.format_names import name_of
from vouch.parsers.pdf.parser import parse as read_pdf
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected

# Pixels: a double page of a newspaper at 300 dpi has 60 million. In grey they take as many bytes.
MAX_PIXELS = 100_000_000
MIN_SIDE = 16  # pixels; a smaller picture is a dot or a line
# The long side of A4 at 300 dpi. Smaller pictures are enlarged up to it, because tesseract is
# trained on text of that resolution.
LONG_SIDE = 3508


def parse(data: bytes, hint: Hint) -> Document:
    """Return the text in a picture, a page for each page of a TIFF.

    Pictures within other documents are logos and photographs more often than pages: they are left
    out. Raises `DocumentRejected`: unsupported_type for those, needs_ocr where this machine cannot
    read it, no_text, malformed, or unsafe for more pixels than `MAX_PIXELS`.
    """
    if hint.is_attached:
        message = (
            f"{name_of(hint.media_type)} within another document is not read; where it shows text, "
            "add it as a file of its own"
        )
        raise DocumentRejected(Reason.UNSUPPORTED_TYPE, message)
    reader = find_reader(hint.settings)
    if not isinstance(reader, Reader):
        message = f"the text of a picture is read by OCR only: {reader}"
        raise DocumentRejected(Reason.NEEDS_OCR, message)
    try:
        document = read_pdf(_as_pdf(data, hint.settings.ocr_max_pages), hint)
    except DocumentRejected as rejected:
        if rejected.reason == Reason.NO_TEXT:
            message = f"{reader.name} found no words in the picture; for texts in other languages, "
            message += "install tesseract's data of them"
            raise DocumentRejected(Reason.NO_TEXT, message) from None
        rejected.parser = None  # this one, not that of scanned PDFs
        raise
    return replace(document, read_by="")


def _as_pdf(data: bytes, max_pages: int) -> bytes:
    document = pdfium.PdfDocument.new()
    try:
        with contained("picture"):
            _add_pages(document, data, max_pages)
            stream = io.BytesIO()
            document.save(stream)
            return stream.getvalue()
    finally:
        document.close()


def _add_pages(document: pdfium.PdfDocument, data: bytes, max_pages: int) -> None:
    """Add the pages of a TIFF, or the first frame of any other picture."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow thinks of damaged metadata
        try:
            picture = Image.open(io.BytesIO(data))
        except Image.DecompressionBombError as error:
            raise DocumentRejected(Reason.UNSAFE, f"the picture is too large: {error}") from None
        except UnidentifiedImageError:
            message = "the file is damaged or no picture of a format that is read"
            raise DocumentRejected(Reason.MALFORMED, message) from None
        with picture:
            # The frames of an animation show one scene; those of a TIFF are the pages of a fax.
            frames = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
            if frames > max_pages:
                message = (
                    f"the picture has {frames} pages, more than the {max_pages} of "
                    "parsing.ocr_max_pages; raise it, and parsing.timeout_s with it"
                )
                raise DocumentRejected(Reason.NEEDS_OCR, message)
            for frame in range(frames):
                picture.seek(frame)
                _add_page(document, picture)


def _add_page(document: pdfium.PdfDocument, picture: Image.Image) -> None:
    """Add a picture as a page whose size makes it one of `DPI`, enlarged where it is small."""
    width, height = picture.size
    if width * height > MAX_PIXELS:
        message = f"the picture has {width:,} by {height:,} pixels; at most {MAX_PIXELS:,} are read"
        raise DocumentRejected(Reason.UNSAFE, message)
    if min(width, height) < MIN_SIDE:
        raise DocumentRejected(Reason.NO_TEXT, "")
    flat = grey(ImageOps.exif_transpose(picture))
    factor = min(max(LONG_SIDE / max(flat.size), 1.0), MAX_ENLARGEMENT)
    points = factor * POINTS_PER_INCH / DPI
    page_width, page_height = flat.width * points, flat.height * points
    page = document.new_page(page_width, page_height)
    try:
        shown = pdfium.PdfImage.new(document)
        bitmap = pdfium.PdfBitmap.from_pil(flat)
        shown.set_bitmap(bitmap)
        bitmap.close()
        shown.set_matrix(pdfium.PdfMatrix().scale(page_width, page_height))
        page.insert_obj(shown)
        page.gen_content()
    finally:
        page.close()
