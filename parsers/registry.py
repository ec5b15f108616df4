"""Every parser, and the one way in: `parse(data, name)`.

The parser is chosen by content first and by name second (`vouch.parsers.detect`).
"""

import functools
import mimetypes
from dataclasses import dataclass
from importlib.metadata import version

from vouch.parsers.base import DEFAULT_SETTINGS, Hint, Parser
from vouch.parsers.detect import UNKNOWN, detect
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.ids import fingerprint
from vouch.schemas.records import Document, Reason
from vouch.schemas.settings import ParsingSettings

OPEN_DOCUMENT_TEXT = "application/vnd.oasis.opendocument.text"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ROW = "application/vnd.vouch.row+json"  # never told by the bytes: only a table source says it
SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# What the parsers under others depend on: a parser that hands text to them changes its output with them.
_HTML = ("lxml", "charset-normalizer")
_MARKDOWN = ("markdown-it-py", "mdit-py-plugins", "ruamel.yaml", *_HTML)

_PDF = 2  # the version of both parsers of PDF

PARSERS: tuple[Parser, ...] = (
    Parser("text", "vouch.parsers.text.text", 1, ("text/plain",), ("charset-normalizer",)),
    Parser(
        "source",
        "vouch.parsers.text.source",
        1,
        ("text/x-source", "application/yaml"),
        ("charset-normalizer",),
    ),
    Parser("markdown", "vouch.parsers.markdown.parser", 3, ("text/markdown",), _MARKDOWN),
    Parser("rst", "vouch.parsers.rst.parser", 1, ("text/x-rst",), _HTML),
    Parser("html", "vouch.parsers.html.parser", 3, ("text/html", "application/xhtml+xml"), _HTML),
    Parser("xml", "vouch.parsers.text.xml", 3, ("application/xml",), _HTML),
    Parser("json", "vouch.parsers.text.json", 1, ("application/json", "application/x-ndjson")),
    Parser(
        "notebook", "vouch.parsers.markdown.notebook", 3, ("application/x-ipynb+json",), _MARKDOWN
    ),
    Parser(
        "delimited",
        "vouch.parsers.text.delimited",
        1,
        ("text/csv", "text/tab-separated-values"),
        ("charset-normalizer",),
    ),
    Parser(
        "pandoc",
        "vouch.parsers.pandoc.parser",
        4,
        ("text/x-org", "text/rtf", "application/epub+zip", OPEN_DOCUMENT_TEXT),
        ("pypandoc-binary", *_HTML),
    ),
    Parser("pdf", "vouch.parsers.pdf.parser", _PDF, ("application/pdf",), ("pypdfium2",)),
    # Never chosen by a type: a PDF with scanned pages is said to be read by it, so that it alone depends on the OCR.
    Parser("pdf_ocr", "vouch.parsers.pdf.parser", _PDF, (), ("pypdfium2",), by_ocr=True),
    Parser("docx", "vouch.parsers.office.docx", 2, (WORD,), ("lxml",)),
    Parser("pptx", "vouch.parsers.office.pptx", 2, (SLIDES,), ("python-pptx", "lxml")),
    Parser(
        "spreadsheet",
        "vouch.parsers.office.spreadsheet",
        2,
        (SHEETS, "application/vnd.ms-excel"),
        ("python-calamine", "olefile", "lxml"),
    ),
    Parser(
        "email", "vouch.parsers.email.eml", 3, ("message/rfc822",), ("lxml", "charset-normalizer")
    ),
    Parser(
        "outlook",
        "vouch.parsers.email.msg",
        3,
        ("application/vnd.ms-outlook",),
        ("python-oxmsg", "olefile", *_HTML),
    ),
    Parser("archive", "vouch.parsers.text.zip_archive", 1, ("application/zip",)),
    Parser("row", "vouch.parsers.text.table_row", 1, (ROW,)),
    Parser(
        "legacy_office",
        "vouch.parsers.office.legacy_office",
        2,
        ("application/msword", "application/vnd.ms-powerpoint"),
    ),
)

