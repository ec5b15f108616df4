"""Parses Outlook messages (.msg, [MS-OXMSG]); python-oxmsg opens their storages."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from oxmsg.storage import Storage

from vouch.parsers.base import Hint
from vouch.parsers.common.attachment_names import base_name, name_for
from vouch.parsers.common.clean import one_line
from vouch.parsers.common.encoding import decode_leniently
from vouch.parsers.common.ole_container import OleFileIO
from vouch.parsers.common.zip_safety import contained
from vouch.parsers.email.headers import decode_words
from vouch.parsers.email.message import Body, Mail, encrypted
from vouch.parsers.email.msg_properties import HEADER_EMBEDDED, HEADER_MESSAGE, Properties
from vouch.parsers.email.msg_rtf import decompress
from vouch.schemas.records import Attachment, Document

# Property ids, named as in [MS-OXPROPS].
CLASS, SUBJECT, HEADERS, MESSAGE_ID = 0x001A, 0x0037, 0x007D, 0x1035
SENDER_NAME, SENDER_ADDRESS, SENDER_SMTP, SENT_FOR = 0x0C1A, 0x0C1F, 0x5D01, 0x0042
DISPLAY_TO, DISPLAY_CC, SUBMIT_TIME, DELIVERY_TIME = 0x0E04, 0x0E03, 0x0039, 0x0E06
BODY, BODY_RTF, BODY_HTML = 0x1000, 0x1009, 0x1013
RECIPIENT_TYPE, DISPLAY_NAME, ADDRESS, SMTP_ADDRESS = 0x0C15, 0x3001, 0x3003, 0x39FE
DATA, LONG_NAME, SHORT_NAME, MEDIA_TYPE = 0x3701, 0x3707, 0x3704, 0x370E
TO, CC = 1, 2
_EMBEDDED_MESSAGE = "__substg1.0_3701000d"
_SIGNED_CLASS = "ipm.note.smime.multipartsigned"
_PROTECTED_CLASSES = ("ipm.note.smime", "ipm.note.rpmsg")
_PROTECTED_FILES = {"message.rpmsg", "smime.p7m"}
_PROTECTED_TYPES = ("multipart/encrypted", "enveloped-data")


def parse(data: bytes, hint: Hint) -> Document:
    """Return a message with its fields, body and attachments.

    Raises `DocumentRejected` (malformed, unsafe, encrypted).
    """
    with contained("Outlook message"), OleFileIO(data) as container:
        return mail_from_storage(Storage.from_ole(container), HEADER_MESSAGE).document()


def mail_from_storage(storage: Storage, header: int) -> Mail:
    """Return the message in a storage, whose property stream begins with `header` bytes."""
    properties = Properties(storage, header)
    attachments = list(_attachments(storage))
    _reject_protected(properties, attachments)
    sent = properties.date(SUBMIT_TIME) or properties.date(DELIVERY_TIME)
    bodies = _bodies(properties)
    if not bodies and (rtf := decompress(properties.binary(BODY_RTF))):
        attachments.insert(0, Attachment("body.rtf", rtf))
    message_id = one_line(properties.text(MESSAGE_ID))
    return Mail(
        subject=properties.text(SUBJECT),
        fields=_fields(storage, properties, sent),
        bodies=bodies,
        attachments=attachments,
        author=_sender(properties),
        sent=sent,
        extra=(("message-id", message_id),) if message_id else (),
    )


def _bodies(properties: Properties) -> list[Body]:
    """Return the plain body, or the HTML body where the plain one is empty or has lost a table."""
    html = properties.text(BODY_HTML) or decode_leniently(
        properties.binary(BODY_HTML) or b" ", properties.charset
    )
    rich = Body(html, is_html=True)
    choices = (rich,) if rich.has_table else (Body(properties.text(BODY)), rich)
    return [body for body in choices if not body.is_blank][:1]


def _fields(
    storage: Storage, properties: Properties, sent: datetime | None
) -> list[tuple[str, str]]:
    recipients = [Properties(recipient) for recipient in storage.iter_recipient_storages()]
    return [
        ("From", _sender(properties)),
        ("To", _recipients(recipients, TO) or properties.text(DISPLAY_TO)),
        ("Cc", _recipients(recipients, CC) or properties.text(DISPLAY_CC)),
        ("Date", sent.strftime("%a, %d %b %Y %H:%M:%S %z") if sent else ""),
    ]


def _sender(properties: Properties) -> str:
    address = properties.text(SENDER_SMTP) or properties.text(SENDER_ADDRESS)
    return _name_and_address(properties.text(SENDER_NAME), address) or properties.text(SENT_FOR)


def _recipients(recipients: Sequence[Properties], recipient_type: int) -> str:
    named = (
        _name_and_address(
            recipient.text(DISPLAY_NAME), recipient.text(SMTP_ADDRESS) or recipient.text(ADDRESS)
        )
        for recipient in recipients
        if recipient.integer(RECIPIENT_TYPE) == recipient_type
    )
    return ", ".join(filter(None, named))


def _name_and_address(name: str, address: str) -> str:
    """Return `Name <address>`, without the address where it is one of Exchange's internal ones."""
    name, address = one_line(decode_words(name)).strip("'\""), one_line(address)
    if "@" not in address or name == address:
        return name or address
    return f"{name} <{address}>" if name else address


