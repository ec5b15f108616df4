"""Detect the media type of bytes: by their content, and by the file name where that is ambiguous.

A name decides between formats that are all plain text (`.md`, `.rst`, `.csv`, …); it never turns
text into a PDF.
"""

import json
import lzma
import re
import zipfile
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import PurePosixPath

from lxml import etree

from vouch.parsers.common import element_json
from vouch.parsers.common.ole_container import ole_kind
from vouch.parsers.common.text.encoding import decode, is_binary
from vouch.parsers.common.xml.tree import safe_parser
from vouch.parsers.common.zip_safety import reject_encrypted_office
from vouch.parsers.signatures import (
    PACKAGE,
    binary_type,
    container_type,
    ole_type,
    package_type,
)
from vouch.schemas.errors import DocumentRejected

_OOXML = "application/vnd.openxmlformats-officedocument."
_BINARY_SHEETS = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
_BY_OFFICE_FOLDER = {
    "word/": _OOXML + "wordprocessingml.document",
    "ppt/": _OOXML + "presentationml.presentation",
    "xl/": _OOXML + "spreadsheetml.sheet",
}
_BY_OFFICE_NAME = {
    ".docx": _OOXML + "wordprocessingml.document",
    ".docm": _OOXML + "wordprocessingml.document",
    ".pptx": _OOXML + "presentationml.presentation",
    ".pptm": _OOXML + "presentationml.presentation",
    ".xlsx": _OOXML + "spreadsheetml.sheet",
    ".xlsm": _OOXML + "spreadsheetml.sheet",
    ".xlsb": _BINARY_SHEETS,
    ".epub": "application/epub+zip",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".odg": "application/vnd.oasis.opendocument.graphics",
}
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
# Templates, pages for the web and master documents are read as what they are variants of.
_OPEN_DOCUMENT_KINDS = re.compile(r"-(?:template|web|master)(?:-template)?$")
_OPEN_DOCUMENT_TYPE = re.compile(
    rb'media-type="(application/vnd\.(?:oasis\.opendocument|sun\.xml)\.[a-z.-]{1,60})"'
)
# A document in a single XML file.
_FLAT_DOCUMENT = re.compile(
    rb'<office:document\s[^>]*office:mimetype="('
    rb"application/vnd\.oasis\.opendocument\.(?:text|spreadsheet|presentation|graphics))"
)
# Plain-text formats that content alone does not tell apart.
_BY_TEXT_NAME = {
    ".md": "text/markdown",
    ".mdx": "text/markdown",
    ".markdown": "text/markdown",
    ".qmd": "text/markdown",
    ".rmd": "text/markdown",
    ".rst": "text/x-rst",
    ".rest": "text/x-rst",
    ".org": "text/x-org",
    ".tex": "application/x-tex",
    ".latex": "application/x-tex",
    ".ltx": "application/x-tex",
    ".textile": "text/x-textile",
    ".mediawiki": "text/x-mediawiki",
    ".wikitext": "text/x-mediawiki",
    ".wiki": "text/x-mediawiki",
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
_SOURCE_NAMES = frozenset(
    ".bash .bat .c .cc .cfg .clj .cpp .cs .css .cu .dart .dtd .el .erl .ex .f90 .go .gradle .h "
    ".hpp .hs .ini .java .jl .js .jsx .kt .lua .m .mjs .ml .nix .php .pl .proto .ps1 .py .pyi .r "
    ".rb .rs .scala .scss .sh .sql .swift .tcl .tf .toml .ts .tsx .v .vb .vim .vue .zig".split()
)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_NAMES = (".html", ".htm", ".xhtml")
_XML = re.compile(
    r"\s*(?:<\?xml\b|<!DOCTYPE\s+(?!html)|<[A-Za-z_][\w.:-]*(?:\s+[\w.:-]+\s*=\s*[\"'][^<]*)?/?>)",
    re.IGNORECASE,
)
_XML_NAMES = tuple(
    ".xml .xsl .xslt .xsd .rss .atom .svg .kml .gpx .opml .plist .wsdl .docbook .dbk .nxml .jats"
    " .fodt".split(),
)
# What may precede the root element; a comment ends at its first end, or time grows exponentially.
_PROLOG = r"\s*(?:<\?[^>]*>\s*|<!--(?:(?!-->).)*-->\s*|<!DOCTYPE\s+\w+\s*(?:\[[^\]]*\]\s*)?>\s*)*"
# Formats in XML that have readers of their own, by their document type or their root element.
_XML_FORMATS = {
    media_type: re.compile(_PROLOG + beginning, re.DOTALL)
    for media_type, beginning in (
        (
            "application/docbook+xml",
            r"(?:<!DOCTYPE\s+\w+\s+PUBLIC\s+[\"']-//OASIS//DTD DocBook"
            r"|<\w+\s[^>]*xmlns=[\"']http://docbook\.org/ns/docbook[\"'])",
        ),
        ("application/jats+xml", r"<!DOCTYPE\s+article\s+PUBLIC\s+[\"']-//NLM//DTD"),
        ("text/x-opml", r"<opml\b"),
    )
}
_XML_FORMAT_NAMES = {
    ".docbook": "application/docbook+xml",
    ".dbk": "application/docbook+xml",
    ".nxml": "application/jats+xml",
    ".jats": "application/jats+xml",
}
_TEXT_NAMES = (
    *_BY_TEXT_NAME,
    *_HTML_NAMES,
    *_XML_NAMES,
    *_SOURCE_NAMES,
    ".txt",
    ".text",
    ".log",
    ".ics",
    ".vcs",
    ".vcf",
)
_MAIL_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*):(?:[ \t]|$)")
_MAIL_FIELDS = frozenset(
    "from to cc bcc subject date message-id received mime-version return-path delivered-to "
    "content-type reply-to sender".split()
)
_MAIL_ONLY_FIELDS = frozenset({"from", "received", "message-id", "return-path", "mime-version"})
# The separator line of mailboxes, with the time as C writes it; Thunderbird names no sender.
_MAILBOX_LINE = re.compile(
    r"From \S(?=.*\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b)(?=.*\b\d\d:\d\d\b)(?=.*\b\d{4}\b)"
)
_CALENDAR = re.compile(
    r"\ufeff?\s*BEGIN:(?:VCALENDAR|VEVENT|VTODO|VJOURNAL|VFREEBUSY)[ \t]*(?:\r?\n|\r|\Z)",
    re.IGNORECASE,
)
_NOTEBOOK = re.compile(rb'"nbformat"\s*:\s*\d')
_PDF_HEADER = re.compile(rb"[^ -~]%PDF-\d")  # at the beginning of a line, or behind other bytes
_SAMPLE = 4096  # characters
_MAX_JSON = 5_000_000  # bytes of a file without a JSON name that is read whole to detect JSON


