"""HTML to elements: one walk over the tree, without recursion, so that depth costs nothing.

What a browser does not show is left out. What belongs to the page rather than to its content (navigation, banners,
footers, all that stands outside a `main`) becomes page headers and footers: kept, but not searched where there is
anything else.
"""

import re

from lxml import etree, html

from parsers.builder import DocumentBuilder
from parsers.html_table import caption_of, is_data_table, table_rows
from parsers.html_visible import BLOCKS, HEADINGS, SPACE, Node, events, name_of, shown_text
from schemas.errors import DocumentRejected
from schemas.records import ElementType, Reason

_LISTS = ("ul", "ol", "menu")
_BEFORE = ("navigation", "banner", "search", "menu", "menubar", "toolbar")
_AFTER = ("contentinfo", "complementary", "alertdialog")
_CONTENT = ("main", "article", "section", "blockquote", "figure")
# libxml2 drops what comes after these; a browser shows it, and pages and mails put together from several have them.
_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_MAIN_SHARE = 0.25  # of a page's text; a smaller `main` is more likely misused than meant


def add_html(builder: DocumentBuilder, text: str) -> None:
    """Add what a page or a fragment shows. Raises `DocumentRejected` (malformed) where nothing can be made of it."""
    if text.strip():
        add_tree(builder, parse_html(text))


def add_tree(builder: DocumentBuilder, root: Node) -> None:
    """As `add_html`, from a parsed page."""
    _Walk(builder, root).walk()


def parse_html(text: str) -> Node:
    """The root of a page; no network, and no limit on depth. Raises `DocumentRejected` (malformed)."""
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        whole = _ENDS.sub("", text.replace("\0", ""))
        root: Node = html.document_fromstring(whole.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return html.Element("html")  # comments, or nothing at all
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentRejected(Reason.MALFORMED, f"it cannot be read as HTML: {error}") from error
    for entry in parser.error_log:
        # libxml2 gives up below some depth and keeps what it has; a page cut short must not pass for a whole one.
        if "depth" in entry.message.lower() or entry.level_name == "FATAL":
            raise DocumentRejected(Reason.UNSAFE, f"the page cannot be read to its end: {entry.message.strip()}")
    return root


class _Walk:
    """Text is gathered until a block begins or ends, and is then added as what it stands in."""

    def __init__(self, builder: DocumentBuilder, body: Node) -> None:
        self._builder = builder
        self._body = body
        self._main = _main(body)
        self._place = ElementType.HEADER if self._main is not None else ElementType.PARAGRAPH
        self._pieces: list[str] = []
        self._landmarks: list[ElementType] = []
        self._items: list[bool] = []  # per open list item: was its first text added already?
        self._lists = 0
        self._pre = 0
        self._heading: int | None = None
        self._table: Node | None = None

    def walk(self) -> None:
        for event, node in events(self._body):
            if self._table is not None:
                # Its cells were added as a whole.
                if event != "end" or node is not self._table:
                    continue
                self._table = None
            elif event == "start":
                self._start(node, name_of(node))
            elif event == "end":
                self._end(node, name_of(node))
            else:
                self._gather(node.tail)
        self._flush()

    def _start(self, node: Node, name: str) -> None:
        if name in BLOCKS:
            self._flush()
        if node is self._main:
            self._place = ElementType.PARAGRAPH
        if landmark := _landmark(node, name):
            self._landmarks.append(landmark)
        if name == "table" and is_data_table(node):
            self._add_table(node)
            return
        if (level := _heading_level(node, name)) is not None:
            self._flush()
            self._heading = level
        elif name == "li":
            self._items.append(False)
        self._lists += name in _LISTS
        self._pre += name == "pre"
        if name == "br":
            self._pieces.append("\n")
        elif name == "img" and node.get("alt"):
            self._gather(f" {node.get('alt')} ")
        self._gather(node.text)

    def _end(self, node: Node, name: str) -> None:
        heading = _heading_level(node, name) is not None
        if name in BLOCKS or heading:
            self._flush()
        if heading:
            self._heading = None
        elif name == "li" and self._items:
            self._items.pop()
        self._lists -= name in _LISTS
        self._pre -= name == "pre"
        if _landmark(node, name):
            self._landmarks.pop()
        if node is self._main:
            self._place = ElementType.FOOTER

    def _gather(self, text: str | None) -> None:
        if text:
            self._pieces.append(text if self._pre else SPACE.sub(" ", text))

    def _flush(self) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        if text.strip():
            self._add(text)

    def _add_table(self, node: Node) -> None:
        self._table = node
        if caption := caption_of(node):
            self._add(caption)
        rows, headers = table_rows(node)
        if self._kind() is ElementType.PARAGRAPH:
            self._builder.table(rows, headers)
        else:
            self._add("\n".join(" | ".join(filter(None, row)) for row in rows))

    def _kind(self) -> ElementType:
        return self._landmarks[-1] if self._landmarks and self._place is ElementType.PARAGRAPH else self._place

    def _add(self, text: str) -> None:
        kind = self._kind()
        if kind is ElementType.HEADER:
            self._builder.header(text)
        elif kind is ElementType.FOOTER:
            self._builder.footer(text)
        elif self._pre:
            self._builder.code(text)
        elif self._heading is not None:
            self._builder.title(text, self._heading)
        elif self._items and not self._items[-1]:
            self._items[-1] = True
            self._builder.list_item(text, max(0, self._lists - 1))
        else:
            self._builder.paragraph(text)


def _main(body: Node) -> Node | None:
    """The one element that says it is the content, where it holds a good part of the page's text."""
    found = [node for node in body.iter("main") if node is not body] or body.xpath(".//*[@role='main']")
    found = found or list(body.iter("article"))
    if len(found) != 1:
        return None
    share = len(shown_text(found[0])) / max(1, len(shown_text(body)))
    return found[0] if share >= _MAIN_SHARE else None


def _heading_level(node: Node, name: str) -> int | None:
    """The depth of a heading, None for anything else."""
    if node.get("role") == "heading":
        level = node.get("aria-level") or "2"  # what the role means without a level
        return min(max(int(level), 1), 6) if level.isdecimal() else 2
    return HEADINGS.get(name)


def _landmark(node: Node, name: str) -> ElementType | None:
    """Whether an element begins a part of the page that is not its content, and on which side it belongs."""
    role = node.get("role")
    if name == "nav" or role in _BEFORE:
        return ElementType.HEADER
    if role in _AFTER:
        return ElementType.FOOTER
    if name in ("header", "footer") and not any(name_of(above) in _CONTENT for above in node.iterancestors()):
        return ElementType.HEADER if name == "header" else ElementType.FOOTER
    return None
