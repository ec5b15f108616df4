"""Plain text: the canonical text is the file's own, so that spans point into the file.

Structure is only told where it is plain to see: lists, underlined headings, chapter headings.
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


def parse(data: bytes, hint: Hint) -> Document:
    """Raises `DocumentRejected` (undecodable)."""
    text = clean(decode(data))
    outline = Outline(text)
    for start, end in blocks(text):
        _add_block(outline, text, start, end)
    return Document(text, tuple(outline.elements), Metadata(title=_title(outline, text)))


def _add_block(outline: Outline, text: str, start: int, end: int) -> None:
    parts = list(lines(text, start, end))
    if _is_underlined(text, parts):
        level = 1 if text[parts[1][0]] == "=" else 2
        outline.add(ElementType.TITLE, parts[0][0], parts[0][1], level)
        outline.add(ElementType.PARAGRAPH, parts[1][0], end)
    elif len(parts) == 1 and _CHAPTER.fullmatch(text[start:end]):
        outline.add(ElementType.TITLE, start, end, 1)
    elif _ITEM.match(text, parts[0][0]):
        for item in _items(text, parts):
            outline.add(ElementType.LIST_ITEM, *item)
    else:
        outline.add(ElementType.PARAGRAPH, start, end)


def _is_underlined(text: str, parts: list[Span]) -> bool:
    if len(parts) < 2:
        return False
    (a, b), (c, d) = parts[:2]
    return bool(_UNDERLINE.fullmatch(text, c, d)) and b - a <= 120 and d - c >= (b - a) // 2


def _items(text: str, parts: list[Span]) -> list[Span]:
    """Lines joined to the item that they go on with."""
    items: list[Span] = []
    for start, end in parts:
        if _ITEM.match(text, start) or not items:
            items.append((start, end))
        else:
            items[-1] = (items[-1][0], end)
    return items


def _title(outline: Outline, text: str) -> str | None:
    first = outline.elements[0] if outline.elements else None
    return (
        text[first.char_start : first.char_end]
        if first and first.type is ElementType.TITLE
        else None
    )
