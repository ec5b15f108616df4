"""Writes the block tree of a reStructuredText document as elements of the canonical text."""

from collections.abc import Callable, Sequence

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.html_tree import add_html
from vouch.parsers.common.merged_cells import laid_out
from vouch.parsers.rst.inline import InlineParser
from vouch.parsers.rst.nodes import Cell, Definitions, Kind, Node

_PROSE = (Kind.PARAGRAPH, Kind.LINES, Kind.PLAIN)
# What joins a title or term and the prose below it.
_JOINERS = {Kind.DEFINITION: ": ", Kind.FIELD: ": ", Kind.TITLED: "\n", Kind.CITATION: " "}
# Fields that only Sphinx reads (its "File-wide metadata").
_HIDDEN_FIELDS = frozenset({"orphan", "nosearch", "nocomments", "tocdepth"})


def add_rst(builder: DocumentBuilder, nodes: Sequence[Node], definitions: Definitions) -> None:
    """Add blocks in order; a footnote comes after the block that refers to it first."""
    _Writer(builder, InlineParser(definitions)).add_all(nodes, 0)


class _Writer:
    """Adds nodes to a builder.

    Pending footnotes are added after each block, unless `defers_notes`: a writer for the inside of
    a table cell leaves them to the writer around it.
    """

    def __init__(
        self, builder: DocumentBuilder, inline: InlineParser, *, defers_notes: bool = False
    ) -> None:
        self._builder = builder
        self._inline = inline
        self._written_notes: set[int] = set()
        self._defers_notes = defers_notes

    def add_all(self, nodes: Sequence[Node], depth: int) -> None:
        """Add blocks in order; `depth` is that of the list items among them."""
        for node in nodes:
            _HANDLERS[node.kind](self, node, depth)
            if self._inline.pending_notes and not self._defers_notes:
                self._add_pending_notes()

    def _add_pending_notes(self) -> None:
        """Add the pending footnotes, and those that they refer to.

        A loop rather than recursion, because each of a thousand notes may refer to the next.
        """
        self._defers_notes = True
        stack = self._take_pending_notes()
        while stack:
            note = stack.pop()
            if id(note) not in self._written_notes:
                self._written_notes.add(id(note))
                self.add_all(note.blocks, 0)
                stack += self._take_pending_notes()
        self._defers_notes = False

    def _take_pending_notes(self) -> list[Node]:
        """Return the pending footnotes, the first one last, and clear their list."""
        notes = self._inline.pending_notes[::-1]
        self._inline.pending_notes.clear()
        return notes

    def _prose(self, node: Node) -> str:
        return node.text if node.kind is Kind.PLAIN else self._inline.text(node.text)

    def _title(self, node: Node, depth: int) -> None:
        self._builder.title(self._inline.text(node.text), node.level)

    def _paragraph(self, node: Node, depth: int) -> None:
        self._builder.paragraph(self._prose(node))

    def _code(self, node: Node, depth: int) -> None:
        self._builder.code(node.text)

    def _parsed_literal(self, node: Node, depth: int) -> None:
        self._builder.code(self._inline.text(node.text))

    def _html(self, node: Node, depth: int) -> None:
        add_html(self._builder, node.text)

    def _item(self, node: Node, depth: int) -> None:
        """Add an item: its first prose is the item's text, its other blocks follow.

        Lists among these are one level deeper.
        """
        rest: Sequence[Node] = node.blocks
        if rest and rest[0].kind in _PROSE:
            self._builder.list_item(self._prose(rest[0]), depth)
            rest = rest[1:]
        elif rest and rest[0].kind in _JOINERS:
            text, below = self._joined(rest[0])
            self._builder.list_item(text, depth)
            rest = [*below, *rest[1:]]
        self.add_all(rest, depth + 1)

    def _with_prose(self, node: Node, depth: int) -> None:
        if node.kind is not Kind.FIELD or node.text not in _HIDDEN_FIELDS:
            text, rest = self._joined(node)
            self._builder.paragraph(text)
            self.add_all(rest, depth)

    def _joined(self, node: Node) -> tuple[str, Sequence[Node]]:
        """Return a title or term with the first prose below it, and the blocks after that."""
        title, rest = self._inline.text(node.text), node.blocks
        first = self._prose(rest[0]) if rest and rest[0].kind in _PROSE else ""
        joined = f"{title}{_JOINERS[node.kind]}{first}" if title and first else title or first
        return joined, rest[1:] if first else rest

    def _note(self, node: Node, depth: int) -> None:
        """Add a footnote in the place of its definition: nothing refers to it, or nothing yet."""
        self._inline.pending_notes.append(node)

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
        _Writer(builder, self._inline, defers_notes=True).add_all(cell.blocks, 0)
        return builder.build().text


_HANDLERS: dict[Kind, Callable[[_Writer, Node, int], None]] = {
    Kind.TITLE: _Writer._title,
    Kind.PARAGRAPH: _Writer._paragraph,
    Kind.LINES: _Writer._paragraph,
    Kind.PLAIN: _Writer._paragraph,
    Kind.CODE: _Writer._code,
    Kind.PARSED: _Writer._parsed_literal,
    Kind.HTML: _Writer._html,
    Kind.ITEM: _Writer._item,
    Kind.DEFINITION: _Writer._with_prose,
    Kind.FIELD: _Writer._with_prose,
    Kind.TITLED: _Writer._with_prose,
    Kind.CITATION: _Writer._with_prose,
    Kind.NOTE: _Writer._note,
    Kind.TABLE: _Writer._table,
}
