"""The properties of an Outlook message, attachment or recipient, read from its storage.

python-oxmsg finds the storages; values are decoded here, because it raises at the first byte that does not fit a
declared code page, and at a code page it does not know.
"""

import struct
from datetime import UTC, datetime, timedelta

from oxmsg.storage import Storage

from vouch.parsers.common.encoding import decode_leniently

_RECORD = struct.Struct("<HHI8s")
_FIXED = "__properties_version1.0"
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_CODE_PAGES = (0x3FDE, 0x3FFD)  # internet, message
_UTF8_PAGE = 65001
# Bytes before the first record, by what the storage belongs to.
HEADER_MESSAGE, HEADER_EMBEDDED, HEADER_OTHER = 32, 24, 8


class Properties:
    """Values by property id; what is missing or damaged is None, or an empty text."""

    def __init__(self, storage: Storage, header: int = HEADER_OTHER) -> None:
        self._streams = {stream.name.lower(): stream.bytes_ for stream in storage.streams}
        fixed = self._streams.get(_FIXED, b"")[header:]
        records = _RECORD.iter_unpack(fixed[: len(fixed) // _RECORD.size * _RECORD.size])
        self._fixed = {property_id: value for _, property_id, _, value in records}

    def text(self, property_id: int) -> str:
        wide = self._stream(property_id, 0x001F)
        if wide:
            return wide.decode("utf-16-le", errors="replace").rstrip("\0")
        narrow = self._stream(property_id, 0x001E)
        return decode_leniently(narrow, self.charset).rstrip("\0") if narrow else ""

    def binary(self, property_id: int) -> bytes:
        return self._stream(property_id, 0x0102)

    def integer(self, property_id: int) -> int | None:
        value = self._fixed.get(property_id)
        return None if value is None else int.from_bytes(value[:4], "little", signed=True)

    def date(self, property_id: int) -> datetime | None:
        value = self._fixed.get(property_id)
        try:
            return (
                _EPOCH + timedelta(microseconds=int.from_bytes(value, "little") // 10)
                if value
                else None
            )
        except OverflowError:
            return None

    @property
    def charset(self) -> str | None:
        """The character set of narrow texts and of the HTML body, as Python or the web calls it."""
        pages = [page for page in map(self.integer, _CODE_PAGES) if page]
        if not pages:
            return None
        return (
            "utf-8"
            if pages[0] == _UTF8_PAGE
            else f"cp{pages[0]}"
            if pages[0] < 20000
            else _NAMED.get(pages[0])
        )

    def _stream(self, property_id: int, kind: int) -> bytes:
        return self._streams.get(f"__substg1.0_{property_id:04x}{kind:04x}", b"")


_NAMED = {
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
