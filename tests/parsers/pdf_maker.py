"""Writes small PDFs, so that a test can say where each text stands."""

import io
from collections.abc import Collection, Sequence

import pypdfium2 as pdfium

from benchmarks.reading.pdf_truths import add_image

Text = tuple[float, float, float, str]
"""x, y (from the bottom), size, text; all in points."""


def pdf(
    pages: Sequence[Sequence[Text]],
    *,
    rotate: int = 0,
    info: str = "",
    turned: bool = False,
    drawn: str = "",
    outline: Sequence[str] = (),
) -> bytes:
    """A PDF of A4 pages in Helvetica; `turned` draws the text upwards, as on a page that is then rotated.

    `drawn` are more commands for each page, `outline` bookmarks that lead to the first one.
    """
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    first = 4 + 2 * count  # the object of the outline, behind those of the pages
    outlines = f"/Outlines {first} 0 R" if outline else ""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) {outlines} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        content = "\n".join([drawn, *(_show(text, turned) for text in page)])
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate {rotate} "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    objects += _outline(outline, first) if outline else []
    objects.append(f"<< {info} >>")
    return _assembled(objects)


def unicode_pdf(lines: Sequence[str]) -> bytes:
    """One page with any characters, each a glyph of half an em whose meaning the font's table tells, drawn to the right."""
    codes = {
        character: number for number, character in enumerate(sorted(set("".join(lines))), start=1)
    }
    pairs = "\n".join(f"<{code:04x}> <{_utf16(character)}>" for character, code in codes.items())
    table = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def /CMapType 2 def "
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{len(codes)} beginbfchar\n{pairs}\nendbfchar endcmap end end"
    )
    shown = ("".join(f"{codes[character]:04x}" for character in line) for line in lines)
    content = "\n".join(
        f"BT /F1 10 Tf 1 0 0 1 50 {780 - 12 * number} Tm <{line}> Tj ET"
        for number, line in enumerate(shown)
    )
    return _assembled(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
            "<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /DescendantFonts [6 0 R] /ToUnicode 7 0 R >>",
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) "
            "/Supplement 0 >> /DW 500 /FontDescriptor 8 0 R >>",
            f"<< /Length {len(table)} >>\nstream\n{table}\nendstream",
            "<< /Type /FontDescriptor /FontName /A /Flags 4 /Ascent 800 /Descent -200 /FontBBox [0 0 500 800] >>",
            "<< >>",
        ]
    )


def _utf16(character: str) -> str:
    return character.encode("utf-16-be", "surrogatepass").hex()


def scan(data: bytes, dpi: int = 150, only: Collection[int] | None = None) -> bytes:
    """The pages of a PDF as images, as a scanner gives them; with `only`, those of these numbers, from 0, the others as
    they are."""
    made = pdfium.PdfDocument.new()
    with pdfium.PdfDocument(data) as document:
        for number in range(len(document)):
            if only is not None and number not in only:
                made.import_pages(document, pages=[number])
                continue
            add_image(made, document[number], dpi)
    stream = io.BytesIO()
    made.save(stream)
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
    return [
        f"<< /Type /Outlines /First {first + 1} 0 R /Last {last} 0 R /Count {len(titles)} >>",
        *items,
    ]


def _show(text: Text, turned: bool) -> str:
    x, y, size, string = text
    escaped = string.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    matrix = f"0 1 -1 0 {595 - y} {x}" if turned else f"1 0 0 1 {x} {y}"
    return f"BT /F1 {size} Tf {matrix} Tm ({escaped}) Tj ET"


def _assembled(objects: Sequence[str]) -> bytes:
    body = b"%PDF-1.4\n"
    places = []
    for number, text in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + (end + trailer).encode("latin-1")
