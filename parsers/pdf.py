"""PDF by pdfium: text in reading order, page by page, with headings, tables, page margins, forms and notes.

Two passes: the first takes the lines of every page and closes it, the second can then tell what is usual in the document
(its text size, what repeats in the margins, its headings) and writes it down.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from parsers.attachment_names import with_unique_names
from parsers.base import Hint
from parsers.builder import DocumentBuilder
from parsers.bullets import without_bullet
from parsers.containers import contained
from parsers.pdf_columns import in_reading_order
from parsers.pdf_extras import Annotations, annotations, file_of, metadata
from parsers.pdf_headings import Headings
from parsers.pdf_lines import Line, lines
from parsers.pdf_margins import Margins
from parsers.pdf_page import Run, read_page
from parsers.pdf_paragraphs import Block, Joiner, blocks
from parsers.pdf_tables import rows
from parsers.spreadsheet_tables import header_rows
from schemas.errors import DocumentRejected
from schemas.records import Attachment, Document, Reason

# Of the characters; above it the file shows glyphs whose meaning it does not say.
MAX_UNREADABLE = 0.5


@dataclass(frozen=True, slots=True)
class Page:
    """What was taken from a page: its lines in reading order, texts that run across, and annotations."""

    height: float
    lines: tuple[Line, ...]
    aside: tuple[Run, ...]
    annotations: Annotations


def parse(data: bytes, hint: Hint) -> Document:
    """The text of a PDF; raises `DocumentRejected`, needs_ocr where it holds pictures of text only."""
    with contained("PDF"):
        document = _open(data)
        try:
            return _document(document)
        finally:
            document.close()


def _open(data: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            message = "the PDF opens with a password only; save it without one"
            raise DocumentRejected(Reason.ENCRYPTED, message) from None
        raise


def _document(document: pdfium.PdfDocument) -> Document:
    if document.get_formtype() != raw.FORMTYPE_NONE:
        document.init_forms()
    pages = list(_pages(document))
    attachments = _attachments(document, pages)
    _check_readable(pages, bool(attachments))
    builder = DocumentBuilder()
    writer = _Writer(builder, pages, Headings(document, [page.lines for page in pages]))
    for number, page in enumerate(pages, start=1):
        builder.page = number
        writer.write(number - 1, page)
    silent = sum(not page.lines and not page.aside for page in pages)
    return builder.build(metadata(document, len(pages), silent), attachments)


def _pages(document: pdfium.PdfDocument) -> Iterator[Page]:
    for number in range(len(document)):
        try:
            page = document[number]
        except pdfium.PdfiumError:  # one page that is broken does not cost the others
            yield Page(0.0, (), (), Annotations())
            continue
        textpage = page.get_textpage()
        try:
            text = read_page(textpage)
            found = tuple(lines(in_reading_order(text.runs)))
            yield Page(page.get_height(), found, text.aside, annotations(document, page))
        finally:
            textpage.close()
            page.close()


def _attachments(document: pdfium.PdfDocument, pages: list[Page]) -> tuple[Attachment, ...]:
    embedded = (file_of(document.get_attachment(number)) for number in range(document.count_attachments()))
    pinned = (file for page in pages for file in page.annotations.files)
    return with_unique_names([*(one for one in embedded if one), *pinned])


def _check_readable(pages: list[Page], has_attachments: bool) -> None:
    text = "".join(line.text for page in pages for line in page.lines)
    said = text or any(page.aside or page.annotations.texts for page in pages)
    if not said and not has_attachments:
        message = f"none of the {len(pages)} pages holds text; a scan must be read by OCR first"
        raise DocumentRejected(Reason.NEEDS_OCR, message)
    unreadable = sum(_is_unreadable(character) for character in text)
    if unreadable > MAX_UNREADABLE * max(len(text), 1):
        message = "the fonts do not say what their characters mean; the file must be read by OCR"
        raise DocumentRejected(Reason.NEEDS_OCR, message)


def _is_unreadable(character: str) -> bool:
    return character == "\ufffd" or "\ue000" <= character <= "\uf8ff" or (character < " " and character not in "\t\n")


class _Writer:
    """Writes pages into a builder."""

    def __init__(self, builder: DocumentBuilder, pages: list[Page], headings: Headings) -> None:
        self._builder = builder
        self._headings = headings
        self._margins = Margins([(page.height, page.lines) for page in pages])
        self._joiner = Joiner(line.text for page in pages for line in page.lines)

    def write(self, number: int, page: Page) -> None:
        above, body, below = self._margins.split(number)
        for line in above:
            self._builder.header(line.text)
        for block in blocks(body):
            self._write_block(number, block)
        for text in (*(run.text for run in page.aside), *page.annotations.texts):
            self._builder.paragraph(text)
        for line in below:
            self._builder.footer(line.text)

    def _write_block(self, number: int, block: Block) -> None:
        if block.is_table:
            cells = rows(block.lines)
            self._builder.table(cells, header_rows=header_rows(cells))
            return
        for level, part in self._headings.split(number, block.lines):
            text = self._joiner.join(part)
            if level is not None:
                self._builder.title(text, level)
            elif (item := without_bullet(text)) is not None:
                self._builder.list_item(item)
            else:
                self._builder.paragraph(text)
