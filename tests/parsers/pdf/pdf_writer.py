"""Write small PDFs in which a test determines the place of each text."""

import io
from collections.abc import Collection, Sequence
from typing import TypeAlias

import pypdfium2 as pdfium

from benchmarks.reading.pdf_truths import add_image

Text: TypeAlias = tuple[float, float, float, str]
"""x, y (from the bottom), size, text; all in points."""
PROSE = "Some words of running text that fill the line up to its"


def column(
    x: float, top: float, lines: Sequence[str], size: float = 10, pitch: float = 12
) -> list[Text]:
    """Return lines below each other, from the baseline of the first one."""
    return [(x, top - pitch * number, size, line) for number, line in enumerate(lines)]


def prose(last_word: str, count: int) -> list[str]:
    """Return full lines of running text that differ in their ends."""
    return [f"{PROSE} {last_word} {number}" for number in range(count)]


def grid(cells: Sequence[Sequence[str]], *, size: float = 10, pitch: float = 14) -> list[Text]:
    """Return cells in columns 150 points apart."""
    return [
        (60 + 150 * column, 740 - pitch * row, size, text)
        for row, texts in enumerate(cells)
        for column, text in enumerate(texts)
    ]


def pdf(
    pages: Sequence[Sequence[Text]],
    *,
    rotate: int = 0,
    info: str = "",
    drawn: str = "",
    outline: Sequence[str] = (),
) -> bytes:
    """Return a PDF of A4 pages in Helvetica.

    `drawn` are commands for each page before its texts, `outline` the titles of bookmarks on the
    first one.
    """
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    first = 4 + 2 * count  # the object of the outline, after those of the pages
    outlines = f"/Outlines {first} 0 R" if outline else ""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) {outlines} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        content = "\n".join([drawn, *map(_show, page)])
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate {rotate} "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    objects += _outline(outline, first) if outline else []
    objects.append(f"<< {info} >>")
    return _assembled(objects)


def unicode_pdf(lines: Sequence[Sequence[str]], undeclared: str = "") -> bytes:
    """Return a page with any characters, drawn to the right.

    Each is a glyph of half an em, whose meaning the font's ToUnicode table declares; that of the
    glyphs in `undeclared` is nothing. A line may also be a list of strings, each of one glyph.
    """
    glyphs = sorted({glyph for line in lines for glyph in line})
    codes = {glyph: number for number, glyph in enumerate(glyphs, start=0x301)}
    pairs = "\n".join(
        f"<{code:04x}> <{'' if glyph in undeclared else ''.join(map(_utf16, glyph))}>"
        for glyph, code in codes.items()
    )
    table = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def "
        "/CMapType 2 def 1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{len(codes)} beginbfchar\n{pairs}\nendbfchar endcmap end end"
    )
    shown = ("".join(f"{codes[glyph]:04x}" for glyph in line) for line in lines)
    content = "\n".join(
        f"BT /F1 10 Tf 1 0 0 1 50 {780 - 12 * number} Tm <{line}> Tj ET"
        for number, line in enumerate(shown)
    )
    return _assembled(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            "/Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
            "<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H "
            "/DescendantFonts [6 0 R] /ToUnicode 7 0 R >>",
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A /CIDSystemInfo "
            "<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 500 "
            "/FontDescriptor 8 0 R >>",
            f"<< /Length {len(table)} >>\nstream\n{table}\nendstream",
            "<< /Type /FontDescriptor /FontName /A /Flags 4 /Ascent 800 /Descent -200 "
            "/FontBBox [0 0 500 800] >>",
            "<< >>",
        ]
    )


def missing_font_pdf(lines: Sequence[str], *, vertical: bool) -> bytes:
    """Return a page in a Japanese font that is not in the file.

    `vertical` writes each line as a column, from the right edge of the page, eight in a band.
    """
    places = (
        f"{540 - 16 * (number % 8)} {780 - 320 * (number // 8)}"
        if vertical
        else f"50 {780 - 16 * number}"
        for number in range(len(lines))
    )
    content = "\n".join(
        f"BT /F1 10 Tf 1 0 0 1 {place} Tm <{''.join(map(_utf16, line))}> Tj ET"
        for place, line in zip(places, lines, strict=True)
    )
    return _assembled(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            "/Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
            "<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light "
            f"/Encoding /UniJIS-UTF16-{'V' if vertical else 'H'} /DescendantFonts [6 0 R] >>",
            "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /CIDSystemInfo "
            "<< /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> /DW 1000 "
            "/FontDescriptor 7 0 R >>",
            "<< /Type /FontDescriptor /FontName /Ryumin-Light /Flags 4 /Ascent 880 /Descent -120 "
            "/FontBBox [0 -120 1000 880] >>",
            "<< >>",
        ]
    )


def _utf16(character: str) -> str:
    return character.encode("utf-16-be", "surrogatepass").hex()


def scan(data: bytes, dpi: int = 150, only: Collection[int] | None = None) -> bytes:
    """Return the pages of a PDF as images, as from a scanner.

    With `only`, those are the pages of these numbers, from 0; others are copied.
    """
    scanned = pdfium.PdfDocument.new()
    with pdfium.PdfDocument(data) as document:
        for number in range(len(document)):
            if only is None or number in only:
                add_image(scanned, document[number], dpi)
            else:
                scanned.import_pages(document, pages=[number])
    stream = io.BytesIO()
    scanned.save(stream)
    return stream.getvalue()


def _outline(titles: Sequence[str], first: int) -> list[str]:
    last = first + len(titles)
    items = [
        f"<< /Title ({title}) /Parent {first} 0 R /Dest [4 0 R /Fit] "
        + (f"/Next {number + 1} 0 R " if number < last else "")
        + (f"/Prev {number - 1} 0 R " if number > first + 1 else "")
        + ">>"
        for number, title in enumerate(titles, start=first + 1)
    ]
    root = f"<< /Type /Outlines /First {first + 1} 0 R /Last {last} 0 R /Count {len(titles)} >>"
    return [root, *items]


def _show(text: Text) -> str:
    x, y, size, string = text
    escaped = string.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm ({escaped}) Tj ET"


def _assembled(objects: Sequence[str]) -> bytes:
    body = b"%PDF-1.4\n"
    offsets = []
    for number, text in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    size = len(objects) + 1
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = (
        f"xref\n0 {size}\n0000000000 65535 f \n{table}"
        f"trailer << /Size {size} /Root 1 0 R /Info {len(objects)} 0 R >>\n"
        f"startxref\n{len(body)}\n%%EOF\n"
    )
    return body + trailer.encode("latin-1")
