"""HTML pages: what they show, and what they say of themselves."""

import re
from datetime import datetime

from parsers.base import Hint
from parsers.builder import DocumentBuilder
from parsers.clean import one_line
from parsers.encoding import decode
from parsers.html_blocks import blocks
from parsers.html_chrome import base_of
from parsers.html_content import sides
from parsers.html_tree import parse_html
from parsers.html_visible import Node
from parsers.times import parse_time
from schemas.records import Document, Metadata

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_AUTHOR = ("author", "article:author", "dc.creator")
_CREATED = ("article:published_time", "datepublished", "date", "dc.date", "dcterms.created", "pubdate")
_MODIFIED = ("article:modified_time", "datemodified", "last-modified", "dcterms.modified")


def parse(data: bytes, hint: Hint) -> Document:
    """Raises `DocumentRejected` (undecodable, malformed, unsafe)."""
    match = _CHARSET.search(data[:4096])
    declared = next((name.decode("ascii") for name in match.groups() if name), None) if match else None
    root = parse_html(decode(data, declared))
    builder = DocumentBuilder()
    found = list(blocks(root, base_of(root)))
    for block, side in zip(found, sides(root, found, _title(root)), strict=True):
        block.add_to(builder, side)
    return builder.build(_metadata(root, builder))


def _metadata(root: Node, builder: DocumentBuilder) -> Metadata:
    told = _told(root)
    canonical = root.xpath("//link[@rel='canonical']/@href")
    extra = {"description": told.get("description") or told.get("og:description"), "canonical": "".join(canonical[:1])}
    return Metadata(
        title=_title(root) or told.get("og:title") or builder.first_title,
        author=next((told[name] for name in _AUTHOR if not told.get(name, "http").startswith("http")), None),
        language=one_line(root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "") or None,
        created=_first_time(told, _CREATED),
        modified=_first_time(told, _MODIFIED),
        extra=tuple((name, one_line(value)) for name, value in extra.items() if value),
    )


def _told(root: Node) -> dict[str, str]:
    """The `meta` elements by name or property, the first of each."""
    found: dict[str, str] = {}
    for node in root.iter("meta"):
        name = node.get("name") or node.get("property") or node.get("itemprop")
        content = one_line(node.get("content") or "")
        if name and content:
            found.setdefault(name.lower(), content)
    return found


def _title(root: Node) -> str | None:
    title = root.find(".//title")
    return one_line("".join(title.itertext())) or None if title is not None else None


def _first_time(told: dict[str, str], names: tuple[str, ...]) -> datetime | None:
    return next((time for name in names if name in told and (time := parse_time(told[name]))), None)
