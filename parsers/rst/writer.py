"""Writes docutils' tree of a document as elements of the canonical text."""

from collections.abc import Iterable, Iterator, Sequence

from docutils import nodes

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.cell_text import cell_text
from vouch.parsers.common.html.tree import add_html
from vouch.parsers.common.links import Linked
from vouch.parsers.common.merged_cells import Cell, laid_out
from vouch.parsers.common.text.numerals import numeral
from vouch.parsers.rst.docutils_types import Node
from vouch.parsers.rst.inline import Inlines

_PROSE = (nodes.paragraph, nodes.line_block)
# Elements whose children are read in their place.
_GROUPS = (nodes.definition_list, nodes.field_list, nodes.option_list)
_DESCRIBED = (nodes.definition_list_item, nodes.field, nodes.option_list_item)
_TITLED: tuple[type, ...] = (nodes.Admonition, nodes.topic, nodes.sidebar)
_NOT_SHOWN = (
    nodes.Invisible,
    nodes.target,
    nodes.decoration,
    nodes.label,
    nodes.transition,
    nodes.meta,
)
# docutils' kinds of numbers, as `numeral` names them.
_NUMERALS = {"loweralpha": "a", "upperalpha": "A", "lowerroman": "i", "upperroman": "I"}
# Fields that only Sphinx reads (its "File-wide metadata").
_HIDDEN_FIELDS = frozenset({"orphan", "nosearch", "nocomments", "tocdepth", "no-search"})
_ERROR = 3  # docutils' level: the text of the message is not in the tree otherwise


def add_rst(builder: DocumentBuilder, document: nodes.document) -> None:
    """Add a document in order; a footnote comes after the block that refers to it first."""
    _Writer(builder, Inlines(document)).add_all(document.children)


