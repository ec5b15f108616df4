"""Parses HTML pages: their main content, the boilerplate around it, and their metadata."""

import re

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.html.blocks import read
from vouch.parsers.common.html.landmarks import base_of
from vouch.parsers.common.html.left_out import count_left_out
from vouch.parsers.common.html.tree import parse_html
from vouch.parsers.common.text.encoding import decode
from vouch.parsers.html.main_content import boilerplate_sides
from vouch.parsers.html.metadata import declared_values, declares_article, metadata, page_title
from vouch.schemas.documents.records import Document

_CHARSET = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
_PRESCAN = 4096  # bytes; browsers look for a declaration in the first 1024 (HTML, "prescan")


def parse(data: bytes, hint: Hint) -> Document:
    """Return the document of a page, with its boilerplate as page headers and footers.

    Raises `DocumentRejected` (undecodable, malformed, unsafe).
    """
    match = _CHARSET.search(data[:_PRESCAN])
    declared = (match[1] or match[2]).decode("ascii") if match else None
    root = parse_html(decode(data, declared))
    # lxml makes a new proxy whenever a node without one is reached: keeping all of them makes
    # each node once, and gives nodes a stable identity as dictionary keys.
    nodes = list(root.iter("*"))
    base = base_of(root)
    page, not_shown = read(root, base)
    values = declared_values(root)
    is_article = declares_article(root, values)
    builder = DocumentBuilder()
    sides = boilerplate_sides(nodes, page, page_title(root), is_article=is_article)
    for block, side in zip(page, sides, strict=True):
        block.add_to(builder, side)
    count_left_out(builder, not_shown)
    return builder.build(metadata(root, values, builder.first_title, base))
