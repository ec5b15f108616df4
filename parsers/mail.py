"""What e-mail formats have in common: a message as fields, bodies and attachments, and how it is written down."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from parsers.attachment_names import with_unique_names
from parsers.builder import DocumentBuilder
from parsers.clean import one_line
from parsers.html_tree import add_html
from schemas.errors import DocumentRejected
from schemas.records import Attachment, Document, Metadata, Reason

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_BULLET = re.compile(r"^\s*[-*•]\s+(?=\S)")
# Of a detached signature nothing is left to read.
_SIGNATURES = (".p7s", ".asc", ".sig")


@dataclass(frozen=True, slots=True)
class Body:
    """One piece of what a mail says, in the order of the mail."""

    text: str
    is_html: bool = False

    @property
    def is_blank(self) -> bool:
        visible = re.sub(r"<[^>]*>|&nbsp;", " ", self.text) if self.is_html else self.text
        return not visible.strip()


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
        """Subject as title, header lines as one paragraph, then the bodies."""
        builder = DocumentBuilder()
        builder.title(self.subject)
        lines = ((name, one_line(value)) for name, value in self.fields)
        builder.paragraph("\n".join(f"{name}: {value}" for name, value in lines if value))
        for body in self.bodies:
            if body.is_html:
                add_html(builder, body.text)
            else:
                add_plain(builder, body.text)
        metadata = Metadata(
            title=one_line(self.subject) or None,
            author=one_line(self.author or "") or None,
            language=self.language,
            created=self.sent,
            extra=self.extra,
        )
        kept = (one for one in self.attachments if not one.name.lower().endswith(_SIGNATURES))
        return builder.build(metadata, with_unique_names(kept))


def add_plain(builder: DocumentBuilder, text: str) -> None:
    """Plain text of a mail: empty lines part paragraphs, lines with a bullet are list items."""
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
        goes_on = not bullet and (not is_item or line.startswith((" ", "\t")))
        if piece and not goes_on:
            yield is_item, piece
            piece = []
        if not goes_on:
            is_item = bullet is not None
        piece.append(line[bullet.end() :] if bullet else line)
    if piece:
        yield is_item, piece


def refuse_encrypted(how: str) -> DocumentRejected:
    """The rejection of a mail whose content only its recipient can read."""
    message = f"the message is encrypted ({how}); export it decrypted from the mail program"
    return DocumentRejected(Reason.ENCRYPTED, message)
