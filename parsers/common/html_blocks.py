"""An HTML tree to blocks: one walk, without recursion, so that depth costs nothing.

What a browser does not show is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from vouch.parsers.common.builder import CELL_BORDER, DocumentBuilder
from vouch.parsers.common.html_tables import caption_of, data_rows, table_rows
from vouch.parsers.common.html_visibility import BLOCKS, HEADINGS, Node, events
from vouch.parsers.common.links import Gatherer, Linked, target_of
from vouch.schemas.records import ElementType

_LISTS = ("ul", "ol", "menu")
_NOTED = BLOCKS | {"a", "br", "img"}  # all others are passed over, but for their text


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of text and the block element that it stands in.

    `linked` counts the characters of `text` in links of any kind, `anchors` these links. `level` is a heading's, or the depth
    of a list item from 0.
    """

    type: ElementType
    text: Linked
    node: Node
    linked: int = 0
    anchors: int = 0
    level: int = 0
    rows: Sequence[Sequence[str]] = ()
    header_rows: int = 0

    def add_to(self, builder: DocumentBuilder, aside: ElementType | None) -> None:
        """As what it is; or as a page header or footer, where that is what it belongs to."""
        if aside is ElementType.HEADER:
            builder.header(self.text)
        elif aside is ElementType.FOOTER:
            builder.footer(self.text)
        elif self.type is ElementType.TABLE:
            builder.table(self.rows, self.header_rows)
        elif self.type is ElementType.TITLE:
            builder.title(self.text, self.level)
        elif self.type is ElementType.LIST_ITEM:
            builder.list_item(self.text, self.level)
        elif self.type is ElementType.CODE:
            builder.code(self.text)
        else:
            builder.paragraph(self.text)


def blocks(root: Node, base: str = "") -> list[Block]:
    """The blocks of a page in order; `base` is what its links are relative to."""
    walk = _Walk(root, base)
    walk.walk()
    return walk.found


def heading_level(node: Node, name: str) -> int | None:
    """The depth of a heading, None for anything else."""
    if node.get("role") == "heading":
        level = node.get("aria-level") or "2"  # what the role means without a level
        return min(max(int(level), 1), 6) if level.isdecimal() else 2
    return HEADINGS.get(name)


def _folded(text: str) -> str:
    """All white space as single spaces, also at the ends."""
    words = " ".join(text.split())
    return f"{' ' * text[0].isspace()}{words}{' ' * text[-1].isspace()}" if words else " "


class _Walk:
    """Text is gathered until a block begins or ends, and is then given as what it stands in."""

    def __init__(self, root: Node, base: str) -> None:
        self.found: list[Block] = []
        self._root = root
        self._base = base
        self._gathered = Gatherer()
        self._linked = 0
        self._links = 0
        self._anchors = 0  # that are open
        self._items: list[bool] = []  # per open list item: was its first text given already?
        self._lists = 0
        self._pre = 0
        self._headings: list[Node] = []  # that are open
        self._heading: int | None = None
        self._table: Node | None = None

    def walk(self) -> None:
        for event, node, said in events(self._root):
            if self._table is not None:
                # Its cells were given as a whole.
                if event != "end" or node is not self._table:
                    continue
                self._table = None
            elif event == "tail":
                self._gather(said)
            elif event == "start":
                if said in _NOTED or node.get("role") == "heading":
                    self._start(node, said)
                elif text := node.text:
                    self._gather(text)
            elif said in _NOTED or (self._headings and node is self._headings[-1]):
                self._end(node, said)
        self._flush(self._root)

    def _start(self, node: Node, name: str) -> None:
        level = heading_level(node, name)
        if name in BLOCKS or level is not None:
            self._flush(node.getparent())
        if name == "table" and (rows := data_rows(node)):
            self._of_table(node, rows)
            return
        if level is not None:
            self._headings.append(node)
            self._heading = level
        self._note(node, name, is_heading=level is not None)
        if text := node.text:
            self._gather(text)

    def _note(self, node: Node, name: str, *, is_heading: bool) -> None:
        """What the beginning of an element means for the texts in it."""
        if name == "li" and not is_heading:
            self._items.append(False)
        elif name == "a" and not is_heading and node.get("href"):
            self._anchors += 1
            self._links += 1
            self._gathered.open(target_of(node.get("href"), self._base))
        elif name == "br":
            self._gathered.add("\n")
        elif name == "img" and node.get("alt"):
            self._gather(f" {node.get('alt')} ")
        self._lists += name in _LISTS
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
            self._gathered.close()
        self._lists -= name in _LISTS
        self._pre -= name == "pre"

    def _gather(self, text: str) -> None:
        if self._anchors:
            self._linked += len(text.strip())
        # Within a line, white space is folded later, and most pieces are one.
        if not self._pre and ("\n" in text or text.splitlines() != [text]):
            text = _folded(text)
        self._gathered.add(text)

    def _flush(self, node: Node | None) -> None:
        if self._gathered.is_empty:
            return
        text, linked, links = self._gathered.take(), self._linked, self._links
        self._linked = self._links = 0
        if text and not text.isspace():
            kind, level = self._kind()
            self.found.append(
                Block(kind, text, self._root if node is None else node, linked, links, level)
            )

    def _kind(self) -> tuple[ElementType, int]:
        if self._pre:
            return ElementType.CODE, 0
        if self._heading is not None:
            return ElementType.TITLE, self._heading
        if self._items and not self._items[-1]:
            self._items[-1] = True
            return ElementType.LIST_ITEM, max(0, self._lists - 1)
        return ElementType.PARAGRAPH, 0

    def _of_table(self, node: Node, rows: Sequence[Node]) -> None:
        self._table = node
        if caption := caption_of(node, self._base):
            self.found.append(Block(ElementType.PARAGRAPH, caption, node))
        texts, headers = table_rows(rows, self._base)
        text = Linked("\n".join(CELL_BORDER.join(filter(None, row)) for row in texts))
        links = [
            len("".join(anchor.itertext()).strip())
            for anchor in node.iter("a")
            if anchor.get("href")
        ]
        self.found.append(
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
