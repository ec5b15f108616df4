"""Write the pages of a PDF as elements: their text, then what is in their margins."""

from collections import Counter
from collections.abc import Sequence

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.pdf.edges.page_breaks import connect_pages
from vouch.parsers.pdf.edges.running_headers import Margin, Margins
from vouch.parsers.pdf.edges.watermarks import repeated
from vouch.parsers.pdf.figures.reading import Figure, placed
from vouch.parsers.pdf.headings import Headings
from vouch.parsers.pdf.paragraphs import Block, blocks, ocr_blocks
from vouch.parsers.pdf.parsed_page import Page
from vouch.parsers.pdf.text.dehyphenation import Joiner
from vouch.schemas.documents.records import LeftOutKind


class Writer:
    """Writes pages into a builder.

    Headers, footers and watermarks come after the text of all pages, so that they interrupt no
    paragraph that continues on the next page. What only they say is written once as text: those of
    the first page above it, as a reader sees them, the others behind all text.
    """

    def __init__(
        self,
        builder: DocumentBuilder,
        pages: list[Page],
        headings: Headings,
        figures: Sequence[Sequence[Figure]],
    ) -> None:
        self._builder = builder
        self._figures = figures
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
        connected = connect_pages(bodies, self._joiner)
        for number, body in enumerate(connected):
            self._builder.page = number + 1
            following = connected[number + 1] if number + 1 < len(connected) else []
            ends_open = any(block.continues for block in following[:1])
            *figures, behind = placed(self._figures[number], body, ends_open=ends_open)
            for block, before in zip(body, figures, strict=True):
                for figure in before:
                    self._builder.figure_read(figure)
                self._write_block(number, block)
            for figure in behind:
                self._builder.figure_read(figure)
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
