"""Parses calendar files (.ics): each event, task or note is a section under its title."""

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.text.encoding import decode
from vouch.parsers.email.calendar.entries import with_whole_characters
from vouch.parsers.email.calendar.text import add_calendar
from vouch.schemas.documents.records import Document, Metadata


def parse(data: bytes, hint: Hint) -> Document:
    """Return the entries of a calendar. Raises `DocumentRejected` (undecodable)."""
    builder = DocumentBuilder()
    title = add_calendar(builder, decode(with_whole_characters(data)), level=1)
    return builder.build(Metadata(title=title))
