"""Draw a figure of a PDF page as its readers see it, without the text of the page."""

from collections.abc import Iterator

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from vouch.parsers.common.ocr.images import (
    DPI,
    POINTS_PER_INCH,
    SHOWN_SIDE,
    Image300,
    jpeg,
    pgm,
    resolution,
)
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
    dpi = resolution(*_size(picture), picture.dots)
    bitmap = _rendered(page, picture, dpi / POINTS_PER_INCH, grayscale=True)
    try:
        pixels = memoryview(bitmap.buffer).cast("B")
        starts = range(0, bitmap.height * bitmap.stride, bitmap.stride)
        rows = (pixels[start : start + bitmap.width] for start in starts)
        return pgm(bitmap.width, bitmap.height, b"".join(rows)), dpi
    finally:
        bitmap.close()


def shown(page: pdfium.PdfPage, picture: PagePicture) -> bytes:
    """Return the place of a picture as a JPEG, with the text of the page that is on it.

    Only before `drawn` hides it. Raises `ValueError` where it cannot be drawn.
    """
    scale = min(SHOWN_SIDE / max(*_size(picture), 1.0), DPI / POINTS_PER_INCH)
    bitmap = _rendered(page, picture, scale, grayscale=False)
    try:
        return jpeg(bitmap.to_pil())
    finally:
        bitmap.close()


def _size(picture: PagePicture) -> tuple[float, float]:
    left, bottom, right, top = picture.box
    return right - left, top - bottom


def _rendered(
    page: pdfium.PdfPage, picture: PagePicture, scale: float, *, grayscale: bool
) -> pdfium.PdfBitmap:
    left, bottom, right, top = page.get_bbox()
    x0, y0, x1, y1 = picture.box
    crop = (x0 - left, y0 - bottom, right - x1, top - y1)
    return page.render(scale=scale, crop=crop, grayscale=grayscale, may_draw_forms=False)


def _texts(page: pdfium.PdfPage) -> Iterator[pdfium.PdfObject]:
    yield from page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=_MAX_DEPTH)
