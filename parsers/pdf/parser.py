"""Parse PDF with pdfium: text in reading order, with headings, tables, forms, notes and margins.

There are two passes. The first one takes the lines of every page and closes it; the second one
knows what is usual in the document (its font size, what repeats in the margins, its headings) and
writes the elements.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.base import Hint
from vouch.parsers.common.attachment_names import with_unique_names
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.ocr.figures import FigureReader
from vouch.parsers.common.unpacking import Unpacking
from vouch.parsers.common.zip_safety import contained
from vouch.parsers.pdf.annotations import Annotations, annotations, file_of, metadata
from vouch.parsers.pdf.columns import in_reading_order
from vouch.parsers.pdf.edges.page_box import visible, visible_box
from vouch.parsers.pdf.edges.watermarks import without_watermarks
from vouch.parsers.pdf.figures.page_pictures import page_pictures
from vouch.parsers.pdf.figures.reading import read_figures
from vouch.parsers.pdf.headings import Headings
from vouch.parsers.pdf.ocr.scanned_pages import Scans, page_ranges, read_scans, shows_text_as_image
from vouch.parsers.pdf.page import PageText, read_page
from vouch.parsers.pdf.parsed_page import Page
from vouch.parsers.pdf.tables.ruled_grids import ruled_grids
from vouch.parsers.pdf.tables.ruled_walls import Wall, walls
from vouch.parsers.pdf.text.drawn_bullets import with_drawn_bullets
from vouch.parsers.pdf.text.east_asian import PdfminerPages, lacks_places
from vouch.parsers.pdf.text.garbled_text import GARBLED_PAGES, is_garbled
from vouch.parsers.pdf.text.lines import lines
from vouch.parsers.pdf.writer import Writer
from vouch.schemas.documents.records import Attachment, Document, Reason
from vouch.schemas.errors import DocumentRejected

# The first four entries of a matrix that turns a page back, by quarter turns of its text.
_QUARTER_TURNS = {1: (0, -1, 1, 0), 2: (-1, 0, 0, -1), 3: (0, 1, -1, 0)}


def parse(data: bytes, hint: Hint) -> Document:
    """Return the text of a PDF.

    Raises `DocumentRejected`: encrypted, malformed, no_text, needs_ocr where it holds images of
    text that cannot be read on this machine, or garbled_text where the settings say so.
    """
    with contained("PDF"):
        document = _open(data)
        try:
            return _document(document, data, hint)
        finally:
            document.close()


def _open(data: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            message = "the PDF opens with a password only; save it without one"
            raise DocumentRejected(Reason.ENCRYPTED, message) from None
        if error.err_code == raw.FPDF_ERR_SECURITY:
            raise
        # Whatever else it reports, it may be success, means that it finds no document.
        message = "the file is no readable PDF: what lists its pages is missing or damaged"
        raise DocumentRejected(Reason.MALFORMED, message) from None


def _document(document: pdfium.PdfDocument, data: bytes, hint: Hint) -> Document:
    settings = hint.settings
    if document.get_formtype() != raw.FORMTYPE_NONE:
        document.init_forms()
    unpacking = Unpacking(len(data), "PDF")
    pages = list(_pages(document, data, unpacking))
    scanned = [number for number, page in enumerate(pages) if page.is_scan]
    garbled = [number for number, page in enumerate(pages) if page.is_garbled]
    if garbled and settings.garbled_text == "quarantine":
        raise _garbled_text(garbled, len(pages))
    reads_garbled = settings.garbled_text == "ocr" and bool(garbled)
    as_images = sorted([*scanned, *garbled]) if reads_garbled else scanned
    scans = read_scans(document, as_images, settings) if as_images else Scans()
    scans = replace(scans, numbers=tuple(scanned))
    for number, paragraphs in scans.texts.items():
        lines_read = tuple(chain(*paragraphs))
        pages[number] = Page(
            pages[number].height,
            lines_read,
            (),
            pages[number].annotations,
            is_scan=pages[number].is_scan,
            paragraphs=paragraphs,
        )
    attachments = _attachments(document, pages, unpacking)
    _check_text(pages, scans, has_attachments=bool(attachments))
    builder = DocumentBuilder()
    reader = FigureReader(hint, builder.leave_out)
    figures = read_figures(document, [page.pictures for page in pages], reader)
    headings = Headings(document, [page.lines for page in pages], scans.texts)
    Writer(builder, pages, headings, figures).write()
    without_text = page_ranges([number for number, page in enumerate(pages) if not page.has_text])
    entries = [*scans.metadata_entries, *reader.metadata_entries]
    if still_garbled := [number for number, page in enumerate(pages) if page.is_garbled]:
        entries.append((GARBLED_PAGES, page_ranges(still_garbled)))
    parsed = builder.build(metadata(document, len(pages), without_text, entries), attachments)
    # Whether or not OCR could read the pages: with another OCR the document is parsed again.
    by_garbled, by_ocr = "_garbled" if garbled else "", "_ocr" if scanned or reads_garbled else ""
    by_ocr = "_figures" if reader.has_figures else by_ocr
    return replace(parsed, read_by=f"pdf{by_garbled}{by_ocr}")


def _garbled_text(garbled: list[int], count: int) -> DocumentRejected:
    message = (
        f"the fonts of {len(garbled)} of {count} pages declare other characters than they show "
        f"(pages {page_ranges(garbled)})"
    )
    rejected = DocumentRejected(Reason.GARBLED_TEXT, message)
    rejected.parser = "pdf_garbled"
    return rejected


def _pages(document: pdfium.PdfDocument, data: bytes, unpacking: Unpacking) -> Iterator[Page]:
    by_pdfminer = PdfminerPages(data)
    for number in range(len(document)):
        try:
            yield _page(document, by_pdfminer, number, unpacking)
        except pdfium.PdfiumError:  # a broken page must not cost the text of the others
            yield Page(0.0, (), (), Annotations())


def _page(
    document: pdfium.PdfDocument, by_pdfminer: PdfminerPages, number: int, unpacking: Unpacking
) -> Page:
    page = document[number]
    try:
        notes = annotations(document, page, unpacking)
        text = _text(page)
        height = page.get_height()
        if lacks_places(page, text) and (whole := by_pdfminer.read(number, text)):
            height = page.get_width() if whole.turn else height
            aside = tuple(run.text for run in whole.aside)
            pictures = () if whole.turn else page_pictures(page, whole.runs)
            body = tuple(lines(in_reading_order(whole.runs)))
            return Page(height, body, aside, notes, pictures=pictures)
        if not text.is_readable or (not text.runs and shows_text_as_image(page)):
            return Page(height, (), (), notes, is_scan=True)
        garbled = is_garbled(text.text)
        is_turned = text.turn or page.get_rotation()
        box = visible_box(page, _QUARTER_TURNS[text.turn]) if text.turn else visible_box(page)
        if is_turned:
            page = _upright(document, page, number, text.turn)
            height = page.get_height()
        grids = ruled_grids(page)
        between = walls(grids)
        if is_turned or between:
            text = _text(page, between)
        shown, hidden = visible(text.runs, box)
        runs, across = without_watermarks(shown)
        runs = with_drawn_bullets(page, in_reading_order(runs))
        aside = tuple(run.text for run in (*text.aside, *across))
        return Page(
            height,
            tuple(lines(runs, between)),
            aside,
            notes,
            grids=tuple(grids),
            is_garbled=garbled,
            hidden=tuple(run.text for run in hidden),
            pictures=page_pictures(page, shown),
        )
    finally:
        page.close()


def _text(page: pdfium.PdfPage, between: Sequence[Wall] = ()) -> PageText:
    textpage = page.get_textpage()
    try:
        return read_page(textpage, between)
    finally:
        textpage.close()


def _upright(
    document: pdfium.PdfDocument, page: pdfium.PdfPage, number: int, turn: int
) -> pdfium.PdfPage:
    """Return the page turned so that most of its text runs to the right, where it is displayed.

    pdfium orders lines as they are displayed: those of a page that lies on its side may come from
    the last to the first. It gives places, also of shapes, as on the page before its rotation.
    """
    left, bottom, right, top = page.get_mediabox()
    if turn:
        raw.FPDFPage_TransFormWithClip(page.raw, raw.FS_MATRIX(*_QUARTER_TURNS[turn], 0, 0), None)
        if turn % 2:
            page.set_mediabox(bottom, left, top, right)
    page.set_rotation(0)
    page.close()
    return document[number]


def _attachments(
    document: pdfium.PdfDocument, pages: list[Page], unpacking: Unpacking
) -> tuple[Attachment, ...]:
    """Return the files embedded in the document, then those attached to places on its pages."""
    embedded = (
        file_of(document.get_attachment(number), unpacking)
        for number in range(document.count_attachments())
    )
    of_pages = (file for page in pages for file in page.annotations.files)
    return with_unique_names([*(file for file in embedded if file), *of_pages])


def _check_text(pages: list[Page], scans: Scans, *, has_attachments: bool) -> None:
    """Raise `DocumentRejected` for a document without any text.

    The reason is needs_ocr where OCR might find some, else no_text.
    """
    if has_attachments or any(page.has_text or page.annotations.texts for page in pages):
        return
    if not scans.numbers:
        raise DocumentRejected(Reason.NO_TEXT, "no page shows text or images")
    scanned = len(scans.numbers)
    if len(pages) == 1:
        fact = "its only page holds no readable text, and is scanned"
    else:
        fact = f"none of its {len(pages):,} pages holds readable text, and "
        fact += f"{scanned:,} of them are scanned" if scanned > 1 else "one of them is scanned"
    message = f"{fact}: {scans.problem}"
    rejected = DocumentRejected(Reason.NO_TEXT if scans.is_done else Reason.NEEDS_OCR, message)
    rejected.parser = "pdf_ocr"
    raise rejected
