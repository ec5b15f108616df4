"""Outlook messages (.msg): python-oxmsg opens them, `vouch.parsers.email.msg_properties` reads the values."""

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
from vouch.parsers.email.message import Body, Mail, refuse_encrypted
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
_EMBEDDED = "__substg1.0_3701000d"
_PROTECTED_CLASSES = ("ipm.note.smime", "ipm.note.rpmsg")
_PROTECTED_FILES = {"message.rpmsg", "smime.p7m"}
_PROTECTED_TYPES = ("multipart/encrypted", "enveloped-data")


def parse(data: bytes, hint: Hint) -> Document:
    """A message with its fields, body and attachments; raises `DocumentRejected`."""
    with contained("Outlook message"), OleFileIO(data) as container:
        return _mail(Storage.from_ole(container), HEADER_MESSAGE).document()


def _mail(storage: Storage, header: int) -> Mail:
    properties = Properties(storage, header)
    attachments = _attachments(storage)
    _refuse_if_protected(properties, attachments)
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
    """The plain body, or the HTML one where it is empty or has lost a table."""
    html = properties.text(BODY_HTML) or decode_leniently(
        properties.binary(BODY_HTML) or b" ", properties.charset
    )
    rich = Body(html, is_html=True)
    choices = (rich,) if rich.has_table else (Body(properties.text(BODY)), rich)
    return [body for body in choices if not body.is_blank][:1]


def _fields(
    storage: Storage, properties: Properties, sent: datetime | None
) -> list[tuple[str, str]]:
    recipients = [Properties(one) for one in storage.iter_recipient_storages()]
    return [
        ("From", _sender(properties)),
        ("To", _recipients(recipients, TO) or properties.text(DISPLAY_TO)),
        ("Cc", _recipients(recipients, CC) or properties.text(DISPLAY_CC)),
        ("Date", sent.strftime("%a, %d %b %Y %H:%M:%S %z") if sent else ""),
    ]


def _sender(properties: Properties) -> str:
    address = properties.text(SENDER_SMTP) or properties.text(SENDER_ADDRESS)
    return _name_and_address(properties.text(SENDER_NAME), address) or properties.text(SENT_FOR)


def _recipients(recipients: list[Properties], kind: int) -> str:
    people = (one for one in recipients if one.integer(RECIPIENT_TYPE) == kind)
    named = (
        _name_and_address(one.text(DISPLAY_NAME), one.text(SMTP_ADDRESS) or one.text(ADDRESS))
        for one in people
    )
    return ", ".join(one for one in named if one)


def _name_and_address(name: str, address: str) -> str:
    """`Name <address>`; an address of Exchange's own kind says nothing to a reader."""
    name, address = one_line(decode_words(name)).strip("'\""), one_line(address)
    if "@" not in address or name == address:
        return name or address
    return f"{name} <{address}>" if name else address


def _attachments(storage: Storage) -> list[Attachment]:
    found = []
    for number, part in enumerate(storage.iter_attachment_storages(), start=1):
        properties = Properties(part)
        embedded = next((one for one in part.storages if one.name.lower() == _EMBEDDED), None)
        data = _as_internet_mail(embedded) if embedded else properties.binary(DATA)
        if data:
            found.append(Attachment(_file_name(properties, number, embedded is not None), data))
    return found


def _file_name(properties: Properties, number: int, is_mail: bool) -> str:
    names = (properties.text(LONG_NAME), properties.text(SHORT_NAME), properties.text(DISPLAY_NAME))
    name = next((base for base in map(base_name, names) if base), "")
    if is_mail:
        return f"{name.removesuffix('.msg') or f'message-{number}'}.eml"
    return name or name_for(properties.text(MEDIA_TYPE), number)


def _refuse_if_protected(properties: Properties, attachments: list[Attachment]) -> None:
    signed = properties.text(CLASS).lower() == "ipm.note.smime.multipartsigned"
    headers = properties.text(HEADERS).lower()
    if (
        (properties.text(CLASS).lower().startswith(_PROTECTED_CLASSES) and not signed)
        or any(kind in headers for kind in _PROTECTED_TYPES)
        or any(one.name.lower() in _PROTECTED_FILES for one in attachments[:1])
    ):
        raise refuse_encrypted("S/MIME, PGP or rights management")


def _as_internet_mail(storage: Storage) -> bytes:
    """A message inside the message as .eml, so that it can be a document of its own."""
    mail = _mail(storage, HEADER_EMBEDDED)
    # The boundary is fixed, so that the same bytes come out every time; the parts are base64 and cannot hold it.
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
