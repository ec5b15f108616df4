"""Parses Outlook messages (.msg, [MS-OXMSG]); python-oxmsg opens their storages."""

from collections.abc import Iterator

from oxmsg.storage import Storage

from vouch.parsers.base import Hint
from vouch.parsers.common.attachment_names import base_name
from vouch.parsers.common.ole_container import OleFileIO
from vouch.parsers.common.zip_safety import contained
from vouch.parsers.email.file_names import name_by_content
from vouch.parsers.email.message import Mail
from vouch.parsers.email.outlook.mapi_message import (
    DATA,
    DISPLAY_NAME,
    LONG_NAME,
    MEDIA_TYPE,
    SHORT_NAME,
    as_internet_mail,
    mail_of,
    name_of_embedded,
)
from vouch.parsers.email.outlook.mapi_properties import (
    HEADER_EMBEDDED,
    HEADER_MESSAGE,
    StoredProperties,
)
from vouch.schemas.documents.records import Attachment, Document

_EMBEDDED_MESSAGE = "__substg1.0_3701000d"


def parse(data: bytes, hint: Hint) -> Document:
    """Return a message with its fields, body and attachments.

    Raises `DocumentRejected` (malformed, unsafe, encrypted).
    """
    with contained("Outlook message"), OleFileIO(data) as container:
        return mail_from_storage(Storage.from_ole(container), HEADER_MESSAGE).document()


def mail_from_storage(storage: Storage, header: int) -> Mail:
    """Return the message in a storage, whose property stream begins with `header` bytes."""
    recipients = [StoredProperties(recipient) for recipient in storage.iter_recipient_storages()]
    return mail_of(StoredProperties(storage, header), recipients, list(_attachments(storage)))


def _attachments(storage: Storage) -> Iterator[Attachment]:
    """Yield the files and the embedded messages; these as Internet mail."""
    for number, part in enumerate(storage.iter_attachment_storages(), start=1):
        properties = StoredProperties(part)
        names = map(properties.text, (LONG_NAME, SHORT_NAME, DISPLAY_NAME))
        name = next(filter(None, map(base_name, names)), "")
        embedded = next(
            (inner for inner in part.storages if inner.name.lower() == _EMBEDDED_MESSAGE), None
        )
        if embedded:
            mail = mail_from_storage(embedded, HEADER_EMBEDDED)
            yield Attachment(name_of_embedded(mail, name, number), as_internet_mail(mail))
        elif data := properties.binary(DATA):
            declared = properties.text(MEDIA_TYPE)
            yield Attachment(name or name_by_content(data, declared, number), data)
