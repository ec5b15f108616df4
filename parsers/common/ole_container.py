"""OLE containers: the format of old Office files, Outlook messages and encrypted new Office files.

Specified in [MS-CFB]; the properties with title and author in [MS-OLEPS].
"""

from datetime import UTC, datetime
from typing import Any

from olefile import MAGIC, OleFileIO

from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.text.encoding import decode_leniently
from vouch.schemas.documents.records import Metadata

__all__ = ["MAGIC", "OleFileIO", "has_stream", "ole_kind", "ole_metadata"]

_CODE_PAGES = {65001: "utf-8", 1200: "utf-16-le", 10000: "mac-roman"}
_SUMMARY = "\x05SummaryInformation"
_CODE_PAGE, _TITLE, _AUTHOR, _CREATED, _SAVED = 1, 2, 4, 12, 13
_LIST = 0x1000  # VT_VECTOR of a property's type
# By the names that the applications give to their main streams.
_MEDIA_TYPES = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",  # Excel 5 and 95
    "PowerPoint Document": "application/vnd.ms-powerpoint",
    "__properties_version1.0": "application/vnd.ms-outlook",
    "VisioDocument": "application/vnd.visio",
    "Quill": "application/vnd.ms-publisher",
    "MatOST": "application/vnd.ms-works",
}


def has_stream(container: "OleFileIO[Any]", name: str) -> bool:
    """Return whether a container has a stream or storage of this name at the top."""
    return bool(container.exists(name))


def ole_metadata(container: "OleFileIO[Any]") -> Metadata:
    """Return title, author and dates of an old Office file; missing or damaged ones are None."""
    try:
        properties = _summary(container)
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError):
        return Metadata()
    charset = None
    if isinstance(code_page := properties.get(_CODE_PAGE), int):
        code_page %= 65536  # it is stored as a signed 16-bit number
        charset = _CODE_PAGES.get(code_page, f"cp{code_page}")
    return Metadata(
        title=_text(properties.get(_TITLE), charset),
        author=_text(properties.get(_AUTHOR), charset),
        created=_date(properties.get(_CREATED)),
        modified=_date(properties.get(_SAVED)),
    )


def _summary(container: "OleFileIO[Any]") -> dict[int, object]:
    """Return the properties of a file by id; empty where one of them is a list.

    None should be, and olefile reads a list of any length that it declares: that takes minutes.
    """
    if not container.exists(_SUMMARY):
        return {}
    data = container.openstream(_SUMMARY).read()
    start = _number(data, 44)  # of the only section
    entries = range(min(_number(data, start + 4), len(data) // 8))
    offsets = (_number(data, start + 12 + 8 * entry) for entry in entries)
    if any(_number(data, start + offset) & _LIST for offset in offsets):
        return {}
    return dict(container.getproperties(_SUMMARY, convert_time=True))


def _number(data: bytes, start: int) -> int:
    return int.from_bytes(data[start : start + 4], "little")


def _text(value: object, charset: str | None) -> str | None:
    if not isinstance(value, bytes) or not value.strip(b"\0 "):
        return None
    return one_line(decode_leniently(value.rstrip(b"\0"), charset)) or None


def _date(value: object) -> datetime | None:
    """Return a date that was set; one that was not is the first day of the format's calendar."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.year > 1980 else None


def ole_kind(data: bytes) -> str:
    """Return the media type of an OLE container, by the streams that its application writes."""
    unknown = "application/x-ole-storage"
    try:
        with OleFileIO(data) as container:
            for stream, media_type in _MEDIA_TYPES.items():
                if has_stream(container, stream):
                    return media_type
    except (OSError, ValueError, IndexError, AttributeError, TypeError):
        pass  # a damaged directory raises whatever the missing bytes make it raise
    return unknown
