"""Parses winmail.dat (TNEF), in which Outlook and Exchange wrap a message's body and files."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from vouch.parsers.base import Hint
from vouch.parsers.common.attachment_names import base_name, name_of_message
from vouch.parsers.email.file_names import name_by_content
from vouch.parsers.email.message import Mail
from vouch.parsers.email.outlook.mapi_message import (
    BODY,
    DATA,
    DISPLAY_NAME,
    LONG_NAME,
    MEDIA_TYPE,
    SHORT_NAME,
    SUBJECT,
    mail_of,
)
from vouch.parsers.email.outlook.mapi_properties import Properties, charset_of, decode_page
from vouch.parsers.email.outlook.tnef_reader import (
    SIGNATURE,
    WHERE,
    Attribute,
    attributes_in,
    properties_in,
    rows_in,
)
from vouch.schemas.documents.records import Attachment, Document, Reason
from vouch.schemas.errors import DocumentRejected

# Attributes, named as in [MS-OXTNEF].
_SUBJECT, _BODY, _MESSAGE_PROPERTIES, _RECIPIENTS = 0x8004, 0x800C, 0x9003, 0x9004
_CODE_PAGE = 0x9007
_RENDERING, _TITLE, _FILE_NAME, _DATA, _ATTACHMENT = 0x9002, 0x8010, 0x9001, 0x800F, 0x9005
_NARROW = 0x001E


@dataclass(slots=True)
class _File:
    """The attributes of an attachment."""

    title: str = ""
    data: bytes = b""
    properties: Properties = field(default_factory=lambda: Properties({}, {}))


@dataclass(slots=True)
class _Content:
    properties: Properties = field(default_factory=lambda: Properties({}, {}))
    recipients: list[Properties] = field(default_factory=list)
    files: list[_File] = field(default_factory=list)
    is_cut: bool = False


def parse(data: bytes, hint: Hint) -> Document:
    """Return the message in a winmail.dat with its files.

    Raises `DocumentRejected` (malformed, encrypted).
    """
    mail = mail_from_tnef(data)
    if not (mail.subject.strip() or mail.bodies or mail.attachments):
        raise DocumentRejected(
            Reason.MALFORMED, "the winmail.dat holds neither a text nor a file, or is damaged"
        )
    return mail.document()


def mail_from_tnef(data: bytes) -> Mail:
    """Return the message in a winmail.dat. Raises `DocumentRejected` (malformed, encrypted)."""
    if not data.startswith(SIGNATURE):
        raise DocumentRejected(Reason.MALFORMED, "it does not begin as a winmail.dat (TNEF) does")
    content = _read(data)
    mail = mail_of(content.properties, content.recipients, list(_attachments(content.files)))
    fields = [*mail.fields, ("Where", content.properties.text(WHERE))]
    cut = [("winmail.dat", "the file is cut off: texts or attachments are missing at its end")]
    return replace(mail, fields=fields, damaged=cut if content.is_cut else ())


def _read(data: bytes) -> _Content:
    content = _Content()
    charset: str | None = None
    streams: dict[tuple[int, int], bytes] = {}
    for attribute in attributes_in(data):
        content.is_cut |= attribute.is_cut
        if attribute.of_attachment:
            _add_to_file(content.files, attribute, charset)
        elif attribute.id == _CODE_PAGE:
            charset = charset_of(int.from_bytes(attribute.data[:4], "little"))
        elif attribute.id in (_SUBJECT, _BODY):
            number = SUBJECT if attribute.id == _SUBJECT else BODY
            streams[number, _NARROW] = attribute.data.rstrip(b"\0")
        elif attribute.id == _MESSAGE_PROPERTIES:
            content.properties = properties_in(attribute.data, charset)
        elif attribute.id == _RECIPIENTS:
            content.recipients = rows_in(attribute.data, charset)
    # What older programs write as attributes counts where no property says the same.
    content.properties = content.properties.over(Properties(streams, {}, charset))
    return content


def _add_to_file(files: list[_File], attribute: Attribute, charset: str | None) -> None:
    if attribute.id == _RENDERING or not files:
        files.append(_File())
    file = files[-1]
    if attribute.id == _DATA:
        file.data = attribute.data
    elif attribute.id in (_TITLE, _FILE_NAME):
        file.title = file.title or decode_page(attribute.data.rstrip(b"\0"), charset)
    elif attribute.id == _ATTACHMENT:
        file.properties = properties_in(attribute.data, charset)


def _attachments(files: list[_File]) -> Iterator[Attachment]:
    """Yield the files, and the messages in the message as what they are: a winmail.dat each."""
    for number, file in enumerate(files, start=1):
        properties = file.properties
        names = [*map(properties.text, (LONG_NAME, SHORT_NAME)), file.title]
        names.append(properties.text(DISPLAY_NAME))
        name = next(filter(None, map(base_name, names)), "")
        data = properties.object(DATA) or file.data
        if data.startswith(SIGNATURE):
            subject = name_of_message(_read(data).properties.text(SUBJECT))
            yield Attachment(f"{subject or f'message-{number}'}.tnef", data)
        elif data:
            declared = properties.text(MEDIA_TYPE)
            yield Attachment(name or name_by_content(data, declared, number), data)
