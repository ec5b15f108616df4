"""Web archives (WARC, ARC) by warcio: the text lists the pages, and each becomes a document.

Pages are responses and resources with a text of some kind, and the texts that a crawler converted.
Requests, metadata, revisits, failed requests, pictures, scripts and styles are counted only.
"""

import codecs
import io
from collections import Counter
from contextlib import redirect_stderr, suppress
from urllib.parse import unquote, urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import BufferedReader
from warcio.recordloader import ArcWarcRecord

from vouch.parsers.archives.members import Members
from vouch.parsers.archives.streams import DAMAGES, GZIP, BrotliStream, decompressed
from vouch.parsers.base import Hint
from vouch.parsers.common.attachment_names import relative_path, with_unique_names
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.findings import finding
from vouch.parsers.common.unpacking import MEGABYTE, CountedStream, Unpacking
from vouch.schemas.documents.records import Document, Metadata, Reason
from vouch.schemas.errors import DocumentRejected

_PAGES = {"response", "resource", "conversion"}
_NO_TEXTS = (
    "image/",
    "video/",
    "audio/",
    "font/",
    "text/css",
    "application/font",
    "text/javascript",
)
_SCRIPTS = ("javascript", "ecmascript", "x-woff")
_HTML = ("text/html", "application/xhtml+xml")
_HTML_SUFFIXES = (".html", ".htm", ".xhtml")
_BROTLI = "br"
# warcio decompresses it without a limit, and not at all with the current library.
BufferedReader.DECOMPRESSORS.pop(_BROTLI, None)
_GZIP_MAGIC = b"\x1f\x8b"


def parse(data: bytes, hint: Hint) -> Document:
    """Return the pages of a web archive as list items, with date and type, and as attachments.

    Raises `DocumentRejected` (malformed, unsafe).
    """
    if not data.startswith(_GZIP_MAGIC):
        pages = _read(io.BytesIO(data), len(data))
    elif (pages := _read(decompressed(data, GZIP), len(data))).problem:
        # Where each record is compressed by itself, its end is known whatever its length says.
        again = _read(io.BytesIO(data), len(data))
        pages = pages if again.problem else again
    if pages.problem and not pages.members.files:
        raise DocumentRejected(Reason.MALFORMED, pages.problem)
    if pages.problem:
        pages.members.add_problem("damaged part of the archive", Reason.MALFORMED, pages.problem)
    return pages.document()


