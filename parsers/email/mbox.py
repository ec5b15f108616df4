"""Mailboxes (mbox): the text is the list of their mails, and each mail becomes a document of its own."""

import re
from collections.abc import Iterator, Sequence

from vouch.parsers.common.attachment_names import name_of_message, with_unique_names
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.email.headers import decode_words
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Attachment, Document, Reason, Span

MAX_MAILS = 100_000
# A mail begins after an empty line, with who sent it and when; a year is the least that all programs write.
_BORDER = re.compile(
    rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From \S[^\n]*\b\d{4}\b[^\n]*\r?\n(?=[!-9;-~]+:)"
)
_SUBJECT = re.compile(rb"^subject:[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE)
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_HEAD = 20_000


def mailbox(data: bytes) -> Document | None:
    """The document of a mailbox, None where the bytes are a single mail. Raises `DocumentRejected` (unsafe)."""
    if not data.startswith(b"From "):
        return None
    borders = [(found.start(), found.end()) for found in _BORDER.finditer(data)]
    if len(borders) < 2:
        return None
    if len(borders) > MAX_MAILS:
        raise DocumentRejected(
            Reason.UNSAFE,
            f"the mailbox holds {len(borders):,} mails; at most {MAX_MAILS:,} are read",
        )
    cut = enumerate(_mails(data, borders), start=1)
    mails = with_unique_names(Attachment(_name(mail, number), mail) for number, mail in cut)
    builder = DocumentBuilder()
    for mail in mails:
        builder.list_item(mail.name.removesuffix(".eml"))
    return builder.build(attachments=mails)


def _mails(data: bytes, borders: Sequence[Span]) -> Iterator[bytes]:
    ends = [start for start, _ in borders[1:]] + [len(data)]
    for (_, begin), end in zip(borders, ends, strict=True):
        yield _ESCAPED.sub(rb"\1", data[begin:end])


def _name(mail: bytes, number: int) -> str:
    head = re.split(rb"\r?\n\r?\n", mail[:_HEAD], maxsplit=1)[0]
    subject = _SUBJECT.search(head)
    text = decode_words(subject[1].decode("ascii", "surrogateescape")) if subject else ""
    return f"{name_of_message(text) or f'message-{number}'}.eml"