def detect(data: bytes, name: str) -> str:
    """Return the media type of `data`; `name` is a hint.

    Raises `DocumentRejected` (encrypted) for Office files under a password.
    """
    suffix = PurePosixPath(name.lower()).suffix
    return _container_type(data, suffix) or _text_type(data, suffix) or binary_type(data, name)


def _container_type(data: bytes, suffix: str) -> str | None:
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    if data.lstrip()[:5] == b"{\\rtf":
        return "text/rtf"
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        reject_encrypted_office(data)
        return ole_type(ole_kind(data), suffix)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_type(data, suffix)
    if media_type := container_type(data):
        return media_type
    # Only now, because an archive may hold a PDF that near its beginning.
    if _is_pdf_behind_something(data, suffix):
        return "application/pdf"
    # Signed mail may also be saved as base64 or as a message.
    return "application/pkcs7-mime" if suffix == ".p7m" else None


def _is_pdf_behind_something(data: bytes, suffix: str) -> bool:
    """Return whether a file has the header of a PDF in its first 1,024 bytes, as readers accept.

    (PDF Reference 1.7, appendix H.) Texts may write about PDF, and programs write PDFs.
    """
    if suffix == ".pdf":
        return b"%PDF-" in data[:1024]
    return suffix not in _TEXT_NAMES and _PDF_HEADER.search(data[:1032]) is not None


def _zip_type(data: bytes, suffix: str) -> str:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
            if "mimetype" in names:
                # OpenDocument and EPUB declare their type here; a hostile one may be huge.
                with archive.open("mimetype") as member:
                    if declared := member.read(100).decode("ascii", "replace").strip():
                        return _document_of(declared)
            elif "META-INF/manifest.xml" in names and "content.xml" in names:
                with archive.open("META-INF/manifest.xml") as member:
                    if match := _OPEN_DOCUMENT_TYPE.search(member.read(_SAMPLE)):
                        return _document_of(match[1].decode())
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        KeyError,
    ):
        # The parser that the name selects reports what is wrong with the file.
        return _BY_OFFICE_NAME.get(suffix, "application/zip")
    parts = [name.replace("\\", "/").lstrip("/").lower() for name in names]
    if "[content_types].xml" in parts:
        if "xl/workbook.bin" in parts:
            return _BINARY_SHEETS
        for folder, media_type in _BY_OFFICE_FOLDER.items():
            if any(part.startswith(folder) for part in parts):
                return media_type
        if suffix in _BY_OFFICE_NAME:
            return _BY_OFFICE_NAME[suffix]
    package = package_type(names, suffix)
    # A package that lacks the part that declares its type: its own parser says what is missing.
    is_known = package not in ("application/zip", PACKAGE)
    return package if is_known else _BY_OFFICE_NAME.get(suffix, package)


