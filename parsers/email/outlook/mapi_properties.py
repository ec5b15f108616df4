"""Properties of an Outlook message, attachment or recipient ([MS-OXPROPS]).

They come from a storage of a .msg file ([MS-OXMSG], `StoredProperties`) or from a winmail.dat
([MS-OXTNEF], `tnef_reader.py`). Values are decoded here: python-oxmsg, which finds the storages,
raises at the first byte that does not fit the declared code page, and at an unknown code page.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from oxmsg.storage import Storage

from vouch.parsers.common.text.encoding import decode_leniently

_RECORD = struct.Struct("<HHI8s")  # type, property id, flags, value
_FIXED_STREAM = "__properties_version1.0"
_UNICODE, _NARROW, _BINARY, _OBJECT = 0x001F, 0x001E, 0x0102, 0x000D  # types of values in streams
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
_INTERFACE = bytes.fromhex("00000000c000000000000046")  # the end of the id before an object
_ID_SIZE = 16
# Bytes before the first record, by what the storage belongs to.
HEADER_MESSAGE, HEADER_EMBEDDED, HEADER_OTHER = 32, 24, 8


_STREAM = re.compile(r"__substg1\.0_([0-9a-f]{4})([0-9a-f]{4})")


class Properties:
    """Values by property id. A missing or damaged one is None, or an empty text.

    `streams` are the bytes of texts and binary values, by property id and type; `fixed` those of
    numbers and times, by property id. `charset` is that of narrow texts that declare none.
    """

    def __init__(
        self,
        streams: Mapping[tuple[int, int], bytes],
        fixed: Mapping[int, bytes],
        charset: str | None = None,
    ) -> None:
        self._streams = streams
        self._fixed = fixed
        self._charset = charset

    def text(self, property_id: int) -> str:
        """Return a text, decoded with replacement characters where it is damaged."""
        wide = self._stream(property_id, _UNICODE)
        if wide:
            return wide.decode("utf-16-le", errors="replace").rstrip("\0")
        return decode_page(self._stream(property_id, _NARROW), self.charset).rstrip("\0")

    def binary(self, property_id: int) -> bytes:
        """Return bytes, none where the property is missing."""
        return self._stream(property_id, _BINARY)

    def object(self, property_id: int) -> bytes:
        """Return the bytes of an embedded object or of a binary value, none where both miss."""
        value = self._stream(property_id, _OBJECT)
        if value[4:_ID_SIZE] == _INTERFACE:
            value = value[_ID_SIZE:]
        return value or self.binary(property_id)

    def over(self, fallback: Properties) -> Properties:
        """Return these properties, and those of `fallback` that are missing here."""
        own = {key: value for key, value in self._streams.items() if value}
        ids = {property_id for property_id, _ in own}
        added = {key: value for key, value in fallback._streams.items() if key[0] not in ids}
        fixed = dict(fallback._fixed) | dict(self._fixed)
        return Properties(added | own, fixed, self._charset or fallback._charset)

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
        return self._charset if page is None else charset_of(page)

    def _stream(self, property_id: int, value_type: int) -> bytes:
        return self._streams.get((property_id, value_type), b"")


class StoredProperties(Properties):
    """The properties in a storage of a .msg file, whose property stream begins with a header."""

    def __init__(self, storage: Storage, header: int = HEADER_OTHER) -> None:
        streams = {stream.name.lower(): stream.bytes_ for stream in storage.streams}
        matches = ((_STREAM.fullmatch(name), value) for name, value in streams.items())
        texts = {(int(match[1], 16), int(match[2], 16)): value for match, value in matches if match}
        fixed = streams.get(_FIXED_STREAM, b"")[header:]
        records = _RECORD.iter_unpack(fixed[: len(fixed) // _RECORD.size * _RECORD.size])
        super().__init__(texts, {property_id: value for _, property_id, _, value in records})


def decode_page(data: bytes, charset: str | None) -> str:
    """Return a text in its declared code page; guessed where the page is none or does not fit."""
    with suppress(LookupError, UnicodeError):
        return data.decode("utf-8" if data.isascii() else charset or "")
    return decode_leniently(data)


def charset_of(page: int) -> str | None:
    """Return the name of a Windows code page as Python or the web knows it."""
    if page == _UTF8_PAGE:
        return "utf-8"
    return f"cp{page}" if page < _FIRST_NAMED_PAGE else _NAMED_PAGES.get(page)
