"""Turn pandoc's blocks into elements.

The types are those of pandoc's abstract syntax tree (pandoc-types, `Text.Pandoc.Definition`), in
its JSON form: `t` is the constructor and `c` its content.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.cell_text import cell_text
from vouch.parsers.common.html.tree import add_html
from vouch.parsers.common.html.visibility import HIDING
from vouch.parsers.common.links import Linked
from vouch.parsers.common.merged_cells import Cell, laid_out
from vouch.parsers.common.text.numerals import numeral
from vouch.parsers.pandoc.inlines import Node, plain
from vouch.schemas.documents.records import LeftOutKind

Attributes: TypeAlias = tuple[str, Sequence[str], Sequence[tuple[str, str]]]
"""Identifier, classes, and names with values."""

_PROSE = ("Para", "Plain")
# Numbers of lists (`ListNumberStyle`), as `numeral` names them, and what is around them.
_STYLES = {"LowerAlpha": "a", "UpperAlpha": "A", "LowerRoman": "i", "UpperRoman": "I"}
_SIGNS = {"OneParen": "{})", "TwoParens": "({})"}
DECIMAL = (("1", "{}."),)
# Such as \maketitle and \newpage, without any text that they apply to.
_COMMANDS = re.compile(r"\s*(?:\\[A-Za-z@]+\*?(?:\[[^\]\n]*\]|\{\s*\})*\s*)+")


def add_blocks(
    builder: DocumentBuilder,
    blocks: Iterable[Node],
    shift: int = 0,
    numbers: Sequence[tuple[str, str]] = DECIMAL,
) -> None:
    """Add blocks in order; headings are put `shift` levels deeper.

    `numbers` are kind and sign of the lists that do not say how they are numbered, by their depth.
    """
    _Walker(builder, shift, numbers).blocks(blocks)


class _Walker:
    """Adds each block by the method named after its type; other types are skipped.

    `LabelledItem`, which RTF's lists become, is no type of pandoc's: a label and a block.
    """

    def __init__(
        self, builder: DocumentBuilder, shift: int, numbers: Sequence[tuple[str, str]]
    ) -> None:
        self._builder = builder
        self._shift = shift
        self._numbers = numbers
        self._numbered = 0  # open lists with numbers

    def blocks(self, blocks: Iterable[Node], depth: int = 0) -> None:
        for block in blocks:
            handler = getattr(self, f"_{block['t'].lower()}", None)
            if handler is not None:
                handler(block.get("c"), depth)

    def _prose(self, inlines: Sequence[Node]) -> Linked:
        """Return the text of a paragraph; its footnotes are added when `_notes` is called."""
        notes: list[list[Node]] = []
        text = plain(inlines, notes)
        self._pending = notes
        return text

    def _notes(self) -> None:
        for note in self._pending:
            self.blocks(note)

    def _para(self, content: Sequence[Node], depth: int) -> None:
        self._builder.paragraph(self._prose(content))
        self._notes()

    _plain = _para

    def _header(self, content: tuple[int, object, Sequence[Node]], depth: int) -> None:
        self._builder.title(self._prose(content[2]), content[0] + self._shift)
        self._notes()

    def _codeblock(self, content: tuple[Attributes, str], depth: int) -> None:
        self._builder.paragraph(dict(content[0][2]).get("caption", ""))
        self._builder.code(content[1])

    def _rawblock(self, content: tuple[str, str], depth: int) -> None:
        if content[0].startswith("html"):
            add_html(self._builder, content[1])
        elif content[0] != "org" and not _COMMANDS.fullmatch(content[1]):
            # Raw Org is meant for Org alone, such as the formulas of a spreadsheet.
            self._builder.code(content[1])

    # A line block is verse or an address: its line breaks are kept.
    def _lineblock(self, content: Sequence[Sequence[Node]], depth: int) -> None:
        lines = [inline for line in content for inline in [*line, {"t": "LineBreak"}]]
        self._para(lines, depth)

    def _blockquote(self, content: Sequence[Node], depth: int) -> None:
        self.blocks(content)

    def _div(self, content: tuple[Attributes, Sequence[Node]], depth: int) -> None:
        attributes = dict(content[0][2])
        if "hidden" in attributes or HIDING.search(attributes.get("style", "")):
            hidden = DocumentBuilder()
            add_blocks(hidden, content[1])
            self._builder.leave_out(LeftOutKind.HIDDEN, hidden.build().text)
        else:
            self.blocks(content[1], depth)

    def _figure(
        self, content: tuple[object, tuple[object, Sequence[Node]], Sequence[Node]], depth: int
    ) -> None:
        self.blocks(content[2])
        self.blocks(content[1][1])

    def _bulletlist(self, content: Sequence[Sequence[Node]], depth: int) -> None:
        for item in content:
            self._item(item, depth)

    def _orderedlist(
        self, content: tuple[tuple[int, Node, Node], Sequence[Sequence[Node]]], depth: int
    ) -> None:
        start, style, sign = content[0]
        by_depth = self._numbers[min(self._numbered, len(self._numbers) - 1)]
        kind = _STYLES.get(style["t"], "1")
        frame = _SIGNS.get(sign["t"], "{}.")
        if style["t"] == "DefaultStyle" and sign["t"] == "DefaultDelim":
            kind, frame = by_depth
        self._numbered += 1
        for number, item in enumerate(content[1], start):
            self._item(item, depth, frame.format(numeral(number, kind)))
        self._numbered -= 1

    def _labelleditem(self, content: tuple[str, Node], depth: int) -> None:
        self._item([content[1]], depth, content[0])

    def _item(self, blocks: Sequence[Node], depth: int, marker: str = "-") -> None:
        """Add an item: its first prose, then its other blocks, lists one level deeper."""
        rest = list(blocks)
        if rest and rest[0]["t"] in _PROSE:
            self._builder.list_item(self._prose(rest.pop(0)["c"]), depth, marker)
            self._notes()
        self.blocks(rest, depth + 1)

    def _definitionlist(
        self, content: Sequence[tuple[Sequence[Node], Sequence[Sequence[Node]]]], depth: int
    ) -> None:
        for term, definitions in content:
            blocks = [block for definition in definitions for block in definition]
            first = blocks.pop(0)["c"] if blocks and blocks[0]["t"] in _PROSE else []
            separator = [{"t": "Str", "c": ": "}] if plain(first).strip() else []
            self._para([*term, *separator, *first], depth)
            self.blocks(blocks)

    def _table(self, content: Sequence[Any], depth: int) -> None:
        _, caption, _, head, bodies, foot = content
        self.blocks(caption[1])
        rows = list(head[1])
        # A body is attributes, number of row header columns, header rows of its own, and rows; a
        # row is attributes and cells; a cell is attributes, alignment, height, width and blocks.
        for body in bodies:
            rows += [*body[2], *body[3]]
        # A single column without a header is a frame, around what may be a whole page.
        if not head[1] and all(len(row[1]) == 1 for row in rows):
            for row in rows:
                self.blocks(row[1][0][4])
            return
        cells = laid_out([_cell(cell) for cell in row[1]] for row in [*rows, *foot[1]])
        self._builder.table(cells, header_rows=len(head[1]))


def _cell(cell: Sequence[Any]) -> Cell:
    """Return text, width in columns and height in rows of a cell."""
    builder = DocumentBuilder()
    add_blocks(builder, cell[4])
    return cell_text(builder.build()), cell[3], cell[2]
