"""The parts of an Internet message (MIME): which are its text, and which are files."""

import binascii
from dataclasses import dataclass, field
from email.generator import BytesGenerator
from email.message import Message
from email.policy import compat32
from io import BytesIO

from vouch.parsers.common.attachment_names import base_name, name_for, name_of_message
from vouch.parsers.common.encoding import decode_leniently
from vouch.parsers.email.headers import decode_words, message_of
from vouch.parsers.email.message import Body, encrypted
from vouch.parsers.email.smime import unwrapped
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Attachment, Reason

_BODY_TYPES = {"text/plain", "text/html"}
_SIGNATURE_TYPES = {
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
}
_SMIME_TYPES = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_SMIME_NAMES = ("smime.p7m", "smime.p7z")
_PGP_BEGIN = "-----BEGIN PGP MESSAGE-----"
# What the standard library raises for parameters in an unknown character set.
_BAD_PARAMETER = (LookupError, ValueError, TypeError)


@dataclass(slots=True)
class Content:
    """Bodies and attachments of a message, in its order."""

    bodies: list[Body] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)


def content_of(message: Message) -> Content:
    """Return bodies and attachments. Raises `DocumentRejected` (encrypted)."""
    content = Content()
    _collect(message, content)
    content.bodies = [body for body in content.bodies if not body.is_blank]
    if content.bodies and content.bodies[0].text.lstrip().startswith(_PGP_BEGIN):
        raise encrypted("PGP")
    return content


def _collect(part: Message, content: Content) -> None:
    """Add a part, and the parts in it, to `content`."""
    media_type = part.get_content_type()
    if media_type == "multipart/encrypted":
        raise encrypted(str(part.get_param("protocol") or "PGP or S/MIME"))
    if media_type in _SIGNATURE_TYPES:
        return
    if (signed := _signed(part, media_type)) is not None:
        part, media_type = signed, signed.get_content_type()
    if media_type == "message/rfc822":
        _collect_message(part, content)
    elif media_type == "message/delivery-status":
        # Each child is a block of header fields (RFC 3464).
        fields = [_as_bytes(block).decode("utf-8", "replace") for block in _children(part)]
        content.bodies.append(Body("\n\n".join(fields)))
    elif media_type == "multipart/alternative" and part.is_multipart():
        _collect_alternatives(part, content)
    elif part.is_multipart():
        for child in _children(part):
            _collect(child, content)
    elif media_type in _BODY_TYPES and not _is_file(part):
        content.bodies.append(_body(part, is_html=media_type == "text/html"))
    elif isinstance(data := part.get_payload(decode=True), bytes) and data.strip():
        number = len(content.attachments) + 1
        name = base_name(_file_name(part)) or name_for(media_type, number)
        content.attachments.append(Attachment(name, data))


def _signed(part: Message, media_type: str) -> Message | None:
    """Return the message in an opaque signed part (RFC 8551, 3.5.2), None for any other part.

    Raises `DocumentRejected` (encrypted). A signed file of another name is an attachment, and so is
    a message that is damaged.
    """
    name = base_name(_file_name(part)).lower()
    is_smime = media_type in _SMIME_TYPES and name in ("", *_SMIME_NAMES)
    if not is_smime and not (media_type == "application/octet-stream" and name in _SMIME_NAMES):
        return None
    data = part.get_payload(decode=True)
    try:
        return message_of(unwrapped(data if isinstance(data, bytes) else b""))
    except DocumentRejected as rejected:
        smime_type = str(part.get_param("smime-type") or "enveloped-data")
        if rejected.reason == Reason.ENCRYPTED or smime_type.lower() == "enveloped-data":
            raise encrypted("S/MIME") from None
        return None


def _collect_alternatives(part: Message, content: Content) -> None:
    """Add the attachments of all alternatives, and the bodies of one of them.

    That is one with a data table, else plain text, else the last. The last one is the richest (RFC
    2046, 5.1.4), but plain text has no markup to misread.
    """
    alternatives = []
    for child in _children(part):
        alternative = Content()
        _collect(child, alternative)
        content.attachments += alternative.attachments
        if any(not body.is_blank for body in alternative.bodies):
            alternatives.append(alternative.bodies)
    tables = [bodies for bodies in alternatives if any(body.has_table for body in bodies)]
    plain = [bodies for bodies in alternatives if not any(body.is_html for body in bodies)]
    for bodies in tables[-1:] or plain[:1] or alternatives[-1:]:
        content.bodies += bodies


def _collect_message(part: Message, content: Content) -> None:
    """Add a mail in the mail as an attachment.

    Encoded as base64, against the standard, it arrives as a message without headers whose body is
    that base64.
    """
    inner = next(iter(_children(part)), part)
    data = _as_bytes(inner)
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding == "base64" and not inner.keys():
        data = _from_base64(inner.get_payload())
    subject = decode_words(dict(inner.raw_items()).get("Subject", ""))
    name = (
        base_name(_file_name(part))
        or name_of_message(subject)
        or name_for("message/rfc822", len(content.attachments) + 1)
    )
    if not name.lower().endswith(".eml"):
        name = f"{name}.eml"
    content.attachments.append(Attachment(name, data))


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_file_name(part))


def _file_name(part: Message) -> str:
    try:
        return decode_words(part.get_filename() or "")
    except _BAD_PARAMETER:
        return ""


def _body(part: Message, *, is_html: bool) -> Body:
    data = part.get_payload(decode=True)
    text = decode_leniently(data, _charset(part)) if isinstance(data, bytes) and data else ""
    if str(part.get_param("format") or "").lower() == "flowed":
        text = _unflowed(text)
    return Body(text, is_html=is_html)


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except _BAD_PARAMETER:
        return None


def _unflowed(text: str) -> str:
    """Join lines that end in a space with the next one of the same quote depth (RFC 3676)."""
    lines: list[str] = []
    open_depth: int | None = None
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        is_signature_mark = content == "-- "
        if open_depth == depth and not is_signature_mark:
            lines[-1] += content
        else:
            lines.append(">" * depth + (" " if depth else "") + content)
        open_depth = depth if content.endswith(" ") and not is_signature_mark else None
    return "\n".join(lines)


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    if not isinstance(payload, list):
        return []
    return [child for child in payload if isinstance(child, Message)]


def _as_bytes(message: Message) -> bytes:
    """Return a message as it was written, with its headers."""
    stream = BytesIO()
    BytesGenerator(stream, mangle_from_=False, policy=compat32).flatten(message)
    return stream.getvalue()


def _from_base64(payload: object) -> bytes:
    try:
        return binascii.a2b_base64(str(payload).encode("ascii", errors="ignore"))
    except binascii.Error:
        return b""
