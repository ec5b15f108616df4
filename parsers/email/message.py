"""What e-mail formats have in common: a message as fields, bodies and attachments, and how it is written down."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from vouch.parsers.common.attachment_names import with_unique_names
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.clean import one_line
from vouch.parsers.email.html_body import ThreadBuilder, has_data_table
from vouch.parsers.email.threads import messages
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Attachment, Document, Metadata, Reason

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_BULLET = re.compile(r"^\s*[-*•]\s+(?=\S)")
_FIRST = re.compile(r"^\s*1[.)]\s+(?=\S)")
_NUMBER = re.compile(r"^\s*\d{1,3}[.)]\s+(?=\S)")
_MAX_LEVEL = 6
# Of a detached signature nothing is left to read.
_SIGNATURES = (".p7s", ".asc", ".sig")
_PICTURES = (".png", ".gif", ".jpg", ".jpeg", ".bmp", ".svg")


@dataclass(frozen=True, slots=True)
class Body:
    """One piece of what a mail says, in the order of the mail."""

    text: str
    is_html: bool = False

    @property
    def is_blank(self) -> bool:
        visible = re.sub(r"<[^>]*>|&nbsp;", " ", self.text) if self.is_html else self.text
        return not visible.strip()

    @property
    def has_table(self) -> bool:
        """Plain text has no columns to tell a table by."""
        return self.is_html and has_data_table(self.text)


@dataclass(frozen=True, slots=True)
class Mail:
    """A message; `fields` are the header lines that are shown (name, value), in order."""

    subject: str
    fields: Sequence[tuple[str, str]]
    bodies: Sequence[Body]
    attachments: Sequence[Attachment]
    author: str | None = None
    sent: datetime | None = None
    language: str | None = None
    extra: tuple[tuple[str, str], ...] = ()

    def document(self) -> Document:
        """Subject as title, header lines as one paragraph, then the bodies, each older mail in them under a heading."""
        attachments = with_unique_names(
            one for one in self.attachments if not one.name.lower().endswith(_SIGNATURES)
        )
        files = ", ".join(
            one.name for one in attachments if not one.name.lower().endswith(_PICTURES)
        )
        builder = ThreadBuilder()
        builder.title(self.subject)
        lines = ((name, one_line(value)) for name, value in (*self.fields, ("Attachments", files)))
        builder.paragraph("\n".join(f"{name}: {value}" for name, value in lines if value))
        for body in self.bodies:
            if body.is_html:
                builder.mail_html(body.text)
            else:
                _add_thread(builder, body.text)
        metadata = Metadata(
            title=one_line(self.subject) or None,
            author=one_line(self.author or "") or None,
            language=self.language,
            created=self.sent,
            extra=self.extra,
        )
        return builder.build(metadata, attachments)


def _add_thread(builder: DocumentBuilder, text: str) -> None:
    """The newest mail as it is, each older one under a heading, signatures as what is repeated below many mails."""
    for message in messages(text):
        if message.heading is not None:
            builder.title(message.heading, min(max(message.depth + 1, 2), _MAX_LEVEL))
        add_plain(builder, message.text)
        builder.footer(message.signature)


def add_plain(builder: DocumentBuilder, text: str) -> None:
    """Plain text of a mail: empty lines part paragraphs, lines with a bullet or a number are list items."""
    for block in _BLANK_LINE.split(text.replace("\r\n", "\n").strip()):
        for is_item, lines in _pieces(block.split("\n")):
            if is_item:
                builder.list_item(" ".join(lines))
            else:
                builder.paragraph("\n".join(lines))


def _pieces(lines: Iterable[str]) -> Iterator[tuple[bool, list[str]]]:
    """List items (with the indented lines that go on with them) and runs of other lines."""
    is_item = False
    piece: list[str] = []
    for line in lines:
        bullet = _BULLET.match(line)
        # A number goes on with a list; within other lines it is a figure that came to stand first, unless it is a one.
        begins = bullet or (_NUMBER if is_item or not piece else _FIRST).match(line)
        goes_on = not begins and (not is_item or line.startswith((" ", "\t")))
        if piece and not goes_on:
            yield is_item, piece
            piece = []
        if not goes_on:
            is_item = bool(begins)
        piece.append(line[bullet.end() :] if bullet else line)
    if piece:
        yield is_item, piece


def refuse_encrypted(how: str) -> DocumentRejected:
    """The rejection of a mail whose content only its recipient can read."""
    message = f"the message is encrypted ({how}); export it decrypted from the mail program"
    return DocumentRejected(Reason.ENCRYPTED, message)
