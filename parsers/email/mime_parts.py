"""The parts of an Internet message (MIME): which are its text, and which are files."""

import binascii
from dataclasses import dataclass, field, replace
from email.generator import BytesGenerator
from email.message import Message
from email.policy import compat32
from io import BytesIO

from vouch.parsers.common.attachment_names import base_name, name_for
from vouch.parsers.common.text.encoding import decode_leniently
from vouch.parsers.email.alternatives import choose, joined, without_repeated_html
from vouch.parsers.email.body import Body
from vouch.parsers.email.boundaries import divided, parts_behind
from vouch.parsers.email.calendar.entries import is_calendar, with_whole_characters
from vouch.parsers.email.file_names import name_by_content, name_of_mail
from vouch.parsers.email.headers import decode_words, message_of, raw_bytes_decoded
from vouch.parsers.email.html_body import shown_text
from vouch.parsers.email.message import encrypted
from vouch.parsers.email.outlook.tnef import mail_from_tnef
from vouch.parsers.email.outlook.tnef_reader import SIGNATURE
from vouch.parsers.email.part_bodies import (
    BAD_PARAMETER,
    REDUCED_HTML,
    body_of_part,
    charset_of_part,
)
from vouch.parsers.email.plain_text import without_uuencoded
from vouch.parsers.email.smime import unwrapped
from vouch.parsers.email.transfer_encodings import decoded
from vouch.schemas.documents.records import Attachment, LeftOutKind, Reason
from vouch.schemas.errors import DocumentRejected

_CALENDAR_TYPES = ("text/calendar", "text/x-vcalendar", "application/ics")
_MESSAGE_TYPES = ("message/rfc822", "message/global", "message/news")
_SIGNATURE_TYPES = {
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
}
_SMIME_TYPES = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_SMIME_NAMES = ("smime.p7m", "smime.p7z")
_PGP_BEGIN = "-----BEGIN PGP MESSAGE-----"


@dataclass(slots=True)
class Content:
    """Bodies and attachments of a message, in its order.

    `calendars` are its invitations, `notices` what is around its parts for programs that know no
    parts, `wrapped` the bodies of a winmail.dat in it, `left_out` what is not read, by kind,
    and `damaged` names of parts with what is wrong with them.
    """

    bodies: list[Body] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    calendars: list[Body] = field(default_factory=list)
    notices: list[Body] = field(default_factory=list)
    wrapped: list[Body] = field(default_factory=list)
    left_out: list[tuple[LeftOutKind, str]] = field(default_factory=list)
    damaged: list[tuple[str, str]] = field(default_factory=list)
    message: Message | None = None
    is_alternative: bool = False


def content_of(message: Message) -> Content:
    """Return bodies and attachments. Raises `DocumentRejected` (encrypted)."""
    content = Content(message=message)
    _collect(message, content)
    choice = without_repeated_html([body for body in content.bodies if not body.is_blank])
    content.bodies = choice.bodies
    content.left_out += ((LeftOutKind.REPEATED, text) for text in choice.left_out)
    if content.wrapped:
        choice = joined(content.bodies, content.wrapped)
        content.bodies = choice.bodies
        content.left_out += ((LeftOutKind.ALTERNATIVE, text) for text in choice.left_out)
    if not content.bodies and not content.calendars:
        content.bodies = content.notices
    else:
        content.left_out += ((LeftOutKind.BOILERPLATE, body.text) for body in content.notices)
    content.bodies += dict.fromkeys(content.calendars)
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
    if media_type.startswith("multipart/"):
        _collect_parts(part, media_type, content)
    elif media_type in _MESSAGE_TYPES:
        _collect_message(part, content)
    elif media_type.startswith("message/") and part.is_multipart():
        # Reports of delivery and of reading: blocks of header fields (RFC 3464, 8098).
        fields = [_as_bytes(block).decode("utf-8", "replace") for block in _children(part)]
        content.bodies.append(Body("\n\n".join(fields)))
    elif data := decoded(part):
        _collect_single(part, media_type, data, content)


def _collect_single(part: Message, media_type: str, data: bytes, content: Content) -> None:
    """Add a part that holds no others: as a body, as an invitation, or as a file."""
    name = base_name(_file_name(part))
    # The name of a whole message, or of a form of its text, makes no file of it.
    is_text = content.is_alternative or part is content.message
    is_attached = part.get_content_disposition() == "attachment"
    is_file = is_attached or (bool(name) and not is_text)
    if media_type in _CALENDAR_TYPES and not is_attached:
        text = decode_leniently(with_whole_characters(data), charset_of_part(part))
        bodies = content.calendars if is_calendar(text) else content.bodies
        bodies.append(Body(text, is_calendar=is_calendar(text)))
        return
    if not is_file and _add_body(part, media_type, data, content):
        return
    if data.startswith(SIGNATURE) and _collect_tnef(data, content):
        return
    if data.strip():
        _attach(content, name, data, media_type)


