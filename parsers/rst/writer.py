"""The blocks of a reStructuredText document as elements of the canonical text."""

from collections.abc import Sequence

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.grid import laid_out
from vouch.parsers.common.html_tree import add_html
from vouch.parsers.rst.inline import Inline
from vouch.parsers.rst.nodes import Cell, Definitions, Kind, Node

_PROSE = (Kind.PARAGRAPH, Kind.LINES, Kind.PLAIN)
_BORDERS = {Kind.DEFINITION: ": ", Kind.FIELD: ": ", Kind.TITLED: "\n", Kind.CITATION: " "}
_UNSEEN = frozenset(
    ("orphan", "nosearch", "nocomments", "tocdepth")
)  # fields that only Sphinx reads


def add_rst(builder: DocumentBuilder, nodes: Sequence[Node], definitions: Definitions) -> None:
    """Add blocks in order; a footnote stands behind the block that refers to it first."""
    _Walk(builder, Inline(definitions)).all(nodes, 0)


class _Walk:
    """Tells footnotes as soon as they are due, but for a walk that is inside another one and leaves them to it."""

    def __init__(
        self, builder: DocumentBuilder, inline: Inline, *, is_inside: bool = False
    ) -> None:
        self._builder = builder
        self._inline = inline
        self._told: set[int] = set()
        self._leaves_notes = is_inside

    def all(self, nodes: Sequence[Node], depth: int) -> None:
        for node in nodes:
            _HANDLERS[node.kind](self, node, depth)
            if self._inline.due and not self._leaves_notes:
                self._notes()

    def _notes(self) -> None:
        """Those that are due, and those that become due by them: one after the other, however long the chain."""
        self._leaves_notes = True
        due = self._taken()
        while due:
            note = due.pop()
            if id(note) not in self._told:
                self._told.add(id(note))
                self.all(note.blocks, 0)
                due += self._taken()
        self._leaves_notes = False

    def _taken(self) -> list[Node]:
        """Footnotes that became due, the first one last."""
        due = self._inline.due[::-1]
        self._inline.due.clear()
        return due

    def _prose(self, node: Node) -> str:
        return node.text if node.kind is Kind.PLAIN else self._inline.text(node.text)

    def _title(self, node: Node, depth: int) -> None:
        self._builder.title(self._inline.text(node.text), node.level)

    def _paragraph(self, node: Node, depth: int) -> None:
        self._builder.paragraph(self._prose(node))

    def _code(self, node: Node, depth: int) -> None:
        self._builder.code(node.text)

    def _parsed(self, node: Node, depth: int) -> None:
        self._builder.code(self._inline.text(node.text))

    def _html(self, node: Node, depth: int) -> None:
        add_html(self._builder, node.text)

    def _item(self, node: Node, depth: int) -> None:
        """An item's first prose is the item; what else it holds follows, lists one level deeper."""
        rest = node.blocks
        if rest and rest[0].kind in _PROSE:
            self._builder.list_item(self._prose(rest[0]), depth)
            rest = rest[1:]
        elif rest and rest[0].kind in _BORDERS:
            text, below = self._joined(rest[0])
            self._builder.list_item(text, depth)
            rest = [*below, *rest[1:]]
        self.all(rest, depth + 1)

    def _with_prose(self, node: Node, depth: int) -> None:
        if node.kind is not Kind.FIELD or node.text not in _UNSEEN:
            text, rest = self._joined(node)
            self._builder.paragraph(text)
            self.all(rest, depth)

    def _joined(self, node: Node) -> tuple[str, Sequence[Node]]:
        """A title or term with the prose below it, and what else is below it."""
        title, rest = self._inline.text(node.text), node.blocks
        first = self._prose(rest[0]) if rest and rest[0].kind in _PROSE else ""
        both = f"{title}{_BORDERS[node.kind]}{first}" if title and first else title or first
        return both, rest[1:] if first else rest

    def _note(self, node: Node, depth: int) -> None:
        """A footnote where it is defined: only if nothing has referred to it."""
        self._inline.due.append(node)

    def _table(self, node: Node, depth: int) -> None:
        cells = laid_out(
            [(self._cell(cell), cell.width, cell.height) for cell in row] for row in node.rows
        )
        self._builder.table(cells, header_rows=node.level)

    def _cell(self, cell: Cell) -> str:
        if not cell.blocks:
            return ""
        if len(cell.blocks) == 1 and cell.blocks[0].kind in _PROSE:
            return self._prose(cell.blocks[0])
        builder = DocumentBuilder()
        _Walk(builder, self._inline, is_inside=True).all(cell.blocks, 0)
        return builder.build().text


_HANDLERS = {
    Kind.TITLE: _Walk._title,
    Kind.PARAGRAPH: _Walk._paragraph,
    Kind.LINES: _Walk._paragraph,
    Kind.PLAIN: _Walk._paragraph,
    Kind.CODE: _Walk._code,
    Kind.PARSED: _Walk._parsed,
    Kind.HTML: _Walk._html,
    Kind.ITEM: _Walk._item,
    Kind.DEFINITION: _Walk._with_prose,
    Kind.FIELD: _Walk._with_prose,
    Kind.TITLED: _Walk._with_prose,
    Kind.CITATION: _Walk._with_prose,
    Kind.NOTE: _Walk._note,
    Kind.TABLE: _Walk._table,
}
