"""Pages of a PDF that show their text as an image only: which they are, and their text by OCR where that can be had."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.pdf.lines import Line
from vouch.parsers.pdf.ocr_layout import POINTS, Reader, find_reader
from vouch.schemas.settings import ParsingSettings

DPI = 300
MAX_PIXELS = 25_000_000
# Of the page: images that cover less hold no page's text.
MIN_COVERED = 0.05
MIN_PATHS = 100  # letters drawn as shapes
MAX_OBJECTS = 2_000  # looked at on one page
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Scans:
    """What was read of the scanned pages, by page from 0; `reader` or `problem` says by what, or why not all were.

    `is_done` says that there is nothing more that OCR could read.
    """

    numbers: tuple[int, ...] = ()
    texts: dict[int, tuple[tuple[Line, ...], ...]] = field(default_factory=dict)
    reader: str = ""
    problem: str = ""
    is_done: bool = False

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """For a document's metadata: the scanned pages, and which of them were read by what."""
        if not self.numbers:
            return ()
        read_by = ("ocr", f"{self.reader}, pages {ranges(sorted(self.texts))}")
        return (("scanned_pages", ranges(self.numbers)), *([read_by] if self.texts else []))


def shows_text_as_image(page: pdfium.PdfPage) -> bool:
    """Has a page an image of some size, or so many shapes that they may be letters?"""
    width, height = page.get_size()
    covered = 0.0
    paths = 0
    for number, shown in enumerate(page.get_objects(max_depth=_DEPTH)):
        if shown.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = shown.get_bounds()
            covered += abs(right - left) * abs(top - bottom)
        paths += shown.type in (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_TEXT)
        if covered >= MIN_COVERED * width * height or paths >= MIN_PATHS:
            return True
        if number >= MAX_OBJECTS:
            break
    return False


def read_scans(
    document: pdfium.PdfDocument, numbers: Sequence[int], settings: ParsingSettings
) -> Scans:
    """The text of scanned pages, of the first `ocr_max_pages` of them."""
    found = find_reader(settings)
    if not isinstance(found, Reader):
        return Scans(tuple(numbers), problem=found)
    first = numbers[: settings.ocr_max_pages]
    texts = {number: text for number in first if (text := _read(document, number, found))}
    is_done = len(first) == len(numbers)
    problem = "OCR found no words on them" if is_done else _too_many(len(numbers), len(first))
    return Scans(tuple(numbers), texts, found.name, problem, is_done)


def _too_many(scanned: int, read: int) -> str:
    limit = f"more than the {read} of parsing.ocr_max_pages"
    return f"{scanned} pages are scanned, {limit}; raise it, and parsing.timeout_s with it"


def _read(
    document: pdfium.PdfDocument, number: int, reader: Reader
) -> tuple[tuple[Line, ...], ...]:
    page = document[number]
    try:
        image, dpi = rendered(page)
        return tuple(lines for _, lines in reader.paragraphs(image, dpi, page.get_height()))
    finally:
        page.close()


def rendered(page: pdfium.PdfPage) -> tuple[bytes, int]:
    """The page in grey as a PGM image, and its dots an inch: 300, fewer where that would be too many pixels."""
    width, height = page.get_size()
    most = (MAX_PIXELS / max(width * height, 1.0)) ** 0.5 * POINTS
    dpi = max(int(min(DPI, most)), 1)
    bitmap = page.render(scale=dpi / POINTS, grayscale=True, may_draw_forms=False)
    try:
        pixels = memoryview(bitmap.buffer).cast("B")
        rows = (
            pixels[y * bitmap.stride : y * bitmap.stride + bitmap.width]
            for y in range(bitmap.height)
        )
        return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + b"".join(rows), dpi
    finally:
        bitmap.close()


def ranges(numbers: Sequence[int]) -> str:
    """Pages that are counted from 0 as they are named, from 1: `1, 3-5`."""
    runs = [
        [one for _, one in run]
        for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    ]
    return ", ".join(
        str(run[0] + 1) if len(run) == 1 else f"{run[0] + 1}-{run[-1] + 1}" for run in runs
    )
