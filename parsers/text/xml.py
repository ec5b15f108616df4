"""XML: text in document order, with headings where an element says that it is one; RSS and Atom as pages.

Entities are never resolved and nothing is loaded: a document that defines any is refused.
"""

import html
import re
from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.clean import one_line
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.encoding import decode
from vouch.parsers.common.html_tree import add_html
from vouch.parsers.common.html_visibility import Node
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Metadata, Reason

_DECLARED = re.compile(r"\s*<\?xml[^>]*\?>")
_NO_MARKUP = re.compile(
    r"<\?.*?\?>|<!--(?:(?!--).)*-->|<!\[CDATA\[(?:(?!<!\[CDATA\[).)*?\]\]>", re.DOTALL
)
_ENTITY = re.compile(r"<!ENTITY\b|<!DOCTYPE[^>\[]*\b(?:SYSTEM|PUBLIC)\b[^>]*\[", re.IGNORECASE)
_REFERENCE = re.compile(r"&\w+;")
_TITLES = frozenset({"title", "name", "heading", "headline", "subject"})
_BODIES = frozenset({"description", "summary", "content", "encoded", "body"})
_MAX_LEVEL = 6


def parse(data: bytes, hint: Hint) -> Document:
    """Raises `DocumentRejected` (unsafe, malformed, undecodable)."""
    root = _root(data)
    builder = DocumentBuilder()
    _Walk(builder).walk(root)
    if not len(builder):
        builder.paragraph("\n".join(_attributes(root)))
    return builder.build(_metadata(root, builder))


def _root(data: bytes) -> Node:
    match = re.match(rb"[^>]*encoding\s*=\s*[\"']([\w.:-]+)", data[:200])
    text = decode(data, match[1].decode("ascii") if match else None)
    if "<!" in text and _ENTITY.search(_NO_MARKUP.sub("", text)):
        raise DocumentRejected(
            Reason.UNSAFE, "it defines entities, which may load files or swell without end"
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,
    )
    try:
        # The declaration goes: its encoding is that of the bytes, and what is parsed is text.
        declared = _DECLARED.match(text)
        root: Node = etree.fromstring(
            text[declared.end() if declared else 0 :].lstrip().encode("utf-8"), parser
        )
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = Reason.UNSAFE if "depth" in str(error).lower() else Reason.MALFORMED
        raise DocumentRejected(reason, f"it is not well-formed XML: {error}") from error
    return root


class _Walk:
    """A title opens a section as deep as its parent lies; other text becomes paragraphs, mixed content in one piece."""

    def __init__(self, builder: DocumentBuilder) -> None:
        self._builder = builder
        self._records: dict[
            Node, bool
        ] = {}  # of the parents that are open: one may have very many children

    def walk(self, root: Node) -> None:
        depth = 0
        leaf: Node | None = None
        for event, node in etree.iterwalk(root, events=("start", "end")):
            depth += 1 if event == "start" else -1
            if leaf is None and event == "start":
                if _is_leaf(node):
                    leaf = node
                    self._leaf(node, depth)
                else:
                    self._builder.paragraph(one_line(node.text or ""))
            if event == "end":
                self._records.pop(node, None)
            if event == "end" and leaf in (None, node):
                leaf = None
                self._builder.paragraph(one_line(node.tail or ""))

    def _leaf(self, node: Node, depth: int) -> None:
        text = _text(node)
        if not text.strip():
            return
        name = _name(node)
        if name in _TITLES and node.getparent() is not None and len(text) < 300:
            self._builder.title(text, min(_MAX_LEVEL, max(1, depth - 1)))
        elif name in _BODIES and "<" in text and ">" in text:
            add_html(self._builder, text)
        elif self._is_record(node):
            self._builder.paragraph(f"{name}: {one_line(text)}")
        else:
            self._builder.paragraph(one_line(text))

    def _is_record(self, node: Node) -> bool:
        """A short value beside others of other names: its name tells what it is."""
        parent = node.getparent()
        if parent is None or _name(node) in ("p", "para", "li", "item"):
            return False
        if parent not in self._records:
            names = [child.tag for child in parent]
            self._records[parent] = len(set(names)) * 2 > len(names) > 1
        return self._records[parent]


def _is_leaf(node: Node) -> bool:
    """Text, with no more than emphasis and the like in it."""
    return len(node) == 0 or (
        _is_mixed(node) and all(len(child) == 0 or _is_mixed(child) for child in node)
    )


def _text(node: Node) -> str:
    """All text below; what the type of document, which is not loaded, defines as in HTML (`&nbsp;`) by its character."""
    return "".join(
        html.unescape(piece) if _REFERENCE.fullmatch(piece) else piece for piece in node.itertext()
    )


def _is_mixed(node: Node) -> bool:
    """Text with elements in it: a sentence with emphasis, not a container."""
    return bool((node.text or "").strip()) or any((child.tail or "").strip() for child in node)


def _name(node: Node) -> str:
    return etree.QName(node).localname.lower() if isinstance(node.tag, str) else ""


def _attributes(root: Node) -> Iterator[str]:
    """What a document without text says in its attributes."""
    for node in root.iter():
        values = ", ".join(
            f"{etree.QName(key).localname}: {one_line(value)}" for key, value in node.attrib.items()
        )
        if values:
            yield f"{_name(node)} {values}"


def _metadata(root: Node, builder: DocumentBuilder) -> Metadata:
    found: dict[str, str] = {}
    for node in [*root, *(child for top in list(root)[:1] for child in top)]:
        text = one_line("".join(node.itertext()))
        if text and len(text) < 300:
            found.setdefault(_name(node), text)
    return Metadata(
        title=found.get("title") or builder.first_title,
        author=found.get("author") or found.get("creator"),
        language=found.get("language") or root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        created=_time(found, "pubdate", "published", "created", "date"),
        modified=_time(found, "lastbuilddate", "updated", "modified"),
    )


def _time(found: dict[str, str], *names: str) -> datetime | None:
    return next((time for name in names if (time := parse_time(found.get(name, "")))), None)
