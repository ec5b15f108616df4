"""Parse PDF with pdfium: text in reading order, with headings, tables, forms, notes and margins.

There are two passes. The first one takes the lines of every page and closes it; the second one
knows what is usual in the document (its font size, what repeats in the margins, its headings) and
writes the elements.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.base import Hint
from vouch.parsers.common.attachment_names import with_unique_names
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.common.unpacking import Unpacking
from vouch.parsers.common.zip_safety import contained
from vouch.parsers.pdf.annotations import Annotations, annotations, file_of, metadata
from vouch.parsers.pdf.columns import in_reading_order
from vouch.parsers.pdf.dehyphenation import Joiner
from vouch.parsers.pdf.drawn_bullets import with_drawn_bullets
from vouch.parsers.pdf.east_asian import PdfminerPages, lacks_places
from vouch.parsers.pdf.garbled_text import GARBLED_PAGES, is_garbled
from vouch.parsers.pdf.headings import Headings
from vouch.parsers.pdf.lines import Line, lines
from vouch.parsers.pdf.page import PageText, read_page
from vouch.parsers.pdf.page_box import visible, visible_box
from vouch.parsers.pdf.page_breaks import connect_pages
from vouch.parsers.pdf.paragraphs import Block, blocks, ocr_blocks
from vouch.parsers.pdf.ruled_grids import Grid, ruled_grids
from vouch.parsers.pdf.ruled_walls import Wall, walls
from vouch.parsers.pdf.running_headers import Margin, Margins
from vouch.parsers.pdf.scanned_pages import Scans, page_ranges, read_scans, shows_text_as_image
from vouch.parsers.pdf.watermarks import repeated, without_watermarks
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Attachment, Document, LeftOutKind, Reason
from vouch.schemas.settings import ParsingSettings

# The first four entries of a matrix that turns a page back, by quarter turns of its text.
_QUARTER_TURNS = {1: (0, -1, 1, 0), 2: (-1, 0, 0, -1), 3: (0, 1, -1, 0)}


@dataclass(frozen=True, slots=True)
class Page:
    """What the first pass takes from a page.

    `lines` are in reading order; `aside` are texts in another direction or across the others.
    `is_scan` means that the page shows an image and no text, `is_garbled` that its fonts declare
    other characters than it shows. `paragraphs` are those that OCR found on such a page, of the
    same lines. `grids` are the tables that are ruled off, `hidden` what is outside of the page.
    """

    height: float
    lines: tuple[Line, ...]
    aside: tuple[str, ...]
    annotations: Annotations
    is_scan: bool = False
    paragraphs: tuple[tuple[Line, ...], ...] = ()
    grids: tuple[Grid, ...] = ()
    is_garbled: bool = False
    hidden: tuple[str, ...] = ()

    @property
    def has_text(self) -> bool:
        return bool(self.lines or self.aside)


def parse(data: bytes, hint: Hint) -> Document:
    """Return the text of a PDF.

    Raises `DocumentRejected`: encrypted, malformed, no_text, needs_ocr where it holds images of
    text that cannot be read on this machine, or garbled_text where the settings say so.
    """
    with contained("PDF"):
        document = _open(data)
        try:
            return _document(document, data, hint.settings)
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


def _document(document: pdfium.PdfDocument, data: bytes, settings: ParsingSettings) -> Document:
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
    _Writer(builder, pages, Headings(document, [page.lines for page in pages], scans.texts)).write()
    without_text = page_ranges([number for number, page in enumerate(pages) if not page.has_text])
    entries = list(scans.metadata_entries)
    if still_garbled := [number for number, page in enumerate(pages) if page.is_garbled]:
        entries.append((GARBLED_PAGES, page_ranges(still_garbled)))
    parsed = builder.build(metadata(document, len(pages), without_text, entries), attachments)
    # Whether or not OCR could read the pages: with another OCR the document is parsed again.
    by_garbled, by_ocr = "_garbled" if garbled else "", "_ocr" if scanned or reads_garbled else ""
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
            return Page(height, tuple(lines(in_reading_order(whole.runs))), aside, notes)
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


class _Writer:
    """Writes pages into a builder.

    Repeated headers and footers come after the text of all pages, so that they interrupt no
    paragraph that continues on the next page.
    """

    def __init__(self, builder: DocumentBuilder, pages: list[Page], headings: Headings) -> None:
        self._builder = builder
        self._headings = headings
        self._pages = pages
        self._joiner = Joiner(line for page in pages for line in page.lines)
        margins = Margins([(page.height, page.lines) for page in pages])
        self._stamps = repeated([page.aside for page in pages])
        self._splits = [margins.split(number) for number in range(len(pages))]

    def write(self) -> None:
        bodies = [
            ocr_blocks(page.paragraphs, body) if page.paragraphs else blocks(body, page.grids)
            for page, (_, body) in zip(self._pages, self._splits, strict=True)
        ]
        self._builder.page = 1
        for margin in self._splits[0][0] if self._splits else ():
            if _begins_text(margin):
                self._builder.paragraph(margin.text)
        for number, body in enumerate(connect_pages(bodies, self._joiner)):
            self._builder.page = number + 1
            for block in body:
                self._write_block(number, block)
            page = self._pages[number]
            for text in page.hidden:
                self._builder.leave_out(LeftOutKind.HIDDEN, text)
            for text in (*page.aside, *page.annotations.texts):
                if text not in self._stamps:
                    self._builder.paragraph(text)
        self._write_margins()

    def _write_margins(self) -> None:
        """Write what is in the margins: what is written nowhere else once as text."""
        self._builder.end_sections()
        seen: set[str] = set()
        rest: list[tuple[int, str, str, LeftOutKind]] = []
        for number, (margins, _) in enumerate(self._splits):
            self._builder.page = number + 1
            for margin in margins:
                if not margin.is_first:
                    rest.append((number, margin.side, margin.text, margin.kind))
                elif number > 0 or not _begins_text(margin):
                    self._builder.paragraph(margin.text)
            aside = Counter(self._pages[number].aside)
            for text in [text for text in aside if text in self._stamps]:
                if text in seen:
                    rest.append((number, "top", text, LeftOutKind.WATERMARK))
                else:
                    self._builder.paragraph(text)
                seen.add(text)
                for _ in range(aside[text] - 1):  # tiles, printed all over the page
                    self._builder.leave_out(LeftOutKind.WATERMARK, text)
        for number, side, text, kind in rest:
            self._builder.page = number + 1
            if side == "top":
                self._builder.header(text, kind)
            else:
                self._builder.footer(text, kind)

    def _write_block(self, number: int, block: Block) -> None:
        if block.table:
            self._builder.table(block.table.rows, block.table.header_rows)
            return
        # Texts written after the last block of the page before would come between the two parts.
        before = self._pages[number - 1]
        has_texts = before.annotations.texts or not self._stamps.issuperset(before.aside)
        continues = block.continues and not has_texts
        for level, part in self._headings.split(number, block.lines):
            text = self._joiner.join(part)
            if level is not None:
                self._builder.title(text, level)
            elif continues:
                self._builder.continued(text)
            elif (item := without_bullet(text)) is not None:
                self._builder.list_item(item)
            else:
                self._builder.paragraph(text)
            continues = False


def _begins_text(margin: Margin) -> bool:
    """Return whether a header of the first page is the first line of the document's text."""
    return margin.is_first and margin.side == "top" and margin.kind != LeftOutKind.WATERMARK
