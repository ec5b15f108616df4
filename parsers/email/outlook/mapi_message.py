"""Messages of Outlook, from the properties that .msg files and winmail.dat have in common."""

from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from vouch.parsers.common.attachment_names import base_name, name_of_message
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.text.encoding import decode_leniently
from vouch.parsers.email.alternatives import choose
from vouch.parsers.email.body import Body
from vouch.parsers.email.headers import decode_words
from vouch.parsers.email.message import Mail, encrypted
from vouch.parsers.email.outlook.compressed_rtf import decompress, raw_size
from vouch.parsers.email.outlook.mapi_properties import Properties
from vouch.parsers.email.outlook.rtf_body import body_of
from vouch.schemas.documents.records import Attachment, LeftOutKind

# Property ids, named as in [MS-OXPROPS].
CLASS, SUBJECT, HEADERS, MESSAGE_ID = 0x001A, 0x0037, 0x007D, 0x1035
SENDER_NAME, SENDER_ADDRESS, SENDER_SMTP, SENT_FOR = 0x0C1A, 0x0C1F, 0x5D01, 0x0042
DISPLAY_TO, DISPLAY_CC, SUBMIT_TIME, DELIVERY_TIME = 0x0E04, 0x0E03, 0x0039, 0x0E06
BODY, BODY_RTF, BODY_HTML = 0x1000, 0x1009, 0x1013
RECIPIENT_TYPE, DISPLAY_NAME, ADDRESS, SMTP_ADDRESS = 0x0C15, 0x3001, 0x3003, 0x39FE
DATA, LONG_NAME, SHORT_NAME, MEDIA_TYPE = 0x3701, 0x3707, 0x3704, 0x370E
START, END = 0x0060, 0x0061  # of a meeting
TO, CC = 1, 2
_MAX_RTF = 1_000_000  # bytes beside another form; the pictures in longer RTF take minutes
_SIGNED_CLASS = "ipm.note.smime.multipartsigned"
_PROTECTED_CLASSES = ("ipm.note.smime", "ipm.note.rpmsg")
_PROTECTED_FILES = {"message.rpmsg", "smime.p7m"}
_PROTECTED_TYPES = ("multipart/encrypted", "enveloped-data")


def mail_of(
    properties: Properties, recipients: Sequence[Properties], attachments: Sequence[Attachment]
) -> Mail:
    """Return the message that the properties describe. Raises `DocumentRejected` (encrypted)."""
    _reject_protected(properties, attachments)
    sent = properties.date(SUBMIT_TIME) or properties.date(DELIVERY_TIME)
    choice = choose([[body] for body in _bodies(properties)])
    message_id = one_line(properties.text(MESSAGE_ID))
    return Mail(
        subject=properties.text(SUBJECT),
        fields=[
            ("From", _sender(properties)),
            ("To", _recipients(recipients, TO) or properties.text(DISPLAY_TO)),
            ("Cc", _recipients(recipients, CC) or properties.text(DISPLAY_CC)),
            ("Date", _shown(sent)),
            ("Start", _shown(properties.date(START))),
            ("End", _shown(properties.date(END))),
        ],
        bodies=choice.bodies,
        attachments=attachments,
        author=_sender(properties),
        sent=sent,
        extra=(("message-id", message_id),) if message_id else (),
        left_out=[(LeftOutKind.ALTERNATIVE, text) for text in choice.left_out],
    )


def _bodies(properties: Properties) -> list[Body]:
    """Return the forms of the message's text: plain, HTML, and what its RTF holds."""
    html = properties.text(BODY_HTML) or decode_leniently(
        properties.binary(BODY_HTML) or b" ", properties.charset
    )
    bodies = [Body(properties.text(BODY)), Body(html, is_html=True)]
    packed = properties.binary(BODY_RTF)
    is_only_form = all(body.is_blank for body in bodies)
    if (is_only_form or raw_size(packed) <= _MAX_RTF) and (rich := body_of(decompress(packed))):
        bodies.insert(1, rich)
    return bodies


def _shown(time: datetime | None) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S %z") if time else ""


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


def name_of_embedded(mail: Mail, given: str, number: int) -> str:
    """Return the file name of a message within a message: the one given, else its subject."""
    name = base_name(given).removesuffix(".msg") or name_of_message(mail.subject)
    return f"{name or f'message-{number}'}.eml"


def as_internet_mail(mail: Mail) -> bytes:
    """Return a message within a message as .eml, so that it becomes its own document."""
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
