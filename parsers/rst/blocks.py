"""reStructuredText's body elements: lines to blocks, by how their first line begins."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from vouch.parsers.rst import explicit_markup as rst_explicit
from vouch.parsers.rst import grid_table as rst_grid_table
from vouch.parsers.rst import lists as rst_lists
from vouch.parsers.rst import simple_table as rst_simple_table
from vouch.parsers.rst.lines import (
    dedented,
    end_of_indented,
    end_of_paragraph,
    first_text,
    is_adornment,
)
from vouch.parsers.rst.nodes import Cell, Definitions, Kind, Node, normal, paragraph

MAX_DEPTH = 40  # blocks in blocks; what is deeper is read as paragraphs
_LEAST_ADORNMENT = 4  # a shorter line may be text
Found: TypeAlias = tuple[list[Node], int] | None
"""Blocks, and the number of the line behind them."""
Reader: TypeAlias = Callable[["Blocks", Sequence[str], int, int], Found]


class Blocks:
    """Reads blocks and gathers what they define."""

    def __init__(self) -> None:
        self.definitions = Definitions()

    def read(self, lines: Sequence[str], depth: int = 0) -> list[Node]:
        """The blocks of lines from `vouch.parsers.rst.lines`, in order."""
        nodes: list[Node] = []
        number = first_text(lines, 0)
        while number < len(lines):
            read = _text if depth < MAX_DEPTH else _flat
            for reader in _READERS.get(lines[number][0], ()) if depth < MAX_DEPTH else ():
                if found := reader(self, lines, number, depth + 1):
                    break
            else:
                found = read(self, lines, number, depth + 1)
            made, number = found
            nodes += made
            number = first_text(lines, number)
        return nodes

    def cells(
        self, rows: Sequence[Sequence[tuple[Sequence[str], int, int]]], depth: int
    ) -> list[list[Cell]]:
        """Cells with their lines read; what looks like a title in them has no rank among the document's."""
        styles = list(self.definitions.styles)
        cells = [
            [Cell(self.read(dedented(lines), depth), width, height) for lines, width, height in row]
            for row in rows
        ]
        self.definitions.styles[:] = styles
        return cells

    def title(self, text: str, style: str) -> Node:
        styles = self.definitions.styles
        if style not in styles:
            styles.append(style)
        self.definitions.names.add(normal(text))
        return Node(Kind.TITLE, text, level=styles.index(style) + 1)


def _flat(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> tuple[list[Node], int]:
    end = end_of_paragraph(lines, number)
    return [paragraph(" ".join(line.strip() for line in lines[number:end]))], end


def _quotation(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> Found:
    end = end_of_indented(lines, number)
    return blocks.read(dedented(lines[number:end]), depth), end


def _doctest(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> Found:
    if lines[number] != ">>>" and not lines[number].startswith(">>> "):
        return None
    end = end_of_paragraph(lines, number)
    return [Node(Kind.CODE, "\n".join(lines[number:end]))], end


def _line_block(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> Found:
    if lines[number] != "|" and not lines[number].startswith("| "):
        return None
    shown: list[str] = []
    while number < len(lines) and (
        lines[number].startswith(("| ", " ") if shown else "| ") or lines[number] == "|"
    ):
        if lines[number].startswith("|"):
            shown.append(lines[number][1:].strip())
        else:
            shown[-1] += " " + lines[number].strip()
        number += 1
    return [Node(Kind.LINES, "\n".join(shown))], number


def _grid_table(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> Found:
    return _table(blocks, rst_grid_table.read(lines, number), lines, depth)


def _simple_table(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> Found:
    return _table(blocks, rst_simple_table.read(lines, number), lines, depth)


def _table(blocks: Blocks, found: rst_grid_table.Found, lines: Sequence[str], depth: int) -> Found:
    """A table whose borders do not close stays as it is written."""
    if found is None:
        return None
    rows, header_rows, start, end = found
    if not rows:
        return [Node(Kind.CODE, "\n".join(lines[start:end]))], end
    return [Node(Kind.TABLE, rows=blocks.cells(rows, depth), level=header_rows)], end


def _overlined(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> Found:
    """A title between two adornments; an adornment alone is a border, which says nothing."""
    line = lines[number]
    if not is_adornment(line) or line == "::":
        return None
    title, below, *_ = [*lines[number + 1 : number + 3], "", ""]
    if title and below and below == line and not is_adornment(title):
        return [blocks.title(title.strip(), line[0] * 2)], number + 3
    return ([], number + 1) if len(line) >= _LEAST_ADORNMENT else None


def _text(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> tuple[list[Node], int]:
    """A title, a term with what it means, or a paragraph."""
    line, below = lines[number], lines[number + 1] if number + 1 < len(lines) else ""
    if (
        below
        and is_adornment(below)
        and len(below) >= min(len(line), _LEAST_ADORNMENT)
        and below != "::"
    ):
        return [blocks.title(line, below[0])], number + 2
    if below.startswith(" ") and not line.endswith("::"):
        end = end_of_indented(lines, number + 1)
        return [
            Node(Kind.DEFINITION, line, blocks.read(dedented(lines[number + 1 : end]), depth))
        ], end
    end = number + 1
    while end < len(lines) and lines[end] and lines[end][0] != " ":
        end += 1
    text = " ".join(lines[number:end])
    if not text.endswith("::"):
        return [paragraph(text)], end
    shown = text[:-2].rstrip() if text[:-2].endswith(" ") else text[:-1]
    code, end = _literal(lines, first_text(lines, end))
    return [*([paragraph(shown)] if shown != ":" else []), *code], end


def _literal(lines: Sequence[str], number: int) -> tuple[list[Node], int]:
    """Code behind `::`, indented or with the same sign before each line."""
    end = end_of_indented(lines, number)
    if end == number and number < len(lines) and is_adornment(lines[number][0]):
        while end < len(lines) and lines[end].startswith(lines[number][0]):
            end += 1
    return ([Node(Kind.CODE, "\n".join(dedented(lines[number:end])))] if end > number else []), end


def _explicit(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> Found:
    return rst_explicit.read(blocks, lines, number, depth)


def _anonymous(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> Found:
    if not lines[number].startswith("__ "):
        return None
    blocks.definitions.anonymous = True
    return [], max(end_of_indented(lines, number + 1), number + 1)


def _readers() -> dict[str, tuple[Reader, ...]]:
    """By the first character of a block, in the order in which they are tried."""
    word = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    readers: Sequence[tuple[str, Reader]] = (
        (" ", _quotation),
        ("-+*•‣⁃", rst_lists.bullet),
        (word + "(#", rst_lists.enumerator),
        (":", rst_lists.field),
        ("-+/", rst_lists.option),
        (">", _doctest),
        ("|", _line_block),
        ("+", _grid_table),
        ("=", _simple_table),
        (".", _explicit),
        ("_", _anonymous),
        ("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", _overlined),
    )
    signs = {sign for starts, _ in readers for sign in starts}
    return {sign: tuple(reader for starts, reader in readers if sign in starts) for sign in signs}


_READERS = _readers()
