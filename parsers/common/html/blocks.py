"""Turn an HTML tree into blocks of text by one walk, without recursion, however deep it is.

What a browser does not show is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from vouch.parsers.common.builder import CELL_BORDER, DocumentBuilder
from vouch.parsers.common.html.lists import LISTS, ListNumbers
from vouch.parsers.common.html.tables import caption_of, data_rows, table_rows
from vouch.parsers.common.html.visibility import BLOCKS, HEADINGS, Node, events
from vouch.parsers.common.links import Linked, LinkedTextBuilder, target_of
from vouch.schemas.documents.records import ElementType, LeftOutKind

_HANDLED = BLOCKS | {"a", "br", "img"}  # of all other elements only the text is read


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of text and the block element that it is in.

    `linked` counts the characters of `text` that are in links of any kind, `anchors` these links.
    `level` is that of a heading, or the depth of a list item from 0; `marker` is what its reader
    sees before the item, such as `7.`.
    """

    type: ElementType
    text: Linked
    node: Node
    linked: int = 0
    anchors: int = 0
    level: int = 0
    rows: Sequence[Sequence[str]] = ()
    header_rows: int = 0
    marker: str = "-"

    @property
    def plain(self) -> int:
        """The characters that are in no link."""
        return max(0, len(self.text) - self.linked)

    def add_to(self, builder: DocumentBuilder, aside: ElementType | None) -> None:
        """Add it by its type, or as a page header or footer where `aside` says so."""
        if aside is ElementType.HEADER:
            builder.header(self.text, LeftOutKind.BOILERPLATE)
        elif aside is ElementType.FOOTER:
            builder.footer(self.text, LeftOutKind.BOILERPLATE)
        elif self.type is ElementType.TABLE:
            builder.table(self.rows, self.header_rows)
        elif self.type is ElementType.TITLE:
            builder.title(self.text, self.level)
        elif self.type is ElementType.LIST_ITEM:
            builder.list_item(self.text, self.level, self.marker)
        elif self.type is ElementType.CODE:
            builder.code(self.text)
        else:
            builder.paragraph(self.text)


def read(root: Node, base: str = "") -> tuple[list[Block], list[Node]]:
    """Return the blocks of a page in order, and the elements that it does not show.

    Relative links are resolved against `base`.
    """
    walk = _Walk(root, base)
    walk.walk()
    return walk.blocks, walk.not_shown


def heading_level(node: Node, name: str) -> int | None:
    """Return the level of a heading from 1 to 6, None for any other element."""
    if node.get("role") == "heading":
        level = node.get("aria-level") or "2"  # the default of WAI-ARIA
        return min(max(int(level), 1), 6) if level.isdecimal() else 2
    return HEADINGS.get(name)


def _folded(text: str) -> str:
    """Fold all white space into single spaces, also at the ends."""
    words = " ".join(text.split())
    return f"{' ' * text[0].isspace()}{words}{' ' * text[-1].isspace()}" if words else " "


