"""Find the pictures on a PDF page that may carry meaning: where they are, and which they are."""

import ctypes
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from vouch.parsers.common.ocr.figures import carries_meaning
from vouch.parsers.common.ocr.images import MAX_DECODED_PIXELS, POINTS_PER_INCH
from vouch.parsers.pdf.edges.page_box import Box
from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.pdfium_calls import Handle, address, object_at, object_type

# Of a page; a page of more pictures is drawn with them.
_MAX_PICTURES = 100
# A map or a plot has tens of thousands of objects, which are looked at in some milliseconds.
_MAX_OBJECTS = 20_000
_MAX_DEPTH = 4  # of forms within forms
# In points: strips and tiles of one picture touch each other.
_TOUCHING = 1.0
# Words of the page's own text on a picture: with so many it is a background, or a scanned page.
_MAX_WORDS = 20
# Of the runs on a picture, in font sizes above the baseline.
_MIDDLE = 0.3


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A picture on a page, which strips and tiles may make up.

    `box` is its place in points, `key` says which picture it is, `dots` how many of its pixels are
    on an inch, and `text` is that of the page at its place.
    """

    box: Box
    key: str
    dots: float
    text: str


@dataclass(frozen=True, slots=True)
class _Piece:
    box: Box
    pixels: tuple[int, int]
    key: str


def page_pictures(page: pdfium.PdfPage, runs: Sequence[Run]) -> tuple[PagePicture, ...]:
    """Return the pictures that may carry meaning; `runs` are the text of the page."""
    left, bottom, right, top = page.get_bbox()
    pieces = []
    for piece in _pieces(page):
        x0, y0, x1, y1 = piece.box
        box = (max(x0, left), max(y0, bottom), min(x1, right), min(y1, top))
        if box[0] < box[2] and box[1] < box[3]:
            pieces.append(_Piece(box, piece.pixels, piece.key))
        if len(pieces) > _MAX_PICTURES:
            return ()
    pictures = []
    for whole, parts in _joined(pieces):
        width, height = whole[2] - whole[0], whole[3] - whole[1]
        dots = max(_dots(part) for part in parts)
        pixels = (round(dots * width), round(dots * height))
        if not carries_meaning(width, height, pixels):
            continue
        words = [run.text for run in runs if _is_on(run, whole)]
        text = " ".join(words)
        if len(text.split()) < _MAX_WORDS:
            key = hashlib.sha256(" ".join(sorted(part.key for part in parts)).encode()).hexdigest()
            pictures.append(PagePicture(whole, key, dots * POINTS_PER_INCH, text))
    return tuple(pictures)


def _dots(piece: _Piece) -> float:
    """Return how many pixels of a piece are on a point; a piece may be turned."""
    left, bottom, right, top = piece.box
    return float((piece.pixels[0] * piece.pixels[1] / ((right - left) * (top - bottom))) ** 0.5)


def _is_on(run: Run, box: Box) -> bool:
    left, bottom, right, top = box
    middle = (run.x0 + run.x1) / 2
    return left <= middle <= right and bottom <= run.y + _MIDDLE * run.size <= top


def _joined(pieces: Sequence[_Piece]) -> list[tuple[Box, list[_Piece]]]:
    """Return the boxes around pieces that touch, and the pieces in each."""
    groups: list[tuple[Box, list[_Piece]]] = []
    for piece in pieces:
        box, parts = piece.box, [piece]
        apart = []
        for group, members in groups:
            if _touch(box, group):
                box = (
                    min(box[0], group[0]),
                    min(box[1], group[1]),
                    max(box[2], group[2]),
                    max(box[3], group[3]),
                )
                parts = [*members, *parts]
            else:
                apart.append((group, members))
        groups = [*apart, (box, parts)]
    return groups


def _touch(first: Box, second: Box) -> bool:
    return (
        first[0] <= second[2] + _TOUCHING
        and second[0] <= first[2] + _TOUCHING
        and first[1] <= second[3] + _TOUCHING
        and second[1] <= first[3] + _TOUCHING
    )


def _pieces(page: pdfium.PdfPage) -> Iterator[_Piece]:
    """Yield the images of a page, also those within forms, that are not too large to be drawn."""
    page_address, looked_at = address(page.raw), 0
    for number in range(min(raw.FPDFPage_CountObjects(page.raw), _MAX_OBJECTS)):
        kind = object_type(object_at(page_address, number))
        if kind in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM):
            shown = raw.FPDFPage_GetObject(page.raw, number)
            for image, box in _images(shown, pdfium.PdfMatrix(), 0):
                looked_at += 1
                if looked_at > _MAX_PICTURES:
                    return
                pixels = _pixels(image)
                if pixels is not None:
                    yield _Piece(box, pixels, _key(image))


def _images(shown: Handle, matrix: pdfium.PdfMatrix, depth: int) -> Iterator[tuple[Handle, Box]]:
    """Yield an image, or those within a form, with their places on the page."""
    if raw.FPDFPageObj_GetType(shown) == raw.FPDF_PAGEOBJ_IMAGE:
        sides = [ctypes.c_float() for _ in range(4)]
        if raw.FPDFPageObj_GetBounds(shown, *sides):
            yield shown, matrix.on_rect(*(side.value for side in sides))
        return
    if depth >= _MAX_DEPTH:
        return
    own = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(shown, own):
        return
    inner = pdfium.PdfMatrix.from_raw(own).multiply(matrix)
    for number in range(min(raw.FPDFFormObj_CountObjects(shown), _MAX_OBJECTS)):
        part = raw.FPDFFormObj_GetObject(shown, number)
        if raw.FPDFPageObj_GetType(part) in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM):
            yield from _images(part, inner, depth + 1)


def _pixels(image: Handle) -> tuple[int, int] | None:
    """Return the size of an image in pixels; None where it is none, or too large to be drawn.

    A JPEG 2000 image says its size itself, whatever the file says of it.
    """
    width, height = ctypes.c_uint(), ctypes.c_uint()
    if not raw.FPDFImageObj_GetImagePixelSize(image, width, height):
        return None
    sizes = [(width.value, height.value)]
    if _is_jpeg_2000(image):
        with_header = _own_size(_data(image))
        if with_header is None:
            return None
        sizes.append(with_header)
    if any(x * y > MAX_DECODED_PIXELS for x, y in sizes):
        return None
    return sizes[0]


def _own_size(data: bytes) -> tuple[int, int] | None:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG2000",)) as picture:
            return picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _is_jpeg_2000(image: Handle) -> bool:
    count = raw.FPDFImageObj_GetImageFilterCount(image)
    if not count:
        return False
    buffer = ctypes.create_string_buffer(32)
    raw.FPDFImageObj_GetImageFilter(image, count - 1, buffer, len(buffer))
    return buffer.value == b"JPXDecode"


def _key(image: Handle) -> str:
    return hashlib.sha256(_data(image)).hexdigest()


def _data(image: Handle) -> bytes:
    """Return the bytes of an image as they are in the file, compressed."""
    length = raw.FPDFImageObj_GetImageDataRaw(image, None, 0)
    buffer = ctypes.create_string_buffer(length)
    raw.FPDFImageObj_GetImageDataRaw(image, buffer, length)
    return buffer.raw
