"""Compressed RTF, in which Outlook keeps a body that it has in no other form ([MS-OXRTFCP])."""

import struct

_HEADER = struct.Struct("<IIII")
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_WINDOW = 4096
_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress(data: bytes) -> bytes:
    """The RTF in a compressed body; empty for what is not one. A body that breaks off gives what came before."""
    if len(data) < _HEADER.size:
        return b""
    _, raw_size, kind, _ = _HEADER.unpack_from(data)
    if kind == _PLAIN:
        return data[_HEADER.size : _HEADER.size + raw_size]
    return _expand(data[_HEADER.size :], raw_size) if kind == _COMPRESSED else b""


def _expand(packed: bytes, raw_size: int) -> bytes:
    window = bytearray(_START.ljust(_WINDOW, b"\0"))
    write = len(_START)
    out = bytearray()
    position = 0
    while position < len(packed) and len(out) < raw_size:
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
                if offset == write % _WINDOW:
                    return bytes(out[:raw_size])
                run = _copy(window, offset, length, write)
            for byte in run:
                window[write % _WINDOW] = byte
                write += 1
            out += run
    return bytes(out[:raw_size])


def _copy(window: bytearray, offset: int, length: int, write: int) -> bytes:
    """`length` bytes from the window; a run may reach into what it writes itself."""
    reach = (write - offset) % _WINDOW or _WINDOW
    return bytes(window[(offset + step % reach) % _WINDOW] for step in range(length))
