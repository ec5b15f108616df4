"""Write any strings as documents of formats that are packages of files, and as PDF."""

import gzip
import io
from collections.abc import Sequence

import pptx
from pptx.util import Inches

from tests.parsers.archives.archive_writers import tarred
from tests.parsers.binary_files import zipped
from tests.parsers.office.opendocument_writer import cell, package, row, spreadsheet, table
from tests.parsers.pdf.pdf_writer import pdf
from tests.parsers.text_writers import Write, raw, xml, xml_characters

_OOXML = "http://schemas.openxmlformats.org"
_W = f"{_OOXML}/wordprocessingml/2006/main"
_S = f"{_OOXML}/spreadsheetml/2006/main"
_R = f"{_OOXML}/officeDocument/2006/relationships"
_PACKAGE = f"{_OOXML}/package/2006/relationships"
_CONTENT_TYPES = {"[Content_Types].xml": f'<Types xmlns="{_OOXML}/package/2006/content-types"/>'}
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_ODF_NAMES = " ".join(f'xmlns:{name}="{_ODF}{name}:1.0"' for name in ("office", "style", "text"))


def _docx(pieces: Sequence[str]) -> bytes:
    """Write each piece as a paragraph and as a cell."""

    def paragraph(text: str) -> str:
        return f'<w:p><w:r><w:t xml:space="preserve">{xml(text)}</w:t></w:r></w:p>'

    rows = "".join(
        f"<w:tr><w:tc>{paragraph(piece)}</w:tc><w:tc>{paragraph('x')}</w:tc></w:tr>"
        for piece in pieces
    )
    body = "".join(map(paragraph, pieces)) + f"<w:tbl>{rows}</w:tbl>"
    document = f'<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>'
    return zipped(_CONTENT_TYPES | {"word/document.xml": document})


def _pptx(pieces: Sequence[str]) -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    for number, piece in enumerate(pieces):
        box = slide.shapes.add_textbox(Inches(1), Inches(1 + number), Inches(8), Inches(1))
        box.text_frame.text = xml_characters(piece)
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def _xlsx(pieces: Sequence[str]) -> bytes:
    def relationship(kind: str, target: str) -> str:
        link = f'<Relationship Id="r1" Type="{_R}/{kind}" Target="{target}"/>'
        return f'<Relationships xmlns="{_PACKAGE}">{link}</Relationships>'

    rows = "".join(
        f'<row r="{number}"><c r="A{number}" t="inlineStr">'
        f'<is><t xml:space="preserve">{xml(piece)}</t></is></c>'
        f'<c r="B{number}"><v>{number}</v></c></row>'
        for number, piece in enumerate(pieces, 1)
    )
    sheets = '<sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets>'
    return zipped(
        _CONTENT_TYPES
        | {
            "_rels/.rels": relationship("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f'<workbook xmlns="{_S}" xmlns:r="{_R}">{sheets}</workbook>',
            "xl/_rels/workbook.xml.rels": relationship("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_S}"><sheetData>{rows}</sheetData>'
            "</worksheet>",
        }
    )


def _odt(pieces: Sequence[str]) -> bytes:
    body = "".join(f"<text:p>{xml(piece)}</text:p>" for piece in pieces)
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"<office:document-content {_ODF_NAMES}><office:body><office:text>"
            f"{body}</office:text></office:body></office:document-content>",
            "styles.xml": f"<office:document-styles {_ODF_NAMES}><office:styles/>"
            "</office:document-styles>",
        }
    )


def _ods(pieces: Sequence[str]) -> bytes:
    return spreadsheet(table("".join(row(cell("x"), cell(xml(piece))) for piece in pieces)))


def _odp(pieces: Sequence[str]) -> bytes:
    texts = "".join(f"<text:p>{xml(piece)}</text:p>" for piece in pieces)
    frame = f"<draw:frame><draw:text-box>{texts}</draw:text-box></draw:frame>"
    page = f"<draw:page>{frame}</draw:page>"
    return package("presentation", f"<office:presentation>{page}</office:presentation>")


def _epub(pieces: Sequence[str]) -> bytes:
    body = "".join(f"<p>{xml(piece)}</p>" for piece in pieces)
    item = '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": f'<container xmlns="{_ODF}container"><rootfiles>'
            '<rootfile full-path="p.opf" media-type="application/oebps-package+xml"/>'
            "</rootfiles></container>",
            "p.opf": '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/>'
            f'<manifest>{item}</manifest><spine><itemref idref="a"/></spine></package>',
            "a.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title></head>'
            f"<body>{body}</body></html>",
        }
    )


def _pdf(pieces: Sequence[str]) -> bytes:
    """Write the characters that Helvetica has, in lines that fit a page."""
    lines = [
        "".join(filter(str.isprintable, piece.encode("latin-1", "ignore").decode("latin-1")))[:80]
        for piece in pieces
    ]
    return pdf([[(50, 780 - 40 * number, 11, line) for number, line in enumerate(lines)]])


PACKAGE_WRITERS: dict[str, Write] = {
    "docx": _docx,
    "pptx": _pptx,
    "xlsx": _xlsx,
    "odt": _odt,
    "ods": _ods,
    "odp": _odp,
    "epub": _epub,
    "pdf": _pdf,
    "zip": lambda pieces: zipped(
        {f"{number}.txt": raw([piece]) for number, piece in enumerate(pieces)}
    ),
    "tar.gz": lambda pieces: gzip.compress(
        tarred({f"{number}.txt": raw([piece]) for number, piece in enumerate(pieces)})
    ),
}
