"""Parses Internet mail (.eml), and mailboxes of it (.mbox), with the standard library.

Mail that breaks the standards is read as far as it can be: headers that the library refuses are
read raw, unknown character sets are guessed, and broken base64 gives what can be decoded.
"""

import codecs

from vouch.parsers.base import Hint
from vouch.parsers.common.dates import parse_time
from vouch.parsers.email.headers import decode_words, message_of
from vouch.parsers.email.mbox import mailbox
from vouch.parsers.email.message import Mail
from vouch.parsers.email.mime_parts import content_of
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected

_SHOWN_HEADERS = ("From", "To", "Cc", "Date")
_EXTRA_HEADERS = ("message-id", "in-reply-to")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAMPLE = 200  # bytes that show whether a file is UTF-16
_MIN_SAMPLE = 20


def parse(data: bytes, hint: Hint) -> Document:
    """Return a message with its headers, bodies and attachments.

    The document of a mailbox has its messages as attachments. Raises `DocumentRejected`
    (malformed, encrypted; unsafe, as a mailbox with too many messages is).
    """
    data = _as_ascii_superset(data).lstrip(b"\r\n")
    if (document := mailbox(data)) is not None:
        return document
    message = message_of(data)
    headers: dict[str, str] = {}
    for name, raw in message.raw_items():
        # The first header of a name counts, as in mail programs.
        if name.lower() not in headers:
            headers[name.lower()] = decode_words(str(raw))
    content = content_of(message)
    if not headers and not any(body.text.strip() for body in content.bodies):
        raise DocumentRejected(Reason.MALFORMED, "the file has neither mail headers nor a body")
    mail = Mail(
        subject=headers.get("subject", ""),
        fields=[(name, headers.get(name.lower(), "")) for name in _SHOWN_HEADERS],
        bodies=content.bodies,
        attachments=content.attachments,
        author=headers.get("from"),
        sent=parse_time(headers.get("date", "")),
        language=headers.get("content-language", "").split(",")[0].strip() or None,
        extra=tuple((name, headers[name]) for name in _EXTRA_HEADERS if headers.get(name)),
        left_out=content.left_out,
        damaged=content.damaged,
    )
    return mail.document()


def _as_ascii_superset(data: bytes) -> bytes:
    """Return UTF-16 files as UTF-8: the library reads mail as bytes that contain ASCII."""
    sample = data[:_SAMPLE]
    if sample.startswith(_UTF16_MARKS):
        return data.decode("utf-16", errors="replace").encode("utf-8")
    if len(sample) > _MIN_SAMPLE:
        # In the UTF-16 of mostly ASCII text, every second byte is null.
        if sample[1::2].count(0) > len(sample) // 3:
            return data.decode("utf-16-le", errors="replace").encode("utf-8")
        if sample[0::2].count(0) > len(sample) // 3:
            return data.decode("utf-16-be", errors="replace").encode("utf-8")
    return data.removeprefix(codecs.BOM_UTF8)