class _Walk:
    """Collects text until a block begins or ends, and then adds it as a block of that element."""

    def __init__(self, root: Node, base: str) -> None:
        self.blocks: list[Block] = []
        self.not_shown: list[Node] = []
        self._root = root
        self._base = base
        self._text = LinkedTextBuilder()
        self._linked = 0
        self._links = 0
        self._anchors = 0  # open ones
        # The marker of each open list item, None as soon as its first text was added.
        self._items: list[str | None] = []
        self._lists = ListNumbers()
        self._pre = 0
        self._headings: list[Node] = []  # open ones
        self._heading: int | None = None
        self._table: Node | None = None

    def walk(self) -> None:
        for event, node, name_or_tail in events(self._root, self.not_shown):
            if self._table is not None:
                # Its cells were added as a whole.
                if event != "end" or node is not self._table:
                    continue
                self._table = None
            elif event == "tail":
                self._gather(name_or_tail)
            elif event == "start":
                if name_or_tail in _HANDLED or node.get("role") == "heading":
                    self._start(node, name_or_tail)
                elif text := node.text:
                    self._gather(text)
            elif name_or_tail in _HANDLED or (self._headings and node is self._headings[-1]):
                self._end(node, name_or_tail)
        self._flush(self._root)

    def _start(self, node: Node, name: str) -> None:
        level = heading_level(node, name)
        if name in BLOCKS or level is not None:
            self._flush(node.getparent())
        if name == "table" and (rows := data_rows(node)):
            self._add_table(node, rows)
            return
        if level is not None:
            self._headings.append(node)
            self._heading = level
        self._open(node, name, is_heading=level is not None)
        if text := node.text:
            self._gather(text)

    def _open(self, node: Node, name: str, *, is_heading: bool) -> None:
        """Remember what an element means for the texts in it."""
        if name == "li" and not is_heading:
            self._items.append(self._lists.marker(node))
        elif name == "a" and not is_heading and node.get("href"):
            self._anchors += 1
            self._links += 1
            self._text.open(target_of(node.get("href"), self._base))
        elif name == "br":
            self._text.add("\n")
        elif name == "img" and node.get("alt"):
            self._gather(f" {node.get('alt')} ")
        if name in LISTS:
            self._lists.start(node, name)
        self._pre += name == "pre"

    def _end(self, node: Node, name: str) -> None:
        is_heading = bool(self._headings) and node is self._headings[-1]
        if name in BLOCKS or is_heading:
            self._flush(node)
        if is_heading:
            self._headings.pop()
            self._heading = None
        elif name == "li" and self._items:
            self._items.pop()
        elif name == "a" and node.get("href"):
            self._anchors -= 1
            self._text.close()
        if name in LISTS:
            self._lists.end()
        self._pre -= name == "pre"

    def _gather(self, text: str) -> None:
        # Most pieces are the line breaks between two elements.
        if self._text.is_empty and not self._pre and text.isspace():
            return
        # Most pieces are within one line, whose white space is folded later.
        if not self._pre and ("\n" in text or text.splitlines() != [text]):
            text = _folded(text)
        # Link density separates navigation from content (`vouch.parsers.html`).
        if self._anchors:
            self._linked += len(text.strip())
        self._text.add(text)

    def _flush(self, node: Node | None) -> None:
        if self._text.is_empty:
            return
        text, linked, links = self._text.take(), self._linked, self._links
        self._linked = self._links = 0
        if text and not text.isspace():
            kind, level, marker = self._kind()
            if text.split(maxsplit=1)[0] == marker:  # the number is written in the text, too
                marker = "-"
            holder = self._root if node is None else node
            self.blocks.append(Block(kind, text, holder, linked, links, level, marker=marker))

    def _kind(self) -> tuple[ElementType, int, str]:
        """Return type, level and marker of the text so far."""
        if self._pre:
            return ElementType.CODE, 0, ""
        if self._heading is not None:
            return ElementType.TITLE, self._heading, ""
        # Further paragraphs of an item have no bullet.
        if self._items and (marker := self._items[-1]) is not None:
            self._items[-1] = None
            return ElementType.LIST_ITEM, max(0, self._lists.depth - 1), marker
        return ElementType.PARAGRAPH, 0, ""

    def _add_table(self, node: Node, rows: Sequence[Node]) -> None:
        self._table = node
        if caption := caption_of(node, self._base):
            self.blocks.append(Block(ElementType.PARAGRAPH, caption, node))
        texts, headers = table_rows(rows, self._base)
        text = Linked("\n".join(CELL_BORDER.join(filter(None, row)) for row in texts))
        links = [
            len("".join(anchor.itertext()).strip())
            for anchor in node.iter("a")
            if anchor.get("href")
        ]
        self.blocks.append(
            Block(
                ElementType.TABLE,
                text,
                node,
                sum(links),
                len(links),
                rows=texts,
                header_rows=headers,
            )
        )
