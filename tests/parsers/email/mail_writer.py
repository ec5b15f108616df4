"""Internet mail, written part by part, and files of winmail.dat."""

import struct

from tests.parsers.binary_files import parse, typed_texts

HEAD = (
    b"From: Ana <ana@example.org>\nTo: Bo <bo@example.org>\nSubject: Pier\n"
    b"Date: Tue, 3 Mar 2026 10:00:00 +0000\nMIME-Version: 1.0\n"
)
SHOWN_HEAD = 2  # elements of a document that are title and headers
SUBJECT, BODY, MESSAGE = 0x00018004, 0x0002800C, 0x00069003
RENDERING, TITLE, DATA, ATTACHED = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
CODE_PAGE = 0x00069007


def encoded(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def part(media_type: str, body: str | bytes, headers: str = "", boundary: str = "B") -> bytes:
    return encoded(f"--{boundary}\nContent-Type: {media_type}\n{headers}\n") + encoded(body) + b"\n"


def multipart(subtype: str, *parts: bytes, boundary: str = "B") -> bytes:
    head = encoded(f"Content-Type: multipart/{subtype}; boundary={boundary}\n\n")
    return HEAD + head + b"".join(parts) + encoded(f"--{boundary}--\n")


def single(headers: str, body: str | bytes) -> bytes:
    return HEAD + encoded(f"{headers}\n\n") + encoded(body)


def tnef(*attributes: tuple[int, bytes]) -> bytes:
    """Return a winmail.dat; attributes of attachments are known by their ids."""
    pieces = [b'x\x9f>"\x01\x00']
    for tag, value in attributes:
        level = 2 if tag in (RENDERING, TITLE, DATA, ATTACHED) else 1
        pieces += struct.pack("<BII", level, tag, len(value)), value
        pieces.append(struct.pack("<H", sum(value) & 0xFFFF))
    return b"".join(pieces)


def properties(*values: tuple[int, int, bytes]) -> bytes:
    """Return properties of (id, type, value), each of variable size."""
    data = struct.pack("<I", len(values))
    for property_id, kind, value in values:
        data += struct.pack("<HHII", kind, property_id, 1, len(value))
        data += value + b"\0" * (-len(value) % 4)
    return data


def bodies(data: bytes) -> list[str]:
    """Return the texts of a mail below its shown headers."""
    return [text for _, text in typed_texts(parse(data, "a.eml"))[SHOWN_HEAD:]]
