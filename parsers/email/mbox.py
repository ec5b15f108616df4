"""Mailboxes (mbox, RFC 4155): the text lists the messages, and each becomes its own document."""

import re
from collections.abc import Iterator

from vouch.parsers.common.attachment_names import name_of_message, with_unique_names
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.email.headers import decode_words
from vouch.schemas.documents.records import Attachment, Document, Reason
from vouch.schemas.errors import DocumentRejected

MAX_MAILS = 100_000
# The line before a message: sender and time, of which all programs write at least the year.
_SEPARATOR = re.compile(rb"^From \S[^\n]*\b\d{4}\b[^\n]*(?:\n|\Z)", re.MULTILINE)
# With day of the week, month and time it is no line of text, whatever is above and below it.
_DATED = re.compile(
    rb"From \S(?=[^\n]*\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b)(?=[^\n]*\b\d\d?:\d\d\b)"
    rb"(?=[^\n]*\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b)"
)
# Elsewhere an empty line must be above it and a field of a mail's header below: "From June 2024 on"
# begins a sentence.
_FIELD = re.compile(
    rb"(?:x-[!-9;-~]+|from|to|cc|bcc|subject|date|message-id|received|return-path|delivered-to"
    rb"|mime-version|content-[a-z-]+|reply-to|sender|status|envelope-to|dkim-signature|arc-[a-z-]+"
    rb"|authentication-results|list-[a-z-]+|in-reply-to|references|organization|user-agent"
    rb"|newsgroups|path|lines|errors-to|precedence|resent-[a-z-]+|received-spf|thread-[a-z-]+"
    rb"|importance|priority|autocrypt|apparently-to)[ \t]*:",
    re.IGNORECASE,
)
_BLANK_LINE_BEFORE = (b"\n\n", b"\n\r\n")
_SUBJECT = re.compile(rb"^subject:[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_ESCAPED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_MAX_HEADERS = 20_000  # bytes of a message in which fields of its header are searched for


def mailbox(data: bytes) -> Document | None:
    """Return the document of a mailbox, None for a single message.

    Raises `DocumentRejected` (unsafe) for more messages than `MAX_MAILS`.
    """
    data = data.lstrip(b"\r\n")
    if not data.startswith(b"From "):
        return None
    separators = list(_separators(data))
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
        if message.strip()
    )
    builder = DocumentBuilder()
    for mail in mails:
        builder.list_item(mail.name.removesuffix(".eml"))
    return builder.build(attachments=mails)


def _separators(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the lines before the messages begin and end."""
    within = 0  # up to here is a message that declares its length
    for match in _SEPARATOR.finditer(data):
        start, end = match.span()
        if start < within:
            continue
        is_below_blank = start == 0 or data[max(0, start - 3) : start].endswith(_BLANK_LINE_BEFORE)
        if _DATED.match(match[0]) or (is_below_blank and _FIELD.match(data, end)):
            yield start, end
            within = _end_of_message(data, end)


def _end_of_message(data: bytes, start: int) -> int:
    """Return where the message ends that begins here and declares its length (mboxcl2).

    Where that is neither the end of the mailbox nor a separator, the declaration is wrong.
    """
    head = data[start : start + _MAX_HEADERS]
    border = _HEADERS_END.search(head)
    length = _LENGTH.search(head, 0, border.start()) if border else None
    if border is None or length is None:
        return start
    end = start + border.end() + int(length[1])
    behind = data[end : end + 7].lstrip(b"\r\n")
    return end if end <= len(data) and (not behind or behind.startswith(b"From ")) else start


def _file_name(mail: bytes, number: int) -> str:
    headers = _HEADERS_END.split(mail[:_MAX_HEADERS], maxsplit=1)[0]
    match = _SUBJECT.search(headers)
    subject = decode_words(match[1].decode("ascii", "surrogateescape")) if match else ""
    return f"{name_of_message(subject) or f'message-{number}'}.eml"
