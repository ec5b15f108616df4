"""Parsing a piece of reStructuredText."""

from vouch.parsers.base import Hint
from vouch.parsers.rst.parser import parse
from vouch.schemas.documents.records import Document


def rst(text: str) -> Document:
    """Return the document of `text`."""
    return parse(text.encode(), Hint("a.rst", "text/x-rst"))
