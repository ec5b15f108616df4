"""The parts of an Internet message: which are its text, which are files."""

import binascii
from dataclasses import dataclass, field
from email.generator import BytesGenerator
from email.message import Message
from email.policy import compat32
from io import BytesIO

from vouch.parsers.common.attachment_names import base_name, name_for, name_of_message
from vouch.parsers.common.encoding import decode_leniently
from vouch.parsers.email.headers import decode_words
from vouch.parsers.email.message import Body, refuse_encrypted
from vouch.schemas.records import Attachment

_BODY_TYPES = {"text/plain", "text/html"}
_SIGNATURE_TYPES = {
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
}
_SMIME_TYPES = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_PGP_BEGIN = "-----BEGIN PGP MESSAGE-----"


@dataclass(slots=True)
class Content:
    """What a message holds, in its order."""

    bodies: list[Body] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)


def content_of(message: Message) -> Content:
    """Bodies and attachments of a message; raises `DocumentRejected` for an encrypted one."""
    content = Content()
    _collect(message, content)
    content.bodies = [body for body in content.bodies if not body.is_blank]
    if content.bodies and content.bodies[0].text.lstrip().startswith(_PGP_BEGIN):
        raise refuse_encrypted("PGP")
    return content


def _collect(part: Message, content: Content) -> None:
    kind = part.get_content_type()
    _refuse_if_encrypted(part, kind)
    if kind in _SIGNATURE_TYPES:
        return
    if kind == "message/rfc822":
        _collect_message(part, content)
    elif kind == "message/delivery-status":
        content.bodies.append(
            Body("\n\n".join(_raw(block).decode("utf-8", "replace") for block in _children(part)))
        )
    elif part.is_multipart():
        _collect_multipart(part, kind, content)
    elif kind in _BODY_TYPES and not _is_file(part):
        content.bodies.append(_body(part, kind))
    else:
        _collect_file(part, kind, content)


def _refuse_if_encrypted(part: Message, kind: str) -> None:
    if kind == "multipart/encrypted":
        raise refuse_encrypted(str(part.get_param("protocol") or "PGP or S/MIME"))
    if (
        kind in _SMIME_TYPES
        and str(part.get_param("smime-type") or "enveloped-data").lower() == "enveloped-data"
    ):
        raise refuse_encrypted("S/MIME")


def _collect_multipart(part: Message, kind: str, content: Content) -> None:
    if kind != "multipart/alternative":
        for child in _children(part):
            _collect(child, content)
        return
    choices = [Content() for _ in _children(part)]
    for child, choice in zip(_children(part), choices, strict=True):
        _collect(child, choice)
        content.attachments += choice.attachments
    content.bodies += _best([choice.bodies for choice in choices])


def _best(choices: list[list[Body]]) -> list[Body]:
    """The plain one of alternatives, else the last, which is the richest, that says anything; one with a table before all."""
    told = [bodies for bodies in choices if any(not body.is_blank for body in bodies)]
    tables = [bodies for bodies in told if any(body.has_table for body in bodies)]
    plain = [bodies for bodies in told if not any(body.is_html for body in bodies)]
    return (tables[-1:] or plain[:1] or told[-1:] or [[]])[0]


def _collect_message(part: Message, content: Content) -> None:
    """A mail in the mail. Encoded as base64, against the standard, it arrives as a message whose body is that text."""
    inner = _children(part)[0] if _children(part) else part
    data = _raw(inner)
    if (
        str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64"
        and not inner.keys()
    ):
        data = _from_base64(inner.get_payload())
    name = base_name(_file_name(part)) or name_of_message(
        decode_words(dict(inner.raw_items()).get("Subject", ""))
    )
    name = name or name_for("message/rfc822", len(content.attachments) + 1)
    content.attachments.append(
        Attachment(name if name.lower().endswith(".eml") else f"{name}.eml", data)
    )


def _collect_file(part: Message, kind: str, content: Content) -> None:
    data = part.get_payload(decode=True)
    if isinstance(data, bytes) and data.strip():
        name = base_name(_file_name(part)) or name_for(kind, len(content.attachments) + 1)
        content.attachments.append(Attachment(name, data))


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_file_name(part))


def _file_name(part: Message) -> str:
    try:
        return decode_words(part.get_filename() or "")
    except (LookupError, ValueError, TypeError):  # a name in a character set that does not exist
        return ""


def _body(part: Message, kind: str) -> Body:
    data = part.get_payload(decode=True)
    text = decode_leniently(data, _charset(part)) if isinstance(data, bytes) and data else ""
    if str(part.get_param("format") or "").lower() == "flowed":
        text = _unflowed(text)
    return Body(text, is_html=kind == "text/html")


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, ValueError, TypeError):
        return None


def _unflowed(text: str) -> str:
    """Lines that end in a space go on in the next one of the same quote depth (RFC 3676)."""
    lines: list[str] = []
    open_depth: int | None = None
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        if open_depth == depth and content != "-- ":
            lines[-1] += content
        else:
            lines.append(">" * depth + (" " if depth else "") + content)
        open_depth = depth if content.endswith(" ") and content != "-- " else None
    return "\n".join(lines)


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return (
        [child for child in payload if isinstance(child, Message)]
        if isinstance(payload, list)
        else []
    )


def _raw(message: Message) -> bytes:
    """The message as it was written, headers and all."""
    stream = BytesIO()
    BytesGenerator(stream, mangle_from_=False, policy=compat32).flatten(message)
    return stream.getvalue()


def _from_base64(payload: object) -> bytes:
    try:
        return binascii.a2b_base64(str(payload).encode("ascii", errors="ignore"))
    except binascii.Error:
        return b""