def _add_body(part: Message, media_type: str, data: bytes, content: Content) -> bool:
    """Add the text of a part, and the files in it; return False where the part is a file."""
    is_message = part is content.message
    body = body_of_part(
        part, media_type, data, is_alternative=content.is_alternative, is_message=is_message
    )
    if body is None:
        return False
    text, files = ("", []) if body.is_html else without_uuencoded(body.text)
    for name, file in files:
        _attach(content, name, file, "")
    content.bodies.append(replace(body, text=text) if files else body)
    return True


def _attach(content: Content, name: str, data: bytes, declared: str) -> None:
    """Add a file; one without a name is named by what it is, or by its declared media type."""
    number = len(content.attachments) + 1
    content.attachments.append(Attachment(name or name_by_content(data, declared, number), data))


def _collect_parts(part: Message, media_type: str, content: Content) -> None:
    if not part.is_multipart():
        repaired = divided(part)
        if repaired is None:
            # A text that declares parts and has none.
            _add_body(part, "text/plain", decoded(part), content)
            return
        part = repaired
    if (part.preamble or "").strip():
        content.notices.append(Body(_around(part.preamble)))
    if media_type == "multipart/alternative":
        _collect_alternatives(_children(part), content)
    else:
        for child in _children(part):
            _collect(child, content)
    behind = parts_behind(part)
    for child in behind:
        _collect(child, content)
    if not behind and (part.epilogue or "").strip():
        content.bodies.append(Body(_around(part.epilogue)))


def _around(text: str | None) -> str:
    """Return the text before or behind the parts of a message."""
    return decode_leniently((text or "").encode("utf-8", "surrogateescape"))


def _signed(part: Message, media_type: str) -> Message | None:
    """Return the message in an opaque signed part (RFC 8551, 3.5.2), None for any other part.

    Raises `DocumentRejected` (encrypted). A signed file of another name is an attachment, and so is
    a message that is damaged.
    """
    name = base_name(_file_name(part)).lower()
    is_smime = media_type in _SMIME_TYPES and name in ("", *_SMIME_NAMES)
    if not is_smime and not (media_type == "application/octet-stream" and name in _SMIME_NAMES):
        return None
    try:
        return message_of(unwrapped(decoded(part)))
    except DocumentRejected as rejected:
        smime_type = str(part.get_param("smime-type") or "enveloped-data")
        if rejected.reason == Reason.ENCRYPTED or smime_type.lower() == "enveloped-data":
            raise encrypted("S/MIME") from None
        return None


def _collect_alternatives(parts: list[Message], content: Content) -> None:
    """Add the files and invitations of all alternatives, and the bodies that are chosen."""
    forms: list[Content] = []
    reduced: list[Content] = []
    for part in parts:
        form = Content(message=content.message, is_alternative=True)
        _collect(part, form)
        (reduced if part.get_content_type() in REDUCED_HTML else forms).append(form)
        content.attachments += form.attachments
        content.calendars += form.calendars
        content.notices += form.notices
        content.wrapped += form.wrapped
        content.left_out += form.left_out
        content.damaged += form.damaged
    if all(body.is_blank for form in forms for body in form.bodies):
        forms = reduced
    else:
        content.left_out += (
            (LeftOutKind.ALTERNATIVE, shown_text(body.text))
            for form in reduced
            for body in form.bodies
        )
    choice = choose([form.bodies for form in forms])
    content.bodies += choice.bodies
    content.left_out += ((LeftOutKind.ALTERNATIVE, text) for text in choice.left_out)


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
        inner = message_of(data)
    elif encoding == "quoted-printable" and "=3D" in str(inner.get("Content-Type", "")):
        data = binascii.a2b_qp(data)  # against the standard too
    name = (
        base_name(_file_name(part))
        or name_of_mail(data)
        or name_for("message/rfc822", len(content.attachments) + 1)
    )
    if not name.lower().endswith(".eml"):
        name = f"{name}.eml"
    content.attachments.append(Attachment(name, data))


def _collect_tnef(data: bytes, content: Content) -> bool:
    """Add what a winmail.dat wraps; return False for a damaged one, which is quarantined then."""
    try:
        mail = mail_from_tnef(data)
    except DocumentRejected as rejected:
        if rejected.reason == Reason.ENCRYPTED:
            raise
        return False
    content.attachments += mail.attachments
    content.wrapped += mail.bodies
    content.left_out += mail.left_out
    content.damaged += mail.damaged
    return bool(mail.attachments or mail.bodies)


def _file_name(part: Message) -> str:
    """Return the declared name, also one that is written without any encoding."""
    headers = Message()
    for name, value in part.raw_items():
        if name.lower() in ("content-disposition", "content-type"):
            headers[name] = raw_bytes_decoded(str(value))
    try:
        return decode_words(headers.get_filename() or "")
    except BAD_PARAMETER:
        return ""


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