def _document_of(declared: str) -> str:
    """Return the media type of the documents that a template makes; of other types themselves."""
    if declared.startswith(_OPEN_DOCUMENT):
        return _OPEN_DOCUMENT_KINDS.sub("", declared)
    return declared


def _text_type(data: bytes, suffix: str) -> str | None:
    """Return the media type of a text, None where the bytes are no text."""
    if element_json.elements_in(data) is not None:
        return element_json.MEDIA_TYPE
    if suffix in (*_BY_TEXT_NAME, *_HTML_NAMES, *_XML_NAMES) and b"\0" not in data[:_SAMPLE]:
        # The parser that the name selects decodes properly; markup is ASCII in any case.
        head = data[:_SAMPLE].decode("utf-8", "replace")
    else:
        text = _decode_sample(data)
        # A few zero bytes may be in an export, but nothing without such a name is text with them.
        if text is None or ("\0" in text and suffix not in _TEXT_NAMES):
            return None
        head = text[:_SAMPLE]
    # Some thirty namespaces are declared before the type.
    if "<office:document" in head and (flat := _FLAT_DOCUMENT.search(data[: 4 * _SAMPLE])):
        return flat[1].decode()
    return _type_by_name(data, suffix, head) or _type_by_content(data, head)


def _decode_sample(data: bytes) -> str | None:
    sample = data[: 4 * _SAMPLE]
    if len(sample) < len(data):
        # Cut at a line's end: a character cut in half would look like another encoding.
        sample = sample.rsplit(b"\n", 1)[0] or sample
    try:
        text = decode(sample)
    except DocumentRejected:
        return None
    return None if is_binary(text) else text


def _type_by_name(data: bytes, suffix: str, head: str) -> str | None:
    if suffix in _HTML_NAMES:
        return "text/html"
    if suffix in _XML_NAMES:
        return "text/html" if _HTML.match(head) else _xml_type(suffix, head)
    # A notebook may be named by its syntax.
    if suffix == ".json" and _NOTEBOOK.search(data):
        return "application/x-ipynb+json"
    return "text/x-source" if suffix in _SOURCE_NAMES else _BY_TEXT_NAME.get(suffix)


def _type_by_content(data: bytes, head: str) -> str:
    if _is_mail(head):
        return "message/rfc822"
    if _CALENDAR.match(head):
        return "text/calendar"
    if _HTML.match(head):
        return "text/html"
    if _XML.match(head) and _is_xml(data, head):
        return _xml_type("", head)
    if head.lstrip()[:1] in ("{", "[") and _is_json(data):
        return "application/json"
    return "text/plain"


def _xml_type(suffix: str, head: str) -> str:
    """Return the media type of a format in XML, by its beginning and then by its name."""
    for media_type, beginning in _XML_FORMATS.items():
        if beginning.match(head):
            return media_type
    return _XML_FORMAT_NAMES.get(suffix, "application/xml")


def _is_xml(data: bytes, head: str) -> bool:
    """Return whether a text that begins with an element is XML: many that do are not.

    A declaration says so, and what is wrong with such a file is reported.
    """
    if head.lstrip().startswith(("<?", "<!")) or len(data) > _MAX_JSON:
        return True
    parser = safe_parser()
    with suppress(etree.XMLSyntaxError, ValueError, DocumentRejected):
        etree.fromstring(decode(data).encode("utf-8"), parser)
        return True
    return False


def _is_mail(head: str) -> bool:
    """Return whether a text begins with three mail header fields, one of them used by mail only.

    One is enough below a mailbox's separator line with its time.
    """
    lines = head.removeprefix("\ufeff").lstrip("\r\n").splitlines()
    least = 3
    if lines and lines[0].startswith("From "):
        least = 1 if _MAILBOX_LINE.match(lines[0]) else least
        lines = lines[1:]
    fields: list[str] = []
    for line in lines:
        match = _MAIL_FIELD.match(line)
        if match:
            fields.append(match[1].lower())
        elif not fields or not line.startswith((" ", "\t")):
            break
    if len(_MAIL_FIELDS.intersection(fields)) < least:
        return False
    return least == 1 or not _MAIL_ONLY_FIELDS.isdisjoint(fields)


def _is_json(data: bytes) -> bool:
    if len(data) > _MAX_JSON:
        return False
    with suppress(ValueError, RecursionError, DocumentRejected):
        json.loads(decode(data))
        return True
    return False
