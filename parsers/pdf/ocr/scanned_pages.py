"""Find the pages of a PDF that show their text as an image, and read them by OCR if available."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.common.ocr.images import DPI, POINTS_PER_INCH, pgm
from vouch.parsers.common.ocr.reader import Reader, find_reader
from vouch.parsers.pdf.ocr.layout import paragraphs
from vouch.parsers.pdf.text.lines import Line
from vouch.schemas.settings.parsing import ParsingSettings

# A4 has 8.7 million pixels at 300 dpi. Posters and broken page sizes would take gigabytes.
MAX_PIXELS = 25_000_000
# Of the page's area: images that cover less are logos and signatures on an empty page.
MIN_COVERED = 0.05
# Some programs draw letters as shapes: a page of text has thousands, a frame or a logo few.
MIN_PATHS = 100
MAX_OBJECTS = 2_000  # that are inspected on a page
_MAX_DEPTH = 4  # of forms within forms


@dataclass(frozen=True, slots=True)
class Scans:
    """The result of OCR on the scanned pages of a document.

    `numbers` are the scanned pages, from 0, and `texts` the paragraphs by page. `reader` names the
    OCR; `problem` says why pages were not read. `is_done` means that OCR could read nothing more.
    """

    numbers: tuple[int, ...] = ()
    texts: dict[int, tuple[tuple[Line, ...], ...]] = field(default_factory=dict)
    reader: str = ""
    problem: str = ""
    is_done: bool = False

    @property
    def metadata_entries(self) -> tuple[tuple[str, str], ...]:
        """The scanned pages, and which pages were read by which OCR."""
        entries = {}
        if self.numbers:
            entries["scanned_pages"] = page_ranges(self.numbers)
        if self.texts:
            entries["ocr"] = f"{self.reader}, pages {page_ranges(sorted(self.texts))}"
        return tuple(entries.items())


def shows_text_as_image(page: pdfium.PdfPage) -> bool:
    """Return whether a page has a large image, or so many shapes that they may be letters."""
    width, height = page.get_size()
    covered = 0.0
    paths = 0
    for number, shown in enumerate(page.get_objects(max_depth=_MAX_DEPTH)):
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
    """Read scanned pages by OCR, the first `ocr_max_pages` of them.

    `numbers` count from 0. Raises `DocumentRejected` where OCR fails.
    """
    reader = find_reader(settings)
    if not isinstance(reader, Reader):
        return Scans(tuple(numbers), problem=reader)
    first = numbers[: settings.ocr_max_pages]
    texts = {number: text for number in first if (text := _read(document, number, reader))}
    is_done = len(first) == len(numbers)
    problem = (
        "OCR found no words there"
        if is_done
        else f"{len(numbers)} pages are scanned, more than the {len(first)} of "
        "parsing.ocr_max_pages; raise it, and parsing.timeout_s with it"
    )
    return Scans(tuple(numbers), texts, reader.name, problem, is_done)


def _read(
    document: pdfium.PdfDocument, number: int, reader: Reader
) -> tuple[tuple[Line, ...], ...]:
    page = document[number]
    try:
        image, dpi = render_page(page)
        return tuple(lines for _, lines in paragraphs(reader, image, dpi, page.get_height()))
    finally:
        page.close()


def render_page(page: pdfium.PdfPage) -> tuple[bytes, int]:
    """Render a page in grey; return it as a PGM image, and its resolution in dots per inch.

    The resolution is 300, or less where that would exceed `MAX_PIXELS`.
    """
    width, height = page.get_size()
    limit = (MAX_PIXELS / max(width * height, 1.0)) ** 0.5 * POINTS_PER_INCH
    dpi = max(int(min(DPI, limit)), 1)
    bitmap = page.render(scale=dpi / POINTS_PER_INCH, grayscale=True, may_draw_forms=False)
    try:
        pixels = memoryview(bitmap.buffer).cast("B")
        rows = (
            pixels[y * bitmap.stride : y * bitmap.stride + bitmap.width]
            for y in range(bitmap.height)
        )
        return pgm(bitmap.width, bitmap.height, b"".join(rows)), dpi
    finally:
        bitmap.close()


def page_ranges(numbers: Sequence[int]) -> str:
    """Return page numbers from 0 as ranges from 1: `1, 3-5`."""
    ranges = [
        [number for _, number in run]
        for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    ]
    return ", ".join(
        str(first + 1) if first == last else f"{first + 1}-{last + 1}"
        for first, last in ((pages[0], pages[-1]) for pages in ranges)
    )
