"""Draw a figure of a PDF page as its readers see it, without the text of the page."""

from collections.abc import Iterator

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.common.ocr.images import POINTS_PER_INCH, Image300, pgm, resolution
from vouch.parsers.pdf.figures.page_pictures import PagePicture

_MAX_DEPTH = 4
_MAX_OBJECTS = 20_000


def drawn(page: pdfium.PdfPage, picture: PagePicture) -> Image300:
    """Return the place of a picture in grey. The text of the page, which is read anyway, is hidden.

    Raises `ValueError` where it cannot be drawn.
    """
    for number, text in enumerate(_texts(page)):
        raw.FPDFTextObj_SetTextRenderMode(text.raw, raw.FPDF_TEXTRENDERMODE_INVISIBLE)
        if number >= _MAX_OBJECTS:
            break
    left, bottom, right, top = page.get_bbox()
    x0, y0, x1, y1 = picture.box
    dpi = resolution(x1 - x0, y1 - y0, picture.dots)
    crop = (x0 - left, y0 - bottom, right - x1, top - y1)
    bitmap = page.render(
        scale=dpi / POINTS_PER_INCH, crop=crop, grayscale=True, may_draw_forms=False
    )
    try:
        pixels = memoryview(bitmap.buffer).cast("B")
        starts = range(0, bitmap.height * bitmap.stride, bitmap.stride)
        rows = (pixels[start : start + bitmap.width] for start in starts)
        return pgm(bitmap.width, bitmap.height, b"".join(rows)), dpi
    finally:
        bitmap.close()


def _texts(page: pdfium.PdfPage) -> Iterator[pdfium.PdfObject]:
    return page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=_MAX_DEPTH)