def _read(stream: io.BytesIO | CountedStream, packed: int) -> "_Pages":
    """Return the pages up to the first record that cannot be read."""
    pages = _Pages(packed)
    try:
        # The library reports records of a wrong length there.
        with redirect_stderr(io.StringIO()):
            archive = ArchiveIterator(stream, arc2warc=True)
            for record in archive:
                pages.add(record)
        if archive.err_count:
            pages.problem = f"{archive.err_count} records do not end where they say"
    except (DocumentRejected, MemoryError, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001 - a damaged record may make the library raise anything
        pages.problem = f"the web archive is damaged or cut off, as {finding(error)}"
    return pages


class _Pages:
    """The pages of a web archive so far, and how many records of other kinds there were."""

    def __init__(self, packed: int) -> None:
        self.members = Members()
        self.problem = ""  # of the archive, in words
        self._notes: dict[int, str] = {}  # by the number of the page
        self._left_out: Counter[str] = Counter()
        self._unpacking = Unpacking(packed, "web archive")

    def add(self, record: ArcWarcRecord) -> None:
        """Add a record: its page, or one to the number of its kind."""
        self._unpacking.add_members(1)
        if left_out := _left_out(record):
            self._left_out[left_out] += 1
            return
        media_type, charset = _content_type(record)
        url = str(record.rec_headers.get_header("WARC-Target-URI") or "")
        try:
            data = self._content(record)
        except DAMAGES as error:
            message = f"the page {url} is damaged: {error}"
            self.members.add_problem(_name(url, media_type), Reason.MALFORMED, message)
            return
        if _is_cut_off(record):
            message = f"the record of {url} is cut off"
            self.members.add_problem(_name(url, media_type), Reason.MALFORMED, message)
            return
        if not data.strip():
            self._left_out["empty pages"] += 1
            return
        self.members.add(_name(url, media_type) or "page", _as_utf8(data, media_type, charset))
        date = str(record.rec_headers.get_header("WARC-Date") or "")
        self._notes[len(self.members.files) - 1] = ", ".join(filter(None, (url, date, media_type)))

    def _content(self, record: ArcWarcRecord) -> bytes:
        """Return the content of a page, decompressed and without the marks of a chunked transfer.

        Its bytes count again, because a page may be a bomb by itself.
        """
        data = CountedStream(record.content_stream(), self._unpacking).read()
        encoding = record.http_headers and record.http_headers.get_header("Content-Encoding")
        if str(encoding).strip().lower() == _BROTLI:
            data = CountedStream(BrotliStream(data), self._unpacking).read()
        return data

    def document(self) -> Document:
        """Return the list of pages, with the pages as attachments.

        Raises `DocumentRejected` (no_text) where there are none.
        """
        counts = [f"{number} {kind}" for kind, number in sorted(self._left_out.items())]
        if not self.members.files:
            message = (
                f"the web archive holds no page with text (but {', '.join(counts) or 'nothing'})"
            )
            raise DocumentRejected(Reason.NO_TEXT, message)
        builder = DocumentBuilder()
        attachments = with_unique_names(self.members.files)
        for number, attachment in enumerate(attachments):
            builder.list_item(self._notes.get(number, attachment.name))
        extra = (("left_out", ", ".join(counts)),) if counts else ()
        return builder.build(Metadata(extra=extra), attachments)


def _left_out(record: ArcWarcRecord) -> str:
    """Return as what a record is counted that is no page with a text; "" for a page."""
    if record.rec_type not in _PAGES:
        return f"{record.rec_type or 'unknown'} records"
    if record.http_headers is not None:
        status = str(record.http_headers.get_statuscode() or "")
        if status and not status.startswith("2"):
            return f"responses of status {status}"
    media_type, _ = _content_type(record)
    if media_type.startswith(_NO_TEXTS) or any(word in media_type for word in _SCRIPTS):
        return f"{media_type} files"
    return ""


def _is_cut_off(record: ArcWarcRecord) -> bool:
    """Return whether the file ends before the length that a record declares."""
    while record.raw_stream.read(MEGABYTE):
        pass
    return getattr(record.raw_stream, "limit", 0) > 0


def _content_type(record: ArcWarcRecord) -> tuple[str, str]:
    """Return media type and charset that a page was sent with; "" where there are none."""
    headers = record.http_headers or record.rec_headers
    fields = [field.strip() for field in str(headers.get_header("Content-Type") or "").split(";")]
    charsets = [field[8:].strip("\"' ") for field in fields if field.lower().startswith("charset=")]
    return fields[0].lower(), (charsets or [""])[0]


def _as_utf8(data: bytes, media_type: str, charset: str) -> bytes:
    """Return a text in UTF-8 where HTTP declares another charset, which its bytes do not show."""
    is_text = media_type.startswith("text/") or media_type in _HTML or media_type.endswith("xml")
    with suppress(LookupError, UnicodeDecodeError):
        if charset and is_text and codecs.lookup(charset).name != "utf-8":
            return codecs.BOM_UTF8 + data.decode(charset).encode("utf-8")
    return data


def _name(url: str, media_type: str) -> str:
    """Return the URL without its scheme, as a file name: its end may choose the parser."""
    name = url.partition("://")[2] or url
    with suppress(ValueError):  # of an address that is none
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        name = f"{parts.netloc}{parts.path}{query}"
    name = relative_path(unquote(name))
    if media_type in _HTML and not name.lower().endswith(_HTML_SUFFIXES):
        return f"{name or 'page'}.html"
    return name
