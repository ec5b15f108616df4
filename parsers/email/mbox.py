"""Mailboxes (mbox, RFC 4155): the text lists the messages, and each becomes its own document."""

import re

from vouch.parsers.common.attachment_names import name_of_message, with_unique_names
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.email.headers import decode_words
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Attachment, Document, Reason

MAX_MAILS = 100_000
# The line before a message, after an empty one: sender and time, of which all programs write at
# least the year. A header must follow, else it is a line of text.
_SEPARATOR = re.compile(
    rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From \S[^\n]*\b\d{4}\b[^\n]*\r?\n(?=[!-9;-~]+:)"
)
_SUBJECT = re.compile(rb"^subject:[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE)
_ESCAPED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_MAX_HEADERS = 20_000  # bytes of a message in which its subject is searched for


def mailbox(data: bytes) -> Document | None:
    """Return the document of a mailbox, None for a single message.

    Raises `DocumentRejected` (unsafe) for more messages than `MAX_MAILS`.
    """
    if not data.startswith(b"From "):
        return None
    separators = [match.span() for match in _SEPARATOR.finditer(data)]
    if len(separators) < 2:
        return None
    if len(separators) > MAX_MAILS:
        raise DocumentRejected(
            Reason.UNSAFE,
            f"the mailbox holds {len(separators):,} mails, and at most {MAX_MAILS:,} "
            "are read; divide it",
        )
    ends = [start for start, _ in separators[1:]] + [len(data)]
    messages = (
        _ESCAPED_FROM.sub(rb"\1", data[start:end])
        for (_, start), end in zip(separators, ends, strict=True)
    )
    mails = with_unique_names(
        Attachment(_file_name(message, number), message)
        for number, message in enumerate(messages, start=1)
    )
    builder = DocumentBuilder()
    for mail in mails:
        builder.list_item(mail.name.removesuffix(".eml"))
    return builder.build(attachments=mails)


def _file_name(mail: bytes, number: int) -> str:
    headers = re.split(rb"\r?\n\r?\n", mail[:_MAX_HEADERS], maxsplit=1)[0]
    match = _SUBJECT.search(headers)
    subject = decode_words(match[1].decode("ascii", "surrogateescape")) if match else ""
    return f"{name_of_message(subject) or f'message-{number}'}.eml"
