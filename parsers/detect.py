"""What bytes are: by their content first, and by their name where the content leaves it open.

A name decides among formats that are all plain text (`.md`, `.rst`, `.csv`, …); it never makes a PDF of a text.
"""

import json
import mimetypes
import re
import zipfile
from contextlib import suppress
from io import BytesIO
from pathlib import PurePosixPath

import puremagic

from vouch.parsers.common.encoding import decode
from vouch.parsers.common.ole_container import ole_kind
from vouch.parsers.common.zip_safety import reject_encrypted_office
from vouch.schemas.errors import DocumentRejected

UNKNOWN = "application/octet-stream"
_OOXML = "application/vnd.openxmlformats-officedocument."
_OFFICE = {
    "word/": _OOXML + "wordprocessingml.document",
    "ppt/": _OOXML + "presentationml.presentation",
    "xl/": _OOXML + "spreadsheetml.sheet",
}
_BY_OFFICE_NAME = {
    ".docx": _OFFICE["word/"],
    ".docm": _OFFICE["word/"],
    ".pptx": _OFFICE["ppt/"],
    ".pptm": _OFFICE["ppt/"],
    ".xlsx": _OFFICE["xl/"],
    ".xlsm": _OFFICE["xl/"],
    ".epub": "application/epub+zip",
    ".odt": "application/vnd.oasis.opendocument.text",
}
# Plain-text formats that only a name tells apart.
_BY_TEXT_NAME = {
    ".md": "text/markdown",
    ".mdx": "text/markdown",
    ".markdown": "text/markdown",
    ".rst": "text/x-rst",
    ".rest": "text/x-rst",
    ".org": "text/x-org",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".tab": "text/tab-separated-values",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".eml": "message/rfc822",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".json": "application/json",
    ".ipynb": "application/x-ipynb+json",
}
_SOURCE = frozenset(
    ".bash .bat .c .cc .cfg .clj .cpp .cs .css .cu .dart .el .erl .ex .f90 .go .gradle .h .hpp .hs .ini "
    ".java .jl .js .jsx .kt .lua .m .mjs .ml .nix .php .pl .proto .ps1 .py .pyi .r .rb .rs .scala .scss "
    ".sh .sql .swift .tcl .tf .toml .ts .tsx .v .vb .vim .vue .zig".split()
)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_NAMES = (".html", ".htm", ".xhtml")
_XML = re.compile(
    r"\s*(?:<\?xml\b|<!DOCTYPE\s+(?!html)|<[A-Za-z_][\w.:-]*(?:\s+[\w.:-]+\s*=\s*[\"'][^<]*)?/?>)",
    re.IGNORECASE,
)
_XML_NAMES = (
    ".xml",
    ".xsl",
    ".xslt",
    ".xsd",
    ".rss",
    ".atom",
    ".svg",
    ".kml",
    ".gpx",
    ".opml",
    ".plist",
    ".wsdl",
)
_MAIL_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]")
_MAIL_FIELDS = frozenset(
    "from to cc bcc subject date message-id received mime-version return-path delivered-to content-type reply-to sender".split()
)
_NOTEBOOK = re.compile(rb'"nbformat"\s*:\s*\d')
_SNIFFED = 4096
_JSON_LIMIT = 5_000_000  # a .txt that is JSON is told by reading it; a larger one stays a text


def detect(data: bytes, name: str) -> str:
    """The media type of `data`; `name` is a hint. Raises `DocumentRejected` for what is told to be encrypted."""
    suffix = PurePosixPath(name.lower()).suffix
    return _container(data, suffix) or _text(data, suffix) or _binary(data, name)


def _container(data: bytes, suffix: str) -> str | None:
    if b"%PDF-" in data[:1024]:
        return "application/pdf"
    if data.lstrip()[:5] == b"{\\rtf":
        return "text/rtf"
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        reject_encrypted_office(data)
        return ole_kind(data)
    return _zip(data, suffix) if data.startswith((b"PK\x03\x04", b"PK\x05\x06")) else None


