"""The blocks of a reStructuredText document before their inline markup is read, and what its parts know of each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto


class Kind(Enum):
    """What a block is. `TITLED` has a title above its blocks, `PLAIN` and `CODE` no inline markup."""

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
    """The blocks of a table's cell, its width in columns and its height in rows."""

    blocks: list[Node]
    width: int = 1
    height: int = 1


@dataclass(slots=True)
class Node:
    """One block: `text` is a title's, a term's or the block's own; `level` a title's depth or a table's header rows."""

    kind: Kind
    text: str = ""
    blocks: list[Node] = field(default_factory=list)
    level: int = 0
    rows: Sequence[Sequence[Cell]] = ()


@dataclass(slots=True)
class Definitions:
    """What is defined in one place of a document and used in others. Names are as `normal` makes them."""

    styles: list[str] = field(default_factory=list)
    """Adornments of titles, outermost first."""
    names: set[str] = field(default_factory=set)
    """What a reference like `name_` may lead to."""
    anonymous: bool = False
    """Whether there are targets for references like `name__`."""
    notes: dict[str, Node] = field(default_factory=dict)
    """Footnotes by label; those that are numbered by their order have the labels `#1`, `#2`, … or `*1`, …"""
    counts: Counter[str] = field(default_factory=Counter)
    """Footnotes that are numbered by their order, by sign."""
    substitutions: dict[str, str] = field(default_factory=dict)


def normal(name: str) -> str:
    """A name as references compare it."""
    return " ".join(name.split()).lower()


def paragraph(text: str) -> Node:
    """Running text with inline markup."""
    return Node(Kind.PARAGRAPH, text)
