"""What all mail formats share: a message as fields, bodies and attachments, and its document."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from vouch.parsers.common.attachment_names import with_unique_names
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.email.alternatives import words_of
from vouch.parsers.email.body import Body
from vouch.parsers.email.calendar.text import add_calendar
from vouch.parsers.email.html_body import ThreadBuilder, shown_text
from vouch.parsers.email.threads import split_thread
from vouch.schemas.documents.records import Attachment, Document, LeftOutKind, Metadata, Reason
from vouch.schemas.errors import DocumentRejected

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_BULLET = re.compile(r"^\s*[-*•]\s+(?=\S)")
_FIRST_NUMBER = re.compile(r"^\s*1[.)]\s+(?=\S)")
_NUMBER = re.compile(r"^\s*\d{1,3}[.)]\s+(?=\S)")
_MIN_LEVEL, _MAX_LEVEL = 2, 6  # of the headings of older mails; the subject has level 1
_SIGNATURES = (".p7s", ".asc", ".sig")  # detached signatures have nothing to read
_PICTURES = (".png", ".gif", ".jpg", ".jpeg", ".bmp", ".svg")  # mostly logos in signatures


@dataclass(frozen=True, slots=True)
class Mail:
    """A message; `fields` are the names and values of the headers that are shown, in order."""

    subject: str
    fields: Sequence[tuple[str, str]]
    bodies: Sequence[Body]
    attachments: Sequence[Attachment]
    author: str | None = None
    sent: datetime | None = None
    language: str | None = None
    extra: tuple[tuple[str, str], ...] = ()
    left_out: Sequence[tuple[LeftOutKind, str]] = ()
    damaged: Sequence[tuple[str, str]] = ()  # parts: their names and what is wrong with them

    def document(self) -> Document:
        """Return the document: subject as title, headers as one paragraph, then the bodies.

        Each older mail in a body has a heading. Pictures are attachments, but not listed.
        """
        attachments = with_unique_names(
            file for file in self.attachments if not file.name.lower().endswith(_SIGNATURES)
        )
        listed = [file.name for file in attachments if not file.name.lower().endswith(_PICTURES)]
        builder = ThreadBuilder()
        builder.title(self.subject)
        fields = [*self.fields, ("Attachments", ", ".join(listed))]
        lines = [(name, one_line(value)) for name, value in fields]
        builder.paragraph("\n".join(f"{name}: {value}" for name, value in lines if value))
        mail_words = self._words() if any(body.is_calendar for body in self.bodies) else None
        for body in self.bodies:
            if body.is_html:
                builder.mail_html(body.text)
            elif body.is_calendar:
                add_calendar(builder, body.text, level=_MIN_LEVEL, mail_words=mail_words)
            else:
                _add_thread(builder, body.text)
        for kind, text in self.left_out:
            builder.leave_out(kind, text)
        for name, problem in self.damaged:
            builder.damaged_part(name, problem)
        metadata = Metadata(
            title=one_line(self.subject) or None,
            author=one_line(self.author or "") or None,
            language=self.language,
            created=self.sent,
            extra=self.extra,
        )
        return builder.build(metadata, attachments)

    def _words(self) -> Counter[str]:
        """Return the words that the bodies show, without calendars."""
        words: Counter[str] = Counter()
        for body in self.bodies:
            if not body.is_calendar:
                words.update(words_of(shown_text(body.text) if body.is_html else body.text))
        return words


def _add_thread(builder: DocumentBuilder, text: str) -> None:
    """Add the mails of a thread, older ones under headings.

    Signatures become page footers, which are searched only where there is nothing else.
    """
    for mail in split_thread(text):
        if mail.heading is not None:
            builder.title(mail.heading, min(max(mail.depth + 1, _MIN_LEVEL), _MAX_LEVEL))
        _add_plain(builder, mail.text)
        builder.footer(mail.signature, LeftOutKind.SIGNATURE)


def _add_plain(builder: DocumentBuilder, text: str) -> None:
    """Add plain text: empty lines separate paragraphs, bullets and numbers begin list items."""
    for block in _BLANK_LINE.split(text.replace("\r\n", "\n").strip()):
        for marker, lines in _items_and_paragraphs(block.split("\n")):
            if marker:
                builder.list_item(" ".join(lines), marker=marker)
            else:
                builder.paragraph("\n".join(lines))


def _items_and_paragraphs(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield list items, with their markers and indented lines, and runs of other lines."""
    marker = ""  # of the item; "" in running text
    piece: list[str] = []
    for line in lines:
        # A number continues a list. Between lines of running text it is a figure that happens to
        # come first ("12. May"), unless it is 1.
        number = _NUMBER if marker or not piece else _FIRST_NUMBER
        begins_item = _BULLET.match(line) or number.match(line)
        if begins_item or (marker and not line.startswith((" ", "\t"))):
            if piece:
                yield marker, piece
                piece = []
            marker = begins_item[0].strip(" \t*•") or "-" if begins_item else ""
        piece.append(line[begins_item.end() :] if begins_item else line)
    if piece:
        yield marker, piece


def encrypted(method: str) -> DocumentRejected:
    """Return the rejection of a mail whose content only its recipient can read."""
    message = f"the message is encrypted ({method}); export it decrypted from the mail program"
    return DocumentRejected(Reason.ENCRYPTED, message)
