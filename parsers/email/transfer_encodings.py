"""The bytes of a part, also where its transfer encoding is broken (RFC 2045, 6)."""

import binascii
import re
from copy import copy
from email.message import Message

_ENCODING = re.compile(r"base64|quoted-printable|x-uuencode|uuencode|x-uue|uue", re.IGNORECASE)
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_WORDS = re.compile(rb"[A-Za-z0-9] [A-Za-z0-9]|[^\x00-\x7f]|[_*.-]{5}")
_SHORT = 40  # characters: of a last line of base64, but also of a line of text below others
_CUT_ESCAPE = re.compile(rb"=([0-9A-Fa-f])=[ \t]*\r?\n([0-9A-Fa-f])")
_BLANKS_AT_END = re.compile(rb"=[ \t]+(?=\r?\n)")


def decoded(part: Message) -> bytes:
    """Return the bytes of a part that holds no others."""
    raw = raw_bytes(part)
    match = _ENCODING.search(str(part.get("Content-Transfer-Encoding", "")))
    encoding = match[0].lower() if match else ""
    if encoding == "base64":
        return _from_base64(raw)
    if encoding == "quoted-printable":
        # Programs that fold lines after encoding cut an escape in two, or leave spaces behind.
        return binascii.a2b_qp(_CUT_ESCAPE.sub(rb"=\1\2", _BLANKS_AT_END.sub(b"=", raw)))
    if encoding:
        data = part.get_payload(decode=True)
        return data if isinstance(data, bytes) else b""
    return raw


def raw_bytes(part: Message) -> bytes:
    """Return the bytes of a part as they are in the file."""
    undeclared = copy(part)  # whose headers are its own as soon as one is deleted
    del undeclared["Content-Transfer-Encoding"]
    payload = undeclared.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _from_base64(raw: bytes) -> bytes:
    """Decode base64 as far as it is any.

    Lines of words are text that somebody wrote below, as mailing lists do, or instead: they stay.
    Other characters that do not belong to base64 are passed over.
    """
    blocks: list[tuple[bool, list[bytes]]] = []
    for line in raw.splitlines(keepends=True):
        is_text = _WORDS.search(line.strip()) is not None or (
            bool(blocks) and blocks[-1][0] and len(line.strip()) < _SHORT
        )
        if not blocks or (blocks[-1][0] != is_text and line.strip()):
            blocks.append((is_text, []))
        blocks[-1][1].append(line)
    pieces = [b"".join(lines) if is_text else _decode(b"".join(lines)) for is_text, lines in blocks]
    return b"\n".join(pieces)


def _decode(block: bytes) -> bytes:
    digits = _NO_BASE64.sub(b"", block)
    pieces = []
    # Texts that were encoded one by one end in `=` each.
    for run in re.findall(rb"[^=]+", digits):
        whole = run[: len(run) // 4 * 4] if len(run) % 4 == 1 else run
        pieces.append(binascii.a2b_base64(whole + b"=" * (-len(whole) % 4)))
    return b"".join(pieces)
