"""The attributes of a winmail.dat (TNEF, [MS-OXTNEF]) and the properties of Outlook in them.

Each attribute costs its own length, and what is damaged or cut off costs itself: tnefparse, the
only library for Python, does not end where a count of values is damaged.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from vouch.parsers.email.outlook.mapi_properties import Properties

SIGNATURE = b'x\x9f>"'
_START = 6  # bytes: the signature and a key
_HEAD = struct.Struct("<BII")  # level, id and type of the attribute, length
_CHECKSUM = 2  # bytes behind each attribute
_COUNT = struct.Struct("<I")
_TAG = struct.Struct("<HH")  # type and id of a property
_MULTIPLE = 0x1000
_FIRST_NAMED = 0x8000
_GUID = 16  # bytes
_FIXED_SIZES = {
    0x0002: 2,
    0x0003: 4,
    0x0004: 4,
    0x0005: 8,
    0x0006: 8,
    0x0007: 8,
    0x000A: 4,
    0x000B: 2,
    0x0014: 8,
    0x0040: 8,
    0x0048: 16,
}
OBJECT, BINARY = 0x000D, 0x0102
_VARIABLE = frozenset({0x001E, 0x001F, OBJECT, BINARY, 0x0000})
# Named properties that are read, by the set and the id in it, under the numbers that they get here.
WHERE = 0x18208
_NAMED = {
    # PSETID_Appointment: the location of a meeting
    (bytes.fromhex("0220060000000000c000000000000046"), 0x8208): WHERE,
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute; `of_attachment` says that it belongs to the attachment that began last.

    `is_cut` says that the file ends before it.
    """

    id: int
    data: bytes
    of_attachment: bool
    is_cut: bool = False


def attributes_in(data: bytes) -> Iterator[Attribute]:
    """Yield the attributes of a file; the last one may be cut off."""
    position = _START
    while position + _HEAD.size <= len(data):
        level, tag, length = _HEAD.unpack_from(data, position)
        if level not in (1, 2):
            return  # something else was written behind the last attribute
        start = position + _HEAD.size
        end = start + length
        yield Attribute(tag & 0xFFFF, data[start:end], level == 2, is_cut=end > len(data))
        position = end + _CHECKSUM
    if position < len(data):
        yield Attribute(0, b"", of_attachment=False, is_cut=True)


def properties_in(data: bytes, charset: str | None) -> Properties:
    """Return the properties of an attribute; those before the first damaged one."""
    return _Properties(data).read(charset)


def rows_in(data: bytes, charset: str | None) -> list[Properties]:
    """Return the properties of each row of a table, such as that of the recipients."""
    reader = _Properties(data)
    rows: list[Properties] = []
    count = reader.number()
    while len(rows) < count and reader.has_more:
        rows.append(reader.read(charset))
    return rows


class _Properties:
    """Reads properties from where the ones before end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def has_more(self) -> bool:
        return self._position + _COUNT.size <= len(self._data)

    def number(self) -> int:
        """Return a number; 0 behind the end of the data."""
        piece = self._take(_COUNT.size)
        return int.from_bytes(piece, "little") if len(piece) == _COUNT.size else 0

    def read(self, charset: str | None) -> Properties:
        streams: dict[tuple[int, int], bytes] = {}
        fixed: dict[int, bytes] = {}
        for _ in range(self.number()):
            if not self.has_more:
                break
            kind, property_id = _TAG.unpack(self._take(_TAG.size))
            if property_id >= _FIRST_NAMED:
                property_id = self._named(property_id)
            is_multiple, kind = bool(kind & _MULTIPLE), kind & ~_MULTIPLE
            if kind in _VARIABLE:
                values = self._variable()
                if values:
                    streams[property_id, kind] = b"\0".join(values) if is_multiple else values[0]
            elif kind in _FIXED_SIZES:
                size = _FIXED_SIZES[kind]
                value = self._padded(size * (self.number() if is_multiple else 1))
                fixed[property_id] = value[:size].ljust(8, b"\0")
            else:
                self._position = len(self._data)  # where the next property begins is unknown
        return Properties(streams, fixed, charset)

    def _variable(self) -> list[bytes]:
        values: list[bytes] = []
        count = self.number()
        while len(values) < count and self.has_more:
            values.append(self._padded(self.number()))
        return values

    def _named(self, property_id: int) -> int:
        """Pass over the name of a property; return the number of one that is read."""
        guid = self._take(_GUID)
        if self.number():
            self._padded(self.number())
            return property_id
        return _NAMED.get((guid, self.number()), property_id)

    def _padded(self, size: int) -> bytes:
        """Return bytes, and pass over those that fill them up to a multiple of four."""
        piece = self._take(size)
        self._take(-size % 4)
        return piece

    def _take(self, size: int) -> bytes:
        piece = self._data[self._position : self._position + size]
        self._position += size
        return piece
