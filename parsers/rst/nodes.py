"""The block tree of a reStructuredText document before inline markup is read.

`blocks.py` parses lines into these nodes and collects the document's definitions on the way;
`writer.py` then reads the inline markup, so that a reference may precede its target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple, Protocol, TypeAlias

SIMPLE_NAME = r"[^\W_](?:[-._+:]?[^\W_])*"
"""Pattern of a simple reference name (specification: "Reference Names")."""


class Kind(Enum):
    """The type of a block: `TITLED` has a title above its blocks, `PLAIN` no inline markup."""

    TITLE = auto()
    PARAGRAPH = auto()
    LINES = auto()
    PLAIN = auto()
    CODE = auto()
    PARSED = auto()
    HTML = auto()
    ITEM = auto()
    DEFINITION = auto()
    FIELD = auto()
    TITLED = auto()
    CITATION = auto()
    NOTE = auto()
    TABLE = auto()


@dataclass(slots=True)
class Cell:
    """A table cell: its blocks, its width in columns and its height in rows."""

    blocks: list[Node]
    width: int = 1
    height: int = 1


@dataclass(slots=True)
class Node:
    """One block.

    `text` is the text of a title, a term or the block itself; `level` is the depth of a title (from
    1) or the number of header rows of a table.
    """

    kind: Kind
    text: str = ""
    blocks: list[Node] = field(default_factory=list)
    level: int = 0
    rows: Sequence[Sequence[Cell]] = ()


@dataclass(slots=True)
class Definitions:
    """What one place of a document defines and other places use.

    Names are normalized by `normalize_name`.
    """

    title_styles: list[str] = field(default_factory=list)
    """Adornments of titles, outermost first: the rank of a style is its place in this list."""
    names: set[str] = field(default_factory=set)
    """Targets that a reference such as `name_` may lead to."""
    has_anonymous_targets: bool = False
    """Whether references such as `name__` may lead anywhere."""
    notes: dict[str, Node] = field(default_factory=dict)
    """Footnotes by label; auto-numbered ones are labelled `#1`, `#2`, … and `*1`, `*2`, …"""
    auto_numbered: Counter[str] = field(default_factory=Counter)
    """Number of auto-numbered footnotes so far, by sign (`#` or `*`)."""
    substitutions: dict[str, str] = field(default_factory=dict)


ParsedBlocks: TypeAlias = tuple[list[Node], int]
"""Blocks, and the index of the first line after them."""


class RawCell(NamedTuple):
    """A table cell whose lines are not parsed yet."""

    lines: Sequence[str]
    width: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class RawTable:
    """A drawn table with unparsed cells; `end` is the index of the first line after it.

    `rows` is empty where the drawing is malformed.
    """

    rows: list[list[RawCell]]
    header_rows: int
    end: int


class NestedParser(Protocol):
    """What a construct needs in order to parse the blocks inside it (docutils' `nested_parse`).

    `blocks.BlockParser` implements it. The constructs take it as an argument, so that they need
    not import the module that dispatches to them.
    """

    definitions: Definitions

    def parse(self, lines: Sequence[str], depth: int) -> list[Node]:
        """Return the blocks of `lines`, which are `depth` constructs deep."""
        ...

    def parse_cells(self, rows: Sequence[Sequence[RawCell]], depth: int) -> list[list[Cell]]:
        """Return table cells with their lines parsed."""
        ...


def normalize_name(name: str) -> str:
    """Return a name as references compare it: case and white space do not count."""
    return " ".join(name.split()).lower()


def paragraph(text: str) -> Node:
    """Return running text with inline markup."""
    return Node(Kind.PARAGRAPH, text)
