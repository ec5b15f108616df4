"""What the OpenDocument formats share: their container, metadata, styles and texts.

OpenDocument 1.3 (ISO/IEC 26300). A file is a zip of XML parts, or a single XML file (`.fods`).
"""

import io
import re
from collections.abc import Iterator
from contextlib import suppress

from lxml import etree

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.links import Linked, LinkedTextBuilder, target_of
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.xml.tree import (
    SAFE_OPTIONS,
    Xml,
    XmlPackage,
    child,
    name_of,
    parse_xml,
    without_entities,
)
from vouch.parsers.common.zip_safety import open_zip
from vouch.schemas.documents.records import Metadata, Reason
from vouch.schemas.documents.value_types import listed
from vouch.schemas.documents.values import Value
from vouch.schemas.errors import DocumentRejected

_URN = "urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, TEXT, TABLE, DRAW, STYLE, PRESENTATION = (
    f"{{{_URN}{name}:1.0}}"
    for name in ("office", "text", "table", "drawing", "style", "presentation")
)
SVG = f"{{{_URN}svg-compatible:1.0}}"
XLINK = "{http://www.w3.org/1999/xlink}"
ANNOTATION = f"{OFFICE}annotation"
_OPTIONS = {"remove_comments": True, "remove_pis": True, "huge_tree": True}
_ENCRYPTED = re.compile(rb"<(?:\w+:)?encryption-data\b")
# Texts that are no part of their paragraph: comments, deleted passages, and readings of ruby.
_SKIPPED = {ANNOTATION, f"{OFFICE}annotation-end", f"{TEXT}tracked-changes", f"{TEXT}ruby-text"}
_BLANK = {f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n"}
_MAX_SPACES = 1000  # of one element `text:s`
_ZIP = b"PK"


class OpenDocument:
    """An opened document: its content, as bytes and as a tree, and its other parts."""

    def __init__(self, data: bytes) -> None:
        """Open a document. Raises `DocumentRejected` (malformed, unsafe, encrypted)."""
        self._package = XmlPackage(open_zip(data)) if data.startswith(_ZIP) else None
        manifest = b""
        with suppress(DocumentRejected):  # a damaged manifest must not cost the text
            manifest = self._package.data("META-INF/manifest.xml") if self._package else b""
        if _ENCRYPTED.search(manifest):
            message = "the document is protected by a password; remove it and try again"
            raise DocumentRejected(Reason.ENCRYPTED, message)
        self.content = self._package.data("content.xml") if self._package else data
        if not self.content:
            raise DocumentRejected(Reason.MALFORMED, "the document has no content.xml")
        self.content = without_entities(self.content, "the content of the document")

    def tree(self) -> Xml:
        """Return the content as a tree. Raises `DocumentRejected` (malformed)."""
        return parse_xml(self.content, "the content of the document", **_OPTIONS)

    def part(self, name: str) -> Xml | None:
        """Return a part beside the content, None where there is none or a damaged one."""
        is_there = self._package is not None and self._package.has(name)
        return self._package.beside(name) if self._package is not None and is_there else None

    def embedded(self, reference: str) -> Xml | None:
        """Return the content of an embedded object, such as a chart; None where there is none."""
        return self.part(f"{reference.removeprefix('./')}/content.xml") if reference else None

    def add_damage(self, builder: DocumentBuilder) -> None:
        """Name the damaged parts beside the content that were to be read."""
        for name, rejected in self._package.damaged.items() if self._package else ():
            builder.damaged_part(name, rejected.message, rejected.reason)

    def metadata(self) -> Metadata:
        """Return title, author, language and dates; missing or damaged ones are None."""
        root: Xml | None = None
        with suppress(DocumentRejected):
            root = self.part("meta.xml") if self._package else self.tree()
        values: dict[str, str] = {}
        meta = child(root, "meta")
        keywords: list[str] = []
        for node in () if meta is None else meta:
            name, text = name_of(node), one_line("".join(map(str, node.itertext())))
            values.setdefault(name, text)
            keywords += listed(text) if name == "keyword" else ()
        extra: dict[str, Value] = {
            "subject": values.get("subject", ""),
            "keywords": tuple(keywords),
            "description": values.get("description", ""),
        }
        return Metadata(
            title=values.get("title") or None,
            author=values.get("initial-creator") or values.get("creator") or None,
            language=values.get("language") or None,
            created=parse_time(values.get("creation-date", "")),
            modified=parse_time(values.get("date", "")),
            extra=tuple((name, value) for name, value in extra.items() if value),
        )


def parsed_by_element(content: bytes, *tags: str) -> Iterator[tuple[str, Xml]]:
    """Yield start and end of the elements named `tags`.

    For content of which a tree would fill the memory.
    """
    events: Iterator[tuple[str, Xml]] = etree.iterparse(
        io.BytesIO(content),
        events=("start", "end"),
        tag=tags,
        **SAFE_OPTIONS,
        **_OPTIONS,
    )
    return events


def paragraph_text(paragraph: Xml) -> Linked:
    """Return the text of a paragraph or heading with its links, without comments in it."""
    text = LinkedTextBuilder()
    _add_text(text, paragraph)
    return text.take()


def _add_text(text: LinkedTextBuilder, node: Xml) -> None:
    text.add(node.text or "")
    for part in node:
        if part.tag == f"{TEXT}s":
            count = part.get(f"{TEXT}c", "1")
            text.add(" " * min(int(count) if count.isdigit() else 1, _MAX_SPACES))
        elif part.tag in _BLANK:
            text.add(_BLANK[str(part.tag)])
        elif part.tag == f"{TEXT}a":
            target = target_of(part.get(f"{XLINK}href"))
            linked = paragraph_text(part)
            if target:
                linked = Linked(linked, [(0, len(linked), target)] if linked else [])
            text.add_linked(linked)
        elif part.tag not in _SKIPPED:
            _add_text(text, part)
        text.add(part.tail or "")


def comment_of(annotation: Xml) -> tuple[str, str]:
    """Return author and text of a comment."""
    author = child(annotation, "creator")
    lines = [one_line(paragraph_text(node)) for node in annotation.iter(f"{TEXT}p")]
    name = one_line(author.text or "") if author is not None else ""
    return name or "unknown", " ".join(filter(None, lines))
