"""Read the fixtures of the binary formats, and look at what was parsed."""

import importlib
import io
import zipfile
from pathlib import Path

from vouch.parsers.base import Hint
from vouch.schemas.documents.records import Document, ElementType

FOLDER = Path(__file__).parent.parent / "fixtures" / "binary"
MODULES = {
    "pdf": "pdf.parser",
    "docx": "office.word.parser",
    "pptx": "office.slides.parser",
    "xlsx": "office.sheets.parser",
    "xls": "office.sheets.parser",
    "eml": "email.eml",
    "msg": "email.outlook.msg",
    "zip": "archives.parser",
    "doc": "office.legacy_office",
}


def data_of(name: str) -> bytes:
    """Return the bytes of a fixture."""
    return (FOLDER / name).read_bytes()


def parse(data: bytes, name: str) -> Document:
    """Parse `data` by the parser for the suffix of `name`, without detection."""
    module = importlib.import_module(f"vouch.parsers.{MODULES[name.rpartition('.')[2]]}")
    media_type = "application/zip" if name.endswith(".zip") else ""
    return module.parse(data, Hint(name, media_type))


def typed_texts(document: Document) -> list[tuple[str, str]]:
    """Return type and text of each element."""
    return [
        (str(element.type), document.text[element.char_start : element.char_end])
        for element in document.elements
    ]


def texts_of(document: Document, kind: ElementType) -> list[str]:
    """Return the texts of the elements of one type."""
    return [text for element_type, text in typed_texts(document) if element_type == kind]


def table_rows(document: Document) -> list[list[str]]:
    """Return the cells of the only table."""
    (table,) = [element.table for element in document.elements if element.table]
    return [[document.text[start:end] for start, end in row] for row in table.rows]


def zipped(members: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file of members by name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def bad_checksum(data: bytes, name: str) -> bytes:
    """Return a zip in which the checksum of a member is wrong, in its header and its directory."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        crc = archive.getinfo(name).CRC.to_bytes(4, "little")
    return data.replace(crc, bytes(byte ^ 0xFF for byte in crc))