class _Writer:
    """Adds nodes to a builder.

    Pending footnotes are added after each block, unless `defers_notes`: a writer for the inside of
    a table cell leaves them to the writer around it.
    """

    def __init__(
        self, builder: DocumentBuilder, inlines: Inlines, *, defers_notes: bool = False
    ) -> None:
        self._builder = builder
        self._inlines = inlines
        self._written_notes: set[int] = set()
        self._defers_notes = defers_notes
        self._level = 0

    def add_all(self, children: Iterable[Node], depth: int = 0) -> None:
        """Add blocks in order; `depth` is that of the list items among them."""
        for node in children:
            self._add(node, depth)
            self._add_due_notes()

    def _add_due_notes(self) -> None:
        if self._inlines.pending_notes and not self._defers_notes:
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
                self.add_all(note.children)
                stack += self._take_pending_notes()
        self._defers_notes = False

    def _take_pending_notes(self) -> list[Node]:
        """Return the pending footnotes, the first one last, and clear their list."""
        notes = self._inlines.pending_notes[::-1]
        self._inlines.pending_notes.clear()
        return notes

    def _add(self, node: Node, depth: int) -> None:
        handler = getattr(self, f"_{node.tagname.strip('#')}", None)
        if handler is not None:
            handler(node, depth)
        elif isinstance(node, (*_DESCRIBED, *_TITLED)):
            self._described(node, depth)
        elif isinstance(node, _NOT_SHOWN):
            pass
        elif isinstance(node, nodes.TextElement | nodes.Text | nodes.line_block | nodes.Inline):
            self._builder.paragraph(self._inlines.text(node))
        else:
            self.add_all(node.children, depth)

    def _section(self, node: Node, depth: int) -> None:
        self._level += 1
        self.add_all(node.children)
        self._level -= 1

    def _title(self, node: Node, depth: int) -> None:
        if isinstance(node.parent, nodes.section):
            self._builder.title(self._inlines.text(node), self._level)
        else:  # of a table
            self._builder.paragraph(self._inlines.text(node))

    def _literal_block(self, node: Node, depth: int) -> None:
        self._builder.code(self._inlines.text(node, is_verbatim=True))

    _doctest_block = _literal_block
    _math_block = _literal_block

    def _raw(self, node: Node, depth: int) -> None:
        if "html" in node["format"].split():
            add_html(self._builder, node.astext())
        else:
            self._builder.code(node.astext())

    def _header(self, node: Node, depth: int) -> None:
        for child in node.children:
            self._builder.header(self._inlines.text(child))

    def _footer(self, node: Node, depth: int) -> None:
        for child in node.children:
            self._builder.footer(self._inlines.text(child))

    def _system_message(self, node: Node, depth: int) -> None:
        """Add what docutils could make no sense of, such as a table that does not close.

        A title where none may be is a paragraph.
        """
        if node.get("level", 0) < _ERROR:
            return
        for source in node.findall(nodes.literal_block):
            text = source.astext()
            if "title" in node.astext().partition("\n")[0].lower():
                self._builder.paragraph(text.strip("\n").split("\n")[0])
            else:
                self._builder.code(text)

    def _enumerated_list(self, node: Node, depth: int) -> None:
        """Add the items of a numbered list with their numbers."""
        kind = _NUMERALS.get(node["enumtype"], "1")
        items = (child for child in node.children if isinstance(child, nodes.list_item))
        for number, item in enumerate(items, node.get("start", 1)):
            marker = f"{node['prefix']}{numeral(number, kind)}{node['suffix']}"
            self._list_item(item, depth, marker)
            self._add_due_notes()

    def _list_item(self, node: Node, depth: int, marker: str = "-") -> None:
        """Add an item: its first prose is the item's text, its other blocks follow.

        Lists among these are one level deeper.
        """
        rest = list(_flat(node.children))
        if rest and isinstance(rest[0], _PROSE):
            self._builder.list_item(self._inlines.text(rest.pop(0)), depth, marker)
        elif rest and isinstance(rest[0], (*_DESCRIBED, *_TITLED)):
            text, below = self._joined(rest.pop(0))
            self._builder.list_item(text, depth, marker)
            rest = [*below, *rest]
        self.add_all(rest, depth + 1)

    def _described(self, node: Node, depth: int) -> None:
        if not (isinstance(node, nodes.field) and node[0].astext() in _HIDDEN_FIELDS):
            text, rest = self._joined(node)
            self._builder.paragraph(text)
            self.add_all(rest, depth)

    _citation = _described

    def _joined(self, node: Node) -> tuple[Linked, Sequence[Node]]:
        """Return a title or term with the first prose below it, and the blocks after that."""
        joiner, names, below = _parts(node)
        rest = list(_flat(below))
        first = [rest.pop(0)] if rest and isinstance(rest[0], _PROSE) else []
        has_both = any(_has_text(name) for name in names) and any(map(_has_text, first))
        return self._inlines.text(*names, *([joiner] if has_both else []), *first), rest

    def _footnote(self, node: Node, depth: int) -> None:
        """Add a footnote in the place of its definition: nothing refers to it, or nothing yet."""
        self._inlines.pending_notes.append(node)

    def _table(self, node: Node, depth: int) -> None:
        for title in node.findall(nodes.title):
            if title.parent is node:
                self._builder.paragraph(self._inlines.text(title))
        for group in node.children:
            if isinstance(group, nodes.tgroup):
                heads = [part for part in group.children if isinstance(part, nodes.thead)]
                bodies = [part for part in group.children if isinstance(part, nodes.tbody)]
                rows = [row for part in [*heads, *bodies] for row in part.children]
                cells = laid_out([self._cell(entry) for entry in row.children] for row in rows)
                self._builder.table(cells, header_rows=sum(len(head.children) for head in heads))

    def _cell(self, entry: Node) -> Cell:
        """Return text, width in columns and height in rows of a cell."""
        size = entry.get("morecols", 0) + 1, entry.get("morerows", 0) + 1
        blocks = list(_flat(entry.children))
        if len(blocks) == 1 and isinstance(blocks[0], _PROSE):
            return self._inlines.text(blocks[0]), *size
        builder = DocumentBuilder()
        _Writer(builder, self._inlines, defers_notes=True).add_all(entry.children)
        return cell_text(builder.build()), *size


def _flat(children: Iterable[Node]) -> Iterator[Node]:
    """Yield the blocks that are shown, and the members of lists instead of these."""
    for node in children:
        if isinstance(node, _GROUPS):
            yield from node.children
        elif not isinstance(node, nodes.Invisible) and node.get("level", _ERROR) >= _ERROR:
            yield node


def _has_text(piece: Node | str) -> bool:
    return bool((piece if isinstance(piece, str) else piece.astext()).strip())


def _parts(node: Node) -> tuple[str, list[Node | str], list[Node]]:
    """Return what joins a title or term to its text, the title or term, and the blocks below it."""
    names: list[Node | str] = []
    below: list[Node] = []
    children: list[Node] = [*node.children]
    if isinstance(node, nodes.citation):
        return " ", [f"[{children[0].astext()}]"], children[1:]
    if isinstance(node, _TITLED):
        names += [child for child in children if isinstance(child, nodes.title)]
        return "\n", names, [child for child in children if child not in names]
    for child in children:
        if isinstance(child, nodes.definition | nodes.field_body | nodes.description):
            below += child.children
        elif isinstance(child, nodes.option_group):
            names.append(", ".join(option.astext() for option in child.children))
        elif not isinstance(child, nodes.system_message):
            # A classifier of a term is behind it, as it is written.
            separator = " : " if isinstance(child, nodes.classifier) else ", "
            names += [separator, child] if names else [child]
    return ": ", names, below
