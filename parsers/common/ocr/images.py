"""Turn pictures into what tesseract reads: grey images of about 300 dots an inch, within limits."""

import io
import warnings
from typing import TypeAlias

from PIL import Image, ImageOps

Image300: TypeAlias = tuple[bytes, int]
"""A PGM image and its resolution in dots per inch."""
Crop: TypeAlias = tuple[float, float, float, float]
"""The shares of a picture's left, top, right and bottom that are not shown."""
SHOWN_SIDE = 1024  # pixels of what a service is sent
_QUALITY = 85  # of JPEG
DPI = 300  # tesseract is trained on text of about this; body text below 200 is read much worse
# More would take seconds and hundreds of megabytes: a figure is smaller than a page.
MAX_FIGURE_PIXELS = 8_000_000
MAX_DECODED_PIXELS = 50_000_000
# Not those that Pillow hands to other programs, such as EPS.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "JPEG2000", "AVIF")
# Enlarging more than threefold adds no detail.
MAX_ENLARGEMENT = 3.0
POINTS_PER_INCH = 72.0


def grey(picture: Image.Image) -> Image.Image:
    """Return a picture in grey, with white where it is transparent."""
    if picture.mode.startswith("I;16"):  # of which `convert` would cut off all but the darkest
        return picture.point(lambda value: value * (1 / 256)).convert("L")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        below = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(below, layer).convert("L")
    return picture.convert("L")


def pgm(width: int, height: int, pixels: bytes) -> bytes:
    """Return grey pixels, row by row, as an image."""
    return b"P5 %d %d 255\n" % (width, height) + pixels


def resolution(width: float, height: float, native: float) -> int:
    """Return the dots per inch at which a figure of so many points is read.

    `native` is its own resolution.
    """
    inches = max(width * height, 1.0) / POINTS_PER_INCH**2
    return max(int(min(DPI, native * MAX_ENLARGEMENT, (MAX_FIGURE_PIXELS / inches) ** 0.5)), 1)


def pixel_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a picture by its header; None where it cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow thinks of damaged metadata
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
                return picture.size
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return None


def drawn(data: bytes, width: float, crop: Crop) -> Image300:
    """Return a picture that is shown `width` points wide, without what is cropped.

    Raises `OSError` or `ValueError` for a damaged picture.
    """
    flat = grey(_cropped(data, crop))
    native = flat.width * POINTS_PER_INCH / width
    dpi = resolution(width, width * flat.height / flat.width, native)
    size = (max(round(flat.width * dpi / native), 1), max(round(flat.height * dpi / native), 1))
    flat = flat.resize(size, Image.Resampling.BICUBIC)
    return pgm(*size, flat.tobytes()), dpi


def shown(data: bytes, crop: Crop) -> bytes:
    """Return a picture in its colours as a JPEG, without what is cropped. Raises as `drawn`."""
    return jpeg(_cropped(data, crop))


def jpeg(picture: Image.Image) -> bytes:
    """Return a picture as a JPEG of at most `SHOWN_SIDE` pixels a side, white where it is
    transparent.
    """
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    small = picture.convert("RGB")
    small.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


def _cropped(data: bytes, crop: Crop) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            whole = ImageOps.exif_transpose(picture)
    left, top, right, bottom = (min(max(share, 0.0), 0.9) for share in crop)
    x0, y0 = int(whole.width * left), int(whole.height * top)
    x1, y1 = int(whole.width * (1 - right)), int(whole.height * (1 - bottom))
    return whole.crop((x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)))