def _attachments(storage: Storage) -> Iterator[Attachment]:
    """Yield the files and the embedded messages; these as Internet mail."""
    for number, part in enumerate(storage.iter_attachment_storages(), start=1):
        properties = Properties(part)
        embedded = next(
            (inner for inner in part.storages if inner.name.lower() == _EMBEDDED_MESSAGE), None
        )
        data = _as_internet_mail(embedded) if embedded else properties.binary(DATA)
        if data:
            yield Attachment(_file_name(properties, number, is_mail=embedded is not None), data)


def _file_name(properties: Properties, number: int, *, is_mail: bool) -> str:
    names = (properties.text(LONG_NAME), properties.text(SHORT_NAME), properties.text(DISPLAY_NAME))
    name = next(filter(None, map(base_name, names)), "")
    if is_mail:
        return f"{name.removesuffix('.msg') or f'message-{number}'}.eml"
    return name or name_for(properties.text(MEDIA_TYPE), number)


def _reject_protected(properties: Properties, attachments: Sequence[Attachment]) -> None:
    message_class = properties.text(CLASS).lower()
    headers = properties.text(HEADERS).lower()
    is_protected_class = (
        message_class.startswith(_PROTECTED_CLASSES) and message_class != _SIGNED_CLASS
    )
    if (
        is_protected_class
        or any(media_type in headers for media_type in _PROTECTED_TYPES)
        or any(file.name.lower() in _PROTECTED_FILES for file in attachments[:1])
    ):
        raise encrypted("S/MIME, PGP or rights management")


def _as_internet_mail(storage: Storage) -> bytes:
    """Return an embedded message as .eml, so that it becomes its own document."""
    mail = mail_from_storage(storage, HEADER_EMBEDDED)
    # A fixed boundary gives the same bytes, and so the same content hash, each time. No part can
    # contain it, because all are base64.
    message = MIMEMultipart(boundary="=_embedded-message")
    for name, value in (("Subject", mail.subject), *mail.fields):
        if text := one_line(value):
            message[name] = Header(text, "utf-8").encode()
    for body in mail.bodies:
        message.attach(MIMEText(body.text, "html" if body.is_html else "plain", "utf-8"))
    for attachment in mail.attachments:
        part = MIMEApplication(attachment.data)
        part.add_header(
            "Content-Disposition", "attachment", filename=("utf-8", "", attachment.name)
        )
        message.attach(part)
    return bytes(message)
