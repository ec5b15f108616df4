"""Turn what tesseract reads in an image into lines with places, by paragraph, without noise."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median

from vouch.parsers.common.ocr.images import POINTS_PER_INCH
from vouch.parsers.common.ocr.reader import Reader, Word, confidence, legible_lines
from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.text.lines import Line

# Tesseract's own confidence, in percent: pages below it are photographs, drawings or handwriting.
MIN_PAGE = 60.0
# In line heights: a wider gap separates two cells. Justified scans stretch spaces to about one.
CELL_GAP = 2.0


def paragraphs(
    reader: Reader, image: bytes, dpi: int | None, height: float = 0.0
) -> Iterator[tuple[int, tuple[Line, ...]]]:
    """Yield the paragraphs of an image in reading order, each with its page, from 1.

    Places are in points, `y` from the bottom of a page of `height` points. Without `dpi` a pixel
    counts as a point. Raises `DocumentRejected`.
    """
    read, scale = reader.words(image, dpi), POINTS_PER_INCH / (dpi or POINTS_PER_INCH)
    for page, words in groupby(read, key=lambda word: word.place[0]):
        lines = list(legible_lines(words))
        if not lines or confidence([word for line in lines for word in line]) < MIN_PAGE:
            continue
        for _, block in groupby(lines, key=lambda line: line[0].place[:2]):
            rows = [(line[0].place[2], _cells(line, scale, height)) for line in block]
            right = max(cells[-1].x1 for _, cells in rows)
            for _, paragraph in groupby(rows, key=lambda row: row[0]):
                yield page, tuple(Line(cells, right) for _, cells in paragraph)


def _cells(words: Sequence[Word], scale: float, height: float) -> tuple[Run, ...]:
    """Return a line cut into cells at wide gaps."""
    # The median word height, because a word with neither ascenders nor descenders is lower.
    size = median(word.bottom - word.top for word in words)
    cells: list[list[Word]] = [[words[0]]]
    for word in words[1:]:
        if word.x0 - cells[-1][-1].x1 > CELL_GAP * size:
            cells.append([])
        cells[-1].append(word)
    y = height - max(word.bottom for word in words) * scale
    return tuple(
        Run(
            " ".join(word.text for word in cell),
            cell[0].x0 * scale,
            cell[-1].x1 * scale,
            y,
            size * scale,
            bold=False,
        )
        for cell in cells
    )
