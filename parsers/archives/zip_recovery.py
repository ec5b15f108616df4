"""Make a readable zip of one whose end is cut off: its directory, which is at the end, is lost.

Each member has a header of its own before its data (APPNOTE 4.3.7), from which a directory of the
whole ones is written.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from vouch.parsers.common.unpacking import MEGABYTE, Unpacking

_HEADER = struct.Struct("<4sHHHHHIIIHH")
_SIGNATURE, _DESCRIPTOR = b"PK\x03\x04", b"PK\x07\x08"
_DEFLATED = 8
_SIZES_FOLLOW = 0x8  # flag bit 3: sizes and checksum are behind the data
_ENTRY = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_PIECE = 65_536  # bytes
_LARGE = 0xFFFFFFFF  # sizes of Zip64, in an extra field


def recovered(data: bytes) -> tuple[bytes, str]:
    """Return a zip of the members that are whole, and the name of the last one.

    "" where there is none. Raises `DocumentRejected` (unsafe).
    """
    members = list(_members(data))
    if not members:
        return data, ""
    entries, end = [entry for entry, _ in members], members[-1][1]
    directory = b"".join(entries)
    count = len(entries)
    tail = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), end, 0)
    archive = data[:end] + directory + tail
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:  # decodes names as it does elsewhere
        return archive, opened.infolist()[-1].filename


def _members(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the directory's entry of each whole member, and where the member ends."""
    unpacking = Unpacking(len(data), "zip")
    place = 0
    while data.startswith(_SIGNATURE, place) and place + _HEADER.size <= len(data):
        fields = _HEADER.unpack_from(data, place)
        _, version, flags, method, hour, day, crc, packed, size, name_size, extra_size = fields
        start = place + _HEADER.size + name_size + extra_size
        name = data[place + _HEADER.size :][:name_size]
        unpacking.add_members(1)
        end = start + packed
        if flags & _SIZES_FOLLOW:
            if method != _DEFLATED or (data_end := _deflated_end(data, start, unpacking)) is None:
                return
            end = data_end + 4 * data.startswith(_DESCRIPTOR, data_end) + 12
            packed = data_end - start
            crc, _, size = struct.unpack("<III", data[end - 12 : end].ljust(12, b"\0"))
        if end > len(data) or _LARGE in (packed, size):
            return
        entry = _ENTRY.pack(
            b"PK\x01\x02", version, version, flags, method, hour, day, crc, packed, size,
            name_size, 0, 0, 0, 0, 0, place,
        )  # fmt: skip
        yield entry + name, end
        place = end


def _deflated_end(data: bytes, start: int, unpacking: Unpacking) -> int | None:
    """Return where deflated data end, None where they are cut off or damaged."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    place = start
    try:
        while not unpacker.eof:
            piece = data[place : place + _PIECE]
            place += len(piece)
            if not piece:
                return None
            while piece and not unpacker.eof:
                unpacking.add_bytes(len(unpacker.decompress(piece, MEGABYTE)))
                piece = unpacker.unconsumed_tail
    except zlib.error:
        return None
    return place - len(unpacker.unused_data)