def _zip(data: bytes, suffix: str) -> str:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
            declared = _declared(archive) if "mimetype" in names else ""
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        KeyError,
    ):
        # The parser that its name calls for will say what is wrong with it.
        return _BY_OFFICE_NAME.get(suffix, "application/zip")
    if declared:
        return declared
    parts = [name.replace("\\", "/").lstrip("/").lower() for name in names]
    if "[content_types].xml" in parts:
        found = (
            kind
            for folder, kind in _OFFICE.items()
            if any(part.startswith(folder) for part in parts)
        )
        return next(found, _BY_OFFICE_NAME.get(suffix, "application/zip"))
    return "application/zip"


def _declared(archive: zipfile.ZipFile) -> str:
    """What OpenDocument and EPUB files put first, read no further than it is long."""
    with archive.open("mimetype") as member:
        return member.read(100).decode("ascii", "replace").strip()


def _text(data: bytes, suffix: str) -> str | None:
    """The kind of text, None where it is none."""
    if suffix in (*_BY_TEXT_NAME, *_HTML_NAMES, *_XML_NAMES) and b"\0" not in data[:_SNIFFED]:
        head = data[:_SNIFFED].decode("utf-8", "replace")
    else:
        text = _decoded(data)
        if text is None:
            return None
        head = text[:_SNIFFED]
    return _by_name(data, suffix, head) or _by_content(data, head)


def _decoded(data: bytes) -> str | None:
    sample = data[: 4 * _SNIFFED]
    try:
        text = decode(sample if len(sample) == len(data) else sample.rsplit(b"\n", 1)[0] or sample)
    except DocumentRejected:
        return None
    controls = sum(character < " " and character not in "\t\n\r\f\v\x1b\x08" for character in text)
    return None if "\0" in text or controls * 50 > len(text) else text


def _by_name(data: bytes, suffix: str, head: str) -> str | None:
    if suffix in _HTML_NAMES:
        return "text/html"
    if suffix in _XML_NAMES:
        return "text/html" if _HTML.match(head) else "application/xml"
    if suffix == ".json" and _NOTEBOOK.search(data):
        return "application/x-ipynb+json"
    return "text/x-source" if suffix in _SOURCE else _BY_TEXT_NAME.get(suffix)


def _by_content(data: bytes, head: str) -> str:
    if _is_mail(head):
        return "message/rfc822"
    if _HTML.match(head):
        return "text/html"
    if _XML.match(head):
        return "application/xml"
    return (
        "application/json" if head.lstrip()[:1] in ("{", "[") and _is_json(data) else "text/plain"
    )


def _is_mail(head: str) -> bool:
    """Header fields from the first line on, three that mail has and one that nothing else has."""
    lines = head.removeprefix("\ufeff").splitlines()
    if lines and lines[0].startswith("From ") and "@" in lines[0]:
        lines = lines[1:]
    fields: list[str] = []
    for line in lines:
        match = _MAIL_FIELD.match(line)
        if match:
            fields.append(match[1].lower())
        elif not fields or not line.startswith((" ", "\t")):
            break
    known = _MAIL_FIELDS.intersection(fields)
    return len(known) >= 3 and bool(
        known & {"from", "received", "message-id", "return-path", "mime-version"}
    )


def _is_json(data: bytes) -> bool:
    if len(data) > _JSON_LIMIT:
        return False
    with suppress(ValueError, RecursionError, DocumentRejected):
        json.loads(decode(data))
        return True
    return False


def _binary(data: bytes, name: str) -> str:
    with suppress(puremagic.PureError, ValueError):
        found = puremagic.from_string(data[:100_000], mime=True, filename=name)
        if found:
            return str(found)
    return mimetypes.guess_type(name)[0] or UNKNOWN
