"""The fixtures of the binary formats, and short ways to look at what was parsed."""

import importlib
import io
import zipfile
from pathlib import Path

from vouch.parsers.base import Hint
from vouch.schemas.records import Document

FOLDER = Path(__file__).parent.parent / "fixtures" / "binary"
MODULES = {
    "pdf": "pdf.parser",
    "docx": "office.docx",
    "pptx": "office.pptx",
    "xlsx": "office.spreadsheet",
    "xls": "office.spreadsheet",
    "eml": "email.eml",
    "msg": "email.msg",
    "zip": "text.zip_archive",
    "doc": "office.legacy_office",
}


def data_of(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def parse(data: bytes, name: str) -> Document:
    """`data` by the parser of the name's ending, without detection."""
    module = importlib.import_module(f"vouch.parsers.{MODULES[name.rpartition('.')[2]]}")
    return module.parse(data, Hint(name, ""))


def said(document: Document) -> list[tuple[str, str]]:
    """Type and text of each element."""
    return [
        (str(one.type), document.text[one.char_start : one.char_end]) for one in document.elements
    ]


def zipped(members: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()
