"""Draw pictures of text and put them into documents."""

import io
import random
from collections.abc import Sequence

import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFont


def picture(lines: Sequence[str], width: int = 900, height: int = 450) -> Image.Image:
    """Return black lines of text on white, as in a diagram."""
    drawn = Image.new("RGB", (width, height), "white")
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(size=40)
    for number, line in enumerate(lines):
        pen.text((40, 40 + 90 * number), line, fill="black", font=font)
    return drawn


def photograph(width: int = 900, height: int = 450) -> Image.Image:
    """Return coloured noise of blots, in which there is nothing to read."""
    chance = random.Random(7)
    small = Image.new("RGB", (width // 30, height // 30))
    pixels = [
        tuple(chance.randrange(256) for _ in range(3)) for _ in range(small.width * small.height)
    ]
    small.putdata(pixels)
    return small.resize((width, height), Image.Resampling.BICUBIC)


def png(image: Image.Image) -> bytes:
    """Return a picture as a PNG file."""
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def with_pictures(
    data: bytes,
    pictures: Sequence[tuple[int, Image.Image, tuple[float, float, float, float]]],
) -> bytes:
    """Return a PDF with pictures on its pages: page from 0, picture, left, bottom, width, height."""
    with pdfium.PdfDocument(data) as document:
        for number, image, (left, bottom, width, height) in pictures:
            page = document[number]
            shown = pdfium.PdfImage.new(document)
            bitmap = pdfium.PdfBitmap.from_pil(image)
            shown.set_bitmap(bitmap)
            shown.set_matrix(pdfium.PdfMatrix().scale(width, height).translate(left, bottom))
            page.insert_obj(shown)
            page.gen_content()
            page.close()
        stream = io.BytesIO()
        document.save(stream)
        return stream.getvalue()
