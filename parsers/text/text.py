"""Plain text: the canonical text is that of the file, so that spans point into the file.

Structure is detected only where it is obvious: lists, underlined headings, chapter headings.
"""

import re

from vouch.parsers.base import Hint
from vouch.parsers.common.clean import clean
from vouch.parsers.common.encoding import decode
from vouch.parsers.common.spans import Outline, blocks, lines
from vouch.schemas.records import Document, ElementType, Metadata, Span

_ITEM = re.compile(r"(?:[-*+•‣◦·●▪]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_UNDERLINE = re.compile(r"(?:={3,}|-{3,}|~{3,}|\*{3,})")
_CHAPTER = re.compile(
    r"(?:chapter|part|section|book|appendix)\s+(?:[ivxlcdm]+|\d+|[a-z])\b.{0,80}", re.IGNORECASE
)
_MAX_HEADING = 120  # characters


def parse(data: bytes, hint: Hint) -> Document:
    """Parse plain text. Raise `DocumentRejected` (undecodable)."""
    text = clean(decode(data))
    outline = Outline(text)
    for start, end in blocks(text):
        _add_block(outline, text, start, end)
    title = None
    if outline.elements and outline.elements[0].type is ElementType.TITLE:
        title = text[outline.elements[0].char_start : outline.elements[0].char_end]
    return Document(text, tuple(outline.elements), Metadata(title=title))


def _add_block(outline: Outline, text: str, start: int, end: int) -> None:
    parts = list(lines(text, start, end))
    if _is_underlined(text, parts):
        level = 1 if text[parts[1][0]] == "=" else 2
        outline.add(ElementType.TITLE, parts[0][0], parts[0][1], level)
        # The underline stays in the text, and no text may be outside of all elements.
        outline.add(ElementType.PARAGRAPH, parts[1][0], end)
    elif len(parts) == 1 and _CHAPTER.fullmatch(text[start:end]):
        outline.add(ElementType.TITLE, start, end, 1)
    elif _ITEM.match(text, parts[0][0]):
        for item_start, item_end in _items(text, parts):
            outline.add(ElementType.LIST_ITEM, item_start, item_end)
    else:
        outline.add(ElementType.PARAGRAPH, start, end)


def _is_underlined(text: str, parts: list[Span]) -> bool:
    if len(parts) < 2:
        return False
    (start, end), (line_start, line_end) = parts[:2]
    if not _UNDERLINE.fullmatch(text, line_start, line_end) or end - start > _MAX_HEADING:
        return False
    return line_end - line_start >= (end - start) // 2


def _items(text: str, parts: list[Span]) -> list[Span]:
    """Join lines without a bullet to the item above."""
    items: list[Span] = []
    for start, end in parts:
        if _ITEM.match(text, start) or not items:
            items.append((start, end))
        else:
            items[-1] = (items[-1][0], end)
    return items
