"""Multiparts that the standard library cannot divide: a wrong boundary, or one used twice."""

import re
from collections.abc import Sequence
from email.message import Message
from itertools import islice

from vouch.parsers.email.headers import message_of
from vouch.parsers.email.transfer_encodings import raw_bytes

# A line that begins a part: two dashes, up to 70 characters (RFC 2046, 5.1.1), then header fields.
_BEGINNING = re.compile(
    rb"^--(\S[^\r\n]{0,99}?)[ \t]*\r?\n(?=content-[a-z-]{1,40}[ \t]*:)",
    re.MULTILINE | re.IGNORECASE,
)
# The line behind the last part; those before the parts are the same without dashes at the end.
_END = re.compile(rb"^--(\S[^\r\n]{0,99}?)--[ \t]*\r?$", re.MULTILINE)
_MAX_ENDS = 20


def divided(part: Message) -> Message | None:
    """Return a multipart whose parts are separated by another boundary than it declares.

    None where no line begins a part: then the content is text.
    """
    raw = raw_bytes(part)
    if (boundary := _boundary_in(raw)) is None:
        return None
    repaired = _reparsed(part.get_content_type(), boundary, raw)
    return repaired if repaired.is_multipart() else None


def parts_behind(part: Message) -> Sequence[Message]:
    """Return the parts behind the end of a multipart whose boundary one within it uses too."""
    text = part.epilogue or ""
    if "--" not in text:
        return []
    raw = text.encode("utf-8", "surrogateescape")
    if (boundary := _boundary_in(raw)) is None:
        return []
    payload = _reparsed("multipart/mixed", boundary, raw).get_payload()
    return [inner for inner in payload if isinstance(inner, Message)]


def _boundary_in(raw: bytes) -> bytes | None:
    if match := _BEGINNING.search(raw):
        return match[1]
    lines = b"\n" + raw.replace(b"\r\n", b"\n")
    ends = (match[1] for match in islice(_END.finditer(raw), _MAX_ENDS))
    return next((name for name in ends if b"\n--%s\n" % name in lines), None)


def _reparsed(media_type: str, boundary: bytes, raw: bytes) -> Message:
    quoted = boundary.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    head = b'Content-Type: %s; boundary="%s"\r\n\r\n' % (media_type.encode(), quoted)
    return message_of(head + raw)
