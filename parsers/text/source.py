"""Source code and configuration files: kept verbatim, cut between top-level blocks."""

import re

from vouch.parsers.base import Hint
from vouch.parsers.common.spans import Outline
from vouch.parsers.common.text.clean import clean
from vouch.parsers.common.text.encoding import decode
from vouch.schemas.documents.records import Document, ElementType, Metadata

# An empty line before an unindented one: the place between two functions, classes or keys.
_BORDER = re.compile(r"\n\s*\n(?=[^\s)\]}])")


def parse(data: bytes, hint: Hint) -> Document:
    """Parse source code into blocks of code. Raise `DocumentRejected` (undecodable)."""
    text = clean(decode(data))
    outline = Outline(text)
    start = 0
    for border in [*(match.end() for match in _BORDER.finditer(text)), len(text)]:
        block = text[start:border]
        if block.strip():
            first = start + len(block) - len(block.lstrip("\n"))
            outline.add(ElementType.CODE, first, start + len(block.rstrip()))
        start = border
    return Document(text, tuple(outline.elements), Metadata(title=hint.name.rsplit("/", 1)[-1]))
