"""OLE containers, in which old Office files, messages and encrypted new Office files come."""

from datetime import UTC, datetime
from typing import Any

from olefile import MAGIC, OleFileIO

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.lenient_decoding import decode_leniently
from vouch.schemas.records import Metadata

__all__ = ["MAGIC", "OleFileIO", "has_stream", "ole_kind", "ole_metadata"]

_UTF8_PAGE = 65001
_UTF16_PAGE = 1200
# What the applications call their own streams.
_KINDS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
    "__properties_version1.0": "application/vnd.ms-outlook",
}


def has_stream(container: "OleFileIO[Any]", name: str) -> bool:
    """Is there a stream or storage of this name at the top?"""
    return bool(container.exists(name))


def ole_metadata(container: "OleFileIO[Any]") -> Metadata:
    """Title, author and dates of an old Office file; what is missing or damaged is None."""
    try:
        found = vars(container.get_metadata())
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError):
        return Metadata()
    charset = _charset(found.get("codepage"))
    return Metadata(
        title=_text(found.get("title"), charset),
        author=_text(found.get("author"), charset),
        created=_date(found.get("create_time")),
        modified=_date(found.get("last_saved_time")),
    )


def _charset(page: object) -> str | None:
    if not isinstance(page, int):
        return None
    page %= 65536
    return {_UTF8_PAGE: "utf-8", _UTF16_PAGE: "utf-16-le", 10000: "mac-roman"}.get(
        page, f"cp{page}"
    )


def _text(value: object, charset: str | None) -> str | None:
    text = (
        decode_leniently(value.rstrip(b"\0"), charset)
        if isinstance(value, bytes) and value.strip(b"\0 ")
        else ""
    )
    return one_line(text) or None


def _date(value: object) -> datetime | None:
    """A date that was never set is stored as the first day of the format's calendar."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.year > 1980 else None


def ole_kind(data: bytes) -> str:
    """The media type of an OLE container, by the streams that its applications write."""
    try:
        with OleFileIO(data) as container:
            return next(
                (kind for stream, kind in _KINDS.items() if has_stream(container, stream)),
                "application/x-ole-storage",
            )
    except (OSError, ValueError, IndexError, AttributeError, TypeError):
        # A damaged directory raises whatever the missing bytes make it raise.
        return "application/x-ole-storage"
