"""HTML pages: their main content, what stands around it, and what they say of themselves."""

import re

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.encoding import decode
from vouch.parsers.common.html_blocks import blocks
from vouch.parsers.common.html_landmarks import base_of
from vouch.parsers.common.html_tree import parse_html
from vouch.parsers.html.main_content import sides
from vouch.parsers.html.metadata import metadata, page_title
from vouch.schemas.records import Document

_CHARSET = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)


def parse(data: bytes, hint: Hint) -> Document:
    """Raises `DocumentRejected` (undecodable, malformed, unsafe)."""
    match = _CHARSET.search(data[:4096])
    declared = (
        next((name.decode("ascii") for name in match.groups() if name), None) if match else None
    )
    root = parse_html(decode(data, declared))
    builder = DocumentBuilder()
    nodes = list(root.iter("*"))  # held, so that each is made once
    base = base_of(root)
    found = blocks(root, base)
    for block, side in zip(found, sides(nodes, found, page_title(root)), strict=True):
        block.add_to(builder, side)
    return builder.build(metadata(root, builder.first_title, base))
