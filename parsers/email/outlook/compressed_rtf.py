"""Compressed RTF, in which Outlook keeps a body that has no other form ([MS-OXRTFCP])."""

import struct

_HEADER = struct.Struct("<IIII")  # compressed size, raw size, compression type, checksum
_COMPRESSED, _UNCOMPRESSED = 0x75465A4C, 0x414C454D  # "LZFu", "MELA"
_WINDOW_SIZE = 4096
_INITIAL_WINDOW = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress(data: bytes) -> bytes:
    """Return the RTF of a compressed body; empty for other data.

    A body that is cut off gives what comes before the cut. The checksum is not compared.
    """
    if len(data) < _HEADER.size:
        return b""
    _, raw_size, compression, _ = _HEADER.unpack_from(data)
    if compression == _UNCOMPRESSED:
        return data[_HEADER.size : _HEADER.size + raw_size]
    return _expand(data[_HEADER.size :], raw_size) if compression == _COMPRESSED else b""


def raw_size(data: bytes) -> int:
    """Return the length that RTF declares to have; 0 for other data."""
    return int.from_bytes(data[4:8], "little") if len(data) >= _HEADER.size else 0


def _expand(packed: bytes, raw_size: int) -> bytes:
    """Expand runs of eight tokens: a flag bit says whether each is a byte or a reference."""
    window = bytearray(_INITIAL_WINDOW.ljust(_WINDOW_SIZE, b"\0"))
    write = len(_INITIAL_WINDOW)
    output = bytearray()
    position = 0
    while position < len(packed) and len(output) < raw_size:
        flags = packed[position]
        position += 1
        for bit in range(8):
            if position >= len(packed):
                break
            if not flags >> bit & 1:
                run = packed[position : position + 1]
                position += 1
            else:
                reference = int.from_bytes(packed[position : position + 2].ljust(2, b"\0"), "big")
                position += 2
                offset, length = reference >> 4, (reference & 0xF) + 2
                if offset == write % _WINDOW_SIZE:  # the end marker
                    return bytes(output[:raw_size])
                run = _referenced(window, offset, length, write)
            for byte in run:
                window[write % _WINDOW_SIZE] = byte
                write += 1
            output += run
    return bytes(output[:raw_size])


def _referenced(window: bytearray, offset: int, length: int, write: int) -> bytes:
    """Return `length` bytes of the window; a run repeats where it reaches the write position."""
    distance = (write - offset) % _WINDOW_SIZE or _WINDOW_SIZE
    return bytes(window[(offset + step % distance) % _WINDOW_SIZE] for step in range(length))
