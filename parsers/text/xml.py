"""XML: text in document order, with headings for title elements; RSS and Atom entries as pages."""

import re
from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.html.tree import add_html
from vouch.parsers.common.html.visibility import Node
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.text.encoding import decode
from vouch.parsers.common.xml.cut import completed
from vouch.parsers.common.xml.tree import parse_xml
from vouch.parsers.text.xml_attributes import heading, readable
from vouch.schemas.documents.records import Document, Metadata, Reason
from vouch.schemas.errors import DocumentRejected

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_DECLARED_ENCODING = re.compile(rb"[^>]*encoding\s*=\s*[\"']([\w.:-]+)")
_ANY_TYPE = '<!DOCTYPE any SYSTEM "">'
_TITLE_NAMES = frozenset({"title", "name", "heading", "headline", "subject"})
_BODY_NAMES = frozenset({"description", "summary", "content", "encoded", "body"})
_MAX_LEVEL = 6
_MAX_TITLE = 300  # characters


def parse(data: bytes, hint: Hint) -> Document:
    """Parse XML. Raise `DocumentRejected` (unsafe, malformed, undecodable)."""
    builder = DocumentBuilder()
    root = _root(data, builder)
    if any(text.strip() for text in root.itertext()):
        _Walk(builder).walk(root)
    else:  # configuration and drawings often have attributes only
        builder.paragraph("\n".join(_attributes(root)))
    return builder.build(_metadata(root, builder))


def _root(data: bytes, builder: DocumentBuilder) -> Node:
    declared = _DECLARED_ENCODING.match(data[:200])
    text = decode(data, declared[1].decode("ascii") if declared else None)
    # The declaration names the encoding of the bytes, and lxml would apply it to the text.
    declaration = _DECLARATION.match(text)
    body = text[declaration.end() if declaration else 0 :].lstrip()
    try:
        return _parsed(body)
    except DocumentRejected as rejected:
        if rejected.reason != Reason.MALFORMED or not (cut := completed(body)):
            raise
        try:
            root = _parsed(cut[0])
        except DocumentRejected:
            raise rejected from None
        line = text.count("\n", 0, len(text) - len(body) + cut[1]) + 1
        builder.damaged_part("end", f"the file is cut off in line {line}")
        return root


def _parsed(body: str) -> Node:
    if "<!DOCTYPE" not in body:
        # Many feeds use the entities of HTML, which only a document type could declare.
        body = _ANY_TYPE + body
    xml = body.encode("utf-8", "replace")
    return parse_xml(xml, "it", remove_comments=True, remove_pis=True, huge_tree=True)


class _Walk:
    """Adds titles, which open sections as deep as their parents, and other text as paragraphs."""

    def __init__(self, builder: DocumentBuilder) -> None:
        self._builder = builder
        # Open parents, and whether each is a record: computed once, as one may have many children.
        self._is_record: dict[Node, bool] = {}

    def walk(self, root: Node) -> None:
        depth = 0
        leaf: Node | None = None
        for event, node in etree.iterwalk(root, events=("start", "end")):
            depth += 1 if event == "start" else -1
            if leaf is None and event == "start":
                if _is_leaf(node):
                    leaf = node
                    self._add_leaf(node, depth)
                else:
                    self._open(node, depth)
            if event == "end":
                self._is_record.pop(node, None)
            if event == "end" and leaf in (None, node):
                leaf = None
                self._builder.paragraph(one_line(node.tail or ""))

    def _open(self, node: Node, depth: int) -> None:
        """Add what an element with others in it says before them."""
        title = heading(node)
        if title:
            self._builder.title(title, min(_MAX_LEVEL, depth))
        self._builder.paragraph(readable(node, besides=title))
        self._builder.paragraph(one_line(node.text or ""))

    def _add_leaf(self, node: Node, depth: int) -> None:
        text = _text(node)
        name = _name(node)
        attributes = "; ".join(filter(None, map(readable, node.iter(etree.Element))))
        if not text.strip() or not self._is_field(node):
            self._builder.paragraph(attributes)
        if not text.strip():
            return
        if name in _TITLE_NAMES and node.getparent() is not None and len(text) < _MAX_TITLE:
            self._builder.title(text, min(_MAX_LEVEL, max(1, depth - 1)))
        elif name in _BODY_NAMES and "<" in text and ">" in text:
            add_html(self._builder, text)
        elif self._is_field(node):
            label = f"{name} ({attributes})" if attributes else name
            self._builder.paragraph(f"{label}: {one_line(text)}")
        else:
            self._builder.paragraph(one_line(text))

    def _is_field(self, node: Node) -> bool:
        """Return whether a value is among values of other names, so that its name is needed."""
        parent = node.getparent()
        # These names describe layout rather than the value.
        if parent is None or _name(node) in ("p", "para", "li", "item"):
            return False
        if parent not in self._is_record:
            names = [child.tag for child in parent]
            self._is_record[parent] = len(set(names)) * 2 > len(names) > 1
        return self._is_record[parent]


def _is_leaf(node: Node) -> bool:
    """Return whether an element is text with no elements in it but emphasis or links."""
    return len(node) == 0 or (
        _is_mixed(node) and all(len(child) == 0 or _is_mixed(child) for child in node)
    )


def _is_mixed(node: Node) -> bool:
    """Return whether an element has text of its own, such as a sentence with emphasis."""
    return bool((node.text or "").strip()) or any((child.tail or "").strip() for child in node)


def _text(node: Node) -> str:
    return "".join(map(str, node.itertext()))


def _name(node: Node) -> str:
    return etree.QName(node).localname.lower() if isinstance(node.tag, str) else ""


def _attributes(root: Node) -> Iterator[str]:
    """Yield the attributes of each element, for documents that have no text."""
    for node in root.iter():
        values = ", ".join(
            f"{etree.QName(key).localname}: {one_line(value)}" for key, value in node.attrib.items()
        )
        if values:
            yield f"{_name(node)} {values}"


def _metadata(root: Node, builder: DocumentBuilder) -> Metadata:
    """Read the elements below the root and below its first child, such as the channel of RSS."""
    fields: dict[str, str] = {}
    for node in [*root, *(child for top in list(root)[:1] for child in top)]:
        text = one_line("".join(node.itertext()))
        if text and len(text) < _MAX_TITLE:
            fields.setdefault(_name(node), text)
    return Metadata(
        title=fields.get("title") or builder.first_title,
        author=fields.get("author") or fields.get("creator"),
        language=fields.get("language") or root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        created=_time(fields, "pubdate", "published", "created", "date"),
        modified=_time(fields, "lastbuilddate", "updated", "modified"),
    )


def _time(fields: dict[str, str], *names: str) -> datetime | None:
    return next((time for name in names if (time := parse_time(fields.get(name, "")))), None)
