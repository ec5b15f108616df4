"""Read the figures of a PDF, and place their texts between the blocks of their pages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pypdfium2 as pdfium

from vouch.parsers.common.figure_read import FigureRead
from vouch.parsers.common.ocr.figures import MAX_PLACES, FigureReader
from vouch.parsers.pdf.edges.page_box import Box
from vouch.parsers.pdf.figures.drawing import drawn, shown
from vouch.parsers.pdf.figures.page_pictures import PagePicture
from vouch.parsers.pdf.paragraphs import Block


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, and its place on its page in points."""

    read: FigureRead
    box: Box


def read_figures(
    document: pdfium.PdfDocument, pages: Sequence[Sequence[PagePicture]], reader: FigureReader
) -> list[list[Figure]]:
    """Return the figures of each page, from top to bottom.

    What is on many pages is a logo or a background, and not read.
    """
    places = Counter(key for pictures in pages for key in {picture.key for picture in pictures})
    return [
        _read(
            document, number, [each for each in pictures if places[each.key] <= MAX_PLACES], reader
        )
        for number, pictures in enumerate(pages)
    ]


def _read(
    document: pdfium.PdfDocument,
    number: int,
    pictures: Sequence[PagePicture],
    reader: FigureReader,
) -> list[Figure]:
    if not pictures:
        return []
    page = document[number]
    try:
        return [_figure(page, picture, reader) for picture in _in_rows(pictures)]
    finally:
        page.close()


def _figure(page: pdfium.PdfPage, picture: PagePicture, reader: FigureReader) -> Figure:
    draw, show = partial(drawn, page, picture), partial(shown, page, picture)
    return Figure(reader.read(picture.key, draw, show, picture.text), picture.box)


def _in_rows(pictures: Sequence[PagePicture]) -> list[PagePicture]:
    """Return pictures from top to bottom, those that are side by side from left to right."""
    rows: list[list[PagePicture]] = []
    for picture in sorted(pictures, key=lambda picture: -picture.box[3]):
        middle = (picture.box[1] + picture.box[3]) / 2
        if rows and middle > rows[-1][0].box[1]:
            rows[-1].append(picture)
        else:
            rows.append([picture])
    return [picture for row in rows for picture in sorted(row, key=lambda picture: picture.box[0])]


def placed(
    figures: Sequence[Figure], blocks: Sequence[Block], *, ends_open: bool
) -> list[list[FigureRead]]:
    """Return the figures before each block of their page, and those behind the last.

    A figure is beside the block that is nearest above or below it. None parts a paragraph that
    continues from the page before or, with `ends_open`, on the next one.
    """
    before: list[list[FigureRead]] = [[] for _ in range(len(blocks) + 1)]
    for figure in figures:
        at = _nearest(figure.box, blocks)
        if blocks and at == 0 and blocks[0].continues:
            at = 1
        if ends_open and at == len(blocks) > 0:
            at = len(blocks) - 1
            at += at == 0 and blocks[0].continues
        before[at].append(figure.read)
    return before


def _nearest(box: Box, blocks: Sequence[Block]) -> int:
    """Return the place in the order of the blocks: before the nearest one below, or after it."""
    left, bottom, right, top = box
    nearest, at = float("inf"), len(blocks)
    for number, block in enumerate(blocks):
        lines = block.lines
        aside = max(min(line.x0 for line in lines) - right, left - max(line.x1 for line in lines))
        high = max(line.y + line.size for line in lines)
        low = min(line.y for line in lines)
        is_above = low + high > bottom + top
        away = max(low - top if is_above else bottom - high, 0.0)
        # What is beside it, in another column, is farther than all of its own.
        distance = away + (10_000.0 + aside if aside > 0 else 0.0)
        if distance < nearest:
            nearest, at = distance, number + is_above
    return at
