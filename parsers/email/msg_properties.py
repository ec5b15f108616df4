"""Properties of an Outlook message, attachment or recipient, read from its storage ([MS-OXMSG]).

python-oxmsg finds the storages. Values are decoded here, because it raises at the first byte that
does not fit the declared code page, and at a code page that it does not know.
"""

import struct
from datetime import UTC, datetime, timedelta

from oxmsg.storage import Storage

from vouch.parsers.common.encoding import decode_leniently

_RECORD = struct.Struct("<HHI8s")  # type, property id, flags, value
_FIXED_STREAM = "__properties_version1.0"
_UNICODE, _NARROW, _BINARY = 0x001F, 0x001E, 0x0102  # types of values in streams
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)  # of a FILETIME, which counts units of 100 ns
_CODE_PAGE_IDS = (0x3FDE, 0x3FFD)  # of the Internet text, of the message
_UTF8_PAGE = 65001
_FIRST_NAMED_PAGE = 20000  # below are Windows' and DOS' pages, which Python calls cpNNN
_NAMED_PAGES = {
    20127: "us-ascii",
    20866: "koi8-r",
    20932: "euc-jp",
    21866: "koi8-u",
    50220: "iso-2022-jp",
    50221: "iso-2022-jp",
    50222: "iso-2022-jp",
    50225: "iso-2022-kr",
    51932: "euc-jp",
    51936: "gb2312",
    51949: "euc-kr",
    52936: "hz",
    54936: "gb18030",
    **{28590 + part: f"iso-8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 15)},
}
# Bytes before the first record, by what the storage belongs to.
HEADER_MESSAGE, HEADER_EMBEDDED, HEADER_OTHER = 32, 24, 8


class Properties:
    """Values by property id. A missing or damaged one is None, or an empty text."""

    def __init__(self, storage: Storage, header: int = HEADER_OTHER) -> None:
        self._streams = {stream.name.lower(): stream.bytes_ for stream in storage.streams}
        fixed = self._streams.get(_FIXED_STREAM, b"")[header:]
        records = _RECORD.iter_unpack(fixed[: len(fixed) // _RECORD.size * _RECORD.size])
        self._fixed = {property_id: value for _, property_id, _, value in records}

    def text(self, property_id: int) -> str:
        """Return a text, decoded with replacement characters where it is damaged."""
        wide = self._stream(property_id, _UNICODE)
        if wide:
            return wide.decode("utf-16-le", errors="replace").rstrip("\0")
        narrow = self._stream(property_id, _NARROW)
        return decode_leniently(narrow, self.charset).rstrip("\0") if narrow else ""

    def binary(self, property_id: int) -> bytes:
        """Return bytes, none where the property is missing."""
        return self._stream(property_id, _BINARY)

    def integer(self, property_id: int) -> int | None:
        """Return a signed 32-bit integer."""
        value = self._fixed.get(property_id)
        return None if value is None else int.from_bytes(value[:4], "little", signed=True)

    def date(self, property_id: int) -> datetime | None:
        """Return a time in UTC; None also for one that Python cannot represent."""
        value = self._fixed.get(property_id)
        if not value:
            return None
        try:
            return _EPOCH + timedelta(microseconds=int.from_bytes(value, "little") // 10)
        except OverflowError:
            return None

    @property
    def charset(self) -> str | None:
        """The character set of narrow texts and of the HTML body, as Python or the web names it."""
        page = next(filter(None, map(self.integer, _CODE_PAGE_IDS)), None)
        if page is None:
            return None
        if page == _UTF8_PAGE:
            return "utf-8"
        return f"cp{page}" if page < _FIRST_NAMED_PAGE else _NAMED_PAGES.get(page)

    def _stream(self, property_id: int, value_type: int) -> bytes:
        return self._streams.get(f"__substg1.0_{property_id:04x}{value_type:04x}", b"")
