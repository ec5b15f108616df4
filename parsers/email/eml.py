"""Internet mail (.eml), and mailboxes of it (.mbox), by the standard library, whose strict corners are rounded off here.

Headers that its parser chokes on are read raw, unknown character sets are guessed, broken base64 gives what can be had.
"""

import codecs
import email
import email.errors
import email.utils
from collections.abc import Iterator
from email.message import Message

from vouch.parsers.base import Hint
from vouch.parsers.common.dates import parse_time
from vouch.parsers.email.headers import decode_words
from vouch.parsers.email.mbox import mailbox
from vouch.parsers.email.message import Mail
from vouch.parsers.email.mime_parts import Content, content_of
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Reason

_SHOWN = ("From", "To", "Cc", "Date")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def parse(data: bytes, hint: Hint) -> Document:
    """A message with its headers, bodies and attachments, or a mailbox's messages as attachments; raises `DocumentRejected`."""
    data = _as_ascii_superset(data)
    if (found := mailbox(data)) is not None:
        return found
    message = email.message_from_bytes(data)
    headers = dict(_headers(message))
    content = content_of(message)
    if not headers and not any(body.text.strip() for body in content.bodies):
        raise DocumentRejected(Reason.MALFORMED, "the file has neither mail headers nor a body")
    return _mail(headers, content).document()


def _mail(headers: dict[str, str], content: Content) -> Mail:
    return Mail(
        subject=headers.get("subject", ""),
        fields=[(name, headers.get(name.lower(), "")) for name in _SHOWN],
        bodies=content.bodies,
        attachments=content.attachments,
        author=headers.get("from"),
        sent=parse_time(headers.get("date", "")),
        language=headers.get("content-language", "").split(",")[0].strip() or None,
        extra=tuple(
            (name, headers[name]) for name in ("message-id", "in-reply-to") if headers.get(name)
        ),
    )


def _as_ascii_superset(data: bytes) -> bytes:
    """Mail is read as bytes that contain ASCII; files that were saved as UTF-16 become UTF-8."""
    head = data[:200]
    if head.startswith(_UTF16_MARKS):
        return data.decode("utf-16", errors="replace").encode("utf-8")
    if len(head) > 20 and head[1::2].count(0) > len(head) // 3:
        return data.decode("utf-16-le", errors="replace").encode("utf-8")
    if len(head) > 20 and head[0::2].count(0) > len(head) // 3:
        return data.decode("utf-16-be", errors="replace").encode("utf-8")
    return data.removeprefix(codecs.BOM_UTF8)


def _headers(message: Message) -> Iterator[tuple[str, str]]:
    """Lower-case name and decoded value; the first of a name wins, as in mail programs."""
    seen = set()
    for name, raw in message.raw_items():
        if (key := name.lower()) not in seen:
            seen.add(key)
            yield key, decode_words(str(raw))