_BY_NAME = {parser.name: parser for parser in PARSERS}
_BY_MEDIA_TYPE = {media_type: parser for parser in PARSERS for media_type in parser.media_types}


@dataclass(frozen=True, slots=True)
class Reading:
    """A document, and what it was read as and by."""

    document: Document
    parser: str
    media_type: str


def parse(data: bytes, name: str) -> Document:
    """The document in `data`; `name` is a hint only. Raises `DocumentRejected` with a reason code."""
    return read(data, name).document


def read(
    data: bytes, name: str, told: str | None = None, settings: ParsingSettings = DEFAULT_SETTINGS
) -> Reading:
    """As `parse`, with the parser and media type chosen; a rejection carries them too, as far as they are known.

    `told` is the media type where the source says it; then the bytes are not asked.
    """
    if not data.strip():
        raise DocumentRejected(
            Reason.EMPTY, "the file is empty" if not data else "the file holds white space only"
        )
    media_type, parser = mimetypes.guess_type(name)[0], None
    try:
        media_type = told or _detected(data, name)
        parser = _BY_MEDIA_TYPE.get(media_type)
        document = _read(parser, data, Hint(name, media_type, settings))
        return Reading(document, _read_by(parser, document), media_type)
    except DocumentRejected as rejected:
        rejected.media_type = media_type
        rejected.parser = rejected.parser or (parser.name if parser else None)
        raise


def _detected(data: bytes, name: str) -> str:
    """A file that says of itself that it is a row is none."""
    found = detect(data, name)
    return UNKNOWN if found == ROW else found


def _read_by(parser: Parser | None, document: Document) -> str:
    """The parser's name; that of its twin with OCR for a document with scanned pages, whether or not they could be read."""
    name = parser.name if parser else ""
    scanned = any(key == "scanned_pages" for key, _ in document.metadata.extra)
    return f"{name}_ocr" if scanned else name


def _read(parser: Parser | None, data: bytes, hint: Hint) -> Document:
    if parser is None:
        message = f"no parser reads {hint.media_type}; one can be added to parsers/registry.py"
        raise DocumentRejected(Reason.UNSUPPORTED_TYPE, message)
    try:
        document = parser.load()(data, hint)
    except (DocumentRejected, MemoryError, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001 - a third-party parser may raise anything on bad input; this is its border
        message = f"the {parser.name} parser failed: {type(error).__name__}: {error}"[:500]
        raise DocumentRejected(Reason.PARSER_ERROR, message) from None
    if not document.text.strip() and not document.attachments:
        raise DocumentRejected(
            Reason.NO_TEXT, f"the {parser.name} parser found no text in {len(data):,} bytes"
        )
    return document


@functools.cache
def parse_fingerprint(parser_name: str, amend: str = "", ocr: str = "") -> str:
    """Changes when the parser, its version or a library under it changes, or what is masked in its texts (`amend`).

    Where it reads images too, also when what it does so with (`ocr`, of `vouch.parsers.pdf.tesseract.ocr_fingerprint`) changes.
    """
    parser = _BY_NAME[parser_name]
    libraries = {library: version(library) for library in parser.libraries}
    made: dict[str, object] = {
        "parser": parser.name,
        "version": parser.version,
        "libraries": libraries,
    }
    made |= {"amend": amend} if amend else {}
    return fingerprint(made | {"ocr": ocr} if parser.by_ocr else made)


def parser_of(media_type: str) -> str | None:
    """The name of the parser that reads a media type."""
    parser = _BY_MEDIA_TYPE.get(media_type)
    return None if parser is None else parser.name


def reads_images(parser_name: str) -> bool:
    """Does what a parser gives depend on the OCR of this machine?"""
    return _BY_NAME[parser_name].by_ocr
