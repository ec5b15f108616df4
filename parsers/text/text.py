"""Plain text: the canonical text is that of the file, so that spans point into the file.

Structure is detected only where it is obvious: lists, and headings (`headings.py`).
"""

import re

from vouch.parsers.base import Hint
from vouch.parsers.common.spans import Outline, blocks, lines
from vouch.parsers.common.text.clean import clean
from vouch.parsers.common.text.encoding import decode
from vouch.parsers.text.headings import ITEM, find_headings
from vouch.schemas.documents.records import Document, ElementType, Metadata, Span

# A word that a soft hyphen divides at the end of its line.
_DIVIDED = re.compile("(?<=\\w)\u00ad[ \\t]*\\r?\\n[ \\t]*(?=[^\\W\\d_])")


def parse(data: bytes, hint: Hint) -> Document:
    """Parse plain text. Raise `DocumentRejected` (undecodable)."""
    text = clean(_DIVIDED.sub("", decode(data)))
    outline = Outline(text)
    headings = find_headings(text)
    place = 0  # in the headings
    for start, end in blocks(text):
        while place < len(headings) and headings[place].start < end:
            heading = headings[place]
            _add_text(outline, text, start, heading.start)
            outline.add(ElementType.TITLE, heading.start, heading.end, heading.level)
            start = heading.end
            place += 1
        _add_text(outline, text, start, end)
    first = outline.elements[0] if outline.elements else None
    title = text[first.char_start : first.char_end] if first else ""
    is_title = first is not None and first.type is ElementType.TITLE
    return Document(
        text, tuple(outline.elements), Metadata(title=" ".join(title.split()) if is_title else None)
    )


def _add_text(outline: Outline, text: str, start: int, end: int) -> None:
    """Add the items of a list, or a paragraph."""
    parts = list(lines(text, start, end))
    if not parts:
        return
    if ITEM.match(text, parts[0][0]):
        for item_start, item_end in _items(text, parts):
            outline.add(ElementType.LIST_ITEM, item_start, item_end)
    else:
        outline.add(ElementType.PARAGRAPH, parts[0][0], parts[-1][1])


def _items(text: str, parts: list[Span]) -> list[Span]:
    """Join lines without a bullet to the item above."""
    items: list[Span] = []
    for start, end in parts:
        if ITEM.match(text, start) or not items:
            items.append((start, end))
        else:
            items[-1] = (items[-1][0], end)
    return items
