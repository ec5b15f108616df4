"""Body elements of reStructuredText: lines to blocks, chosen by the first character of a block.

Section names in docstrings are those of the reStructuredText Markup Specification of docutils.
Malformed markup is never an error here: it is kept as text.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from vouch.parsers.rst import explicit_markup, grid_table, lists, simple_table
from vouch.parsers.rst.lines import (
    dedented,
    end_of_indented,
    end_of_paragraph,
    first_text,
    is_adornment,
)
from vouch.parsers.rst.nodes import (
    Cell,
    Definitions,
    Kind,
    NestedParser,
    Node,
    ParsedBlocks,
    RawCell,
    RawTable,
    normalize_name,
    paragraph,
)

MAX_DEPTH = 40  # constructs inside constructs; deeper ones are read as paragraphs
_MIN_ADORNMENT = 4  # characters; a shorter line below a longer title may be text
BlockReader: TypeAlias = Callable[[NestedParser, Sequence[str], int, int], ParsedBlocks | None]
"""Takes parser, lines, the index of the first line and the depth; None where it does not apply."""


class BlockParser:
    """Parses lines into blocks and collects what they define in `definitions`."""

    def __init__(self) -> None:
        self.definitions = Definitions()

    def parse(self, lines: Sequence[str], depth: int = 0) -> list[Node]:
        """Return the blocks of lines from `split_lines`, in order."""
        nodes: list[Node] = []
        start = first_text(lines, 0)
        while start < len(lines):
            parsed, end = self._parse_block(lines, start, depth + 1)
            nodes += parsed
            start = first_text(lines, end)
        return nodes

    def _parse_block(self, lines: Sequence[str], start: int, depth: int) -> ParsedBlocks:
        if depth > MAX_DEPTH:
            end = end_of_paragraph(lines, start)
            return [paragraph(" ".join(line.strip() for line in lines[start:end]))], end
        for reader in _READERS.get(lines[start][0], ()):
            result = reader(self, lines, start, depth)
            if result is not None:
                return result
        return _text(self, lines, start, depth)

    def parse_cells(self, rows: Sequence[Sequence[RawCell]], depth: int) -> list[list[Cell]]:
        """Return cells with their lines parsed.

        A title inside a cell takes no rank among the titles of the document.
        """
        styles = list(self.definitions.title_styles)
        cells = [
            [Cell(self.parse(dedented(cell.lines), depth), cell.width, cell.height) for cell in row]
            for row in rows
        ]
        self.definitions.title_styles[:] = styles
        return cells


def _title(definitions: Definitions, text: str, style: str) -> Node:
    """Return a title ("Sections"): its rank is the order in which adornment styles appear."""
    styles = definitions.title_styles
    if style not in styles:
        styles.append(style)
    definitions.names.add(normalize_name(text))
    return Node(Kind.TITLE, text, level=styles.index(style) + 1)


def _block_quote(
    parser: NestedParser, lines: Sequence[str], start: int, depth: int
) -> ParsedBlocks:
    """Read an indented block ("Block Quotes")."""
    end = end_of_indented(lines, start)
    return parser.parse(dedented(lines[start:end]), depth), end


def _doctest(
    parser: NestedParser, lines: Sequence[str], start: int, depth: int
) -> ParsedBlocks | None:
    """Read an interactive session up to the next empty line ("Doctest Blocks")."""
    if lines[start] != ">>>" and not lines[start].startswith(">>> "):
        return None
    end = end_of_paragraph(lines, start)
    return [Node(Kind.CODE, "\n".join(lines[start:end]))], end


def _line_block(
    parser: NestedParser, lines: Sequence[str], start: int, depth: int
) -> ParsedBlocks | None:
    """Read lines that begin with `|`; an indented line continues the one above ("Line Blocks")."""
    if lines[start] != "|" and not lines[start].startswith("| "):
        return None
    joined: list[str] = []
    end = start
    while end < len(lines) and (lines[end] == "|" or lines[end].startswith(("| ", " "))):
        if lines[end].startswith("|"):
            joined.append(lines[end][1:].strip())
        else:
            joined[-1] += " " + lines[end].strip()
        end += 1
    return [Node(Kind.LINES, "\n".join(joined))], end


def _grid_table(
    parser: NestedParser, lines: Sequence[str], start: int, depth: int
) -> ParsedBlocks | None:
    return _table(parser, grid_table.read(lines, start), lines, start, depth)


def _simple_table(
    parser: NestedParser, lines: Sequence[str], start: int, depth: int
) -> ParsedBlocks | None:
    return _table(parser, simple_table.read(lines, start), lines, start, depth)


def _table(
    parser: NestedParser, table: RawTable | None, lines: Sequence[str], start: int, depth: int
) -> ParsedBlocks | None:
    """Return a table; one whose borders do not close is kept as it is written."""
    if table is None:
        return None
    if not table.rows:
        return [Node(Kind.CODE, "\n".join(lines[start : table.end]))], table.end
    cells = parser.parse_cells(table.rows, depth)
    return [Node(Kind.TABLE, rows=cells, level=table.header_rows)], table.end


def _overlined_title(
    parser: NestedParser, lines: Sequence[str], start: int, depth: int
) -> ParsedBlocks | None:
    """Read a title between two equal adornments ("Sections"), or skip a line ("Transitions")."""
    line = lines[start]
    if not is_adornment(line) or line == "::":
        return None
    title, below, *_ = [*lines[start + 1 : start + 3], "", ""]
    if title and below and below == line and not is_adornment(title):
        # Over- and underlined is another style than underlined only, with the same character.
        return [_title(parser.definitions, title.strip(), line[0] * 2)], start + 3
    return ([], start + 1) if len(line) >= _MIN_ADORNMENT else None


def _anonymous_target(
    parser: NestedParser, lines: Sequence[str], start: int, depth: int
) -> ParsedBlocks | None:
    """Read `__ target` ("Anonymous Hyperlinks")."""
    if not lines[start].startswith("__ "):
        return None
    parser.definitions.has_anonymous_targets = True
    return [], max(end_of_indented(lines, start + 1), start + 1)


def _text(parser: NestedParser, lines: Sequence[str], start: int, depth: int) -> ParsedBlocks:
    """Read an underlined title, a term with its definition ("Definition Lists") or a paragraph."""
    line, below = lines[start], lines[start + 1] if start + 1 < len(lines) else ""
    if below != "::" and is_adornment(below) and len(below) >= min(len(line), _MIN_ADORNMENT):
        return [_title(parser.definitions, line, below[0])], start + 2
    if below.startswith(" ") and not line.endswith("::"):
        end = end_of_indented(lines, start + 1)
        definition = parser.parse(dedented(lines[start + 1 : end]), depth)
        return [Node(Kind.DEFINITION, line, definition)], end
    end = start + 1
    while end < len(lines) and lines[end] and lines[end][0] != " ":
        end += 1
    text = " ".join(lines[start:end])
    if not text.endswith("::"):
        return [paragraph(text)], end
    # "text ::" loses both colons, "text::" keeps one, and a lone "::" is not shown at all.
    shown = text[:-2].rstrip() if text[:-2].endswith(" ") else text[:-1]
    code, end = _literal_block(lines, first_text(lines, end))
    return [*([paragraph(shown)] if shown != ":" else []), *code], end


def _literal_block(lines: Sequence[str], start: int) -> ParsedBlocks:
    """Read the code after `::` ("Literal Blocks").

    It is indented, or has the same punctuation character before each line.
    """
    end = end_of_indented(lines, start)
    if end == start and start < len(lines) and is_adornment(lines[start][0]):
        while end < len(lines) and lines[end].startswith(lines[start][0]):
            end += 1
    return ([Node(Kind.CODE, "\n".join(dedented(lines[start:end])))] if end > start else []), end


_LETTERS_AND_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_READERS_IN_ORDER: tuple[tuple[str, BlockReader], ...] = (
    (" ", _block_quote),
    ("-+*•‣⁃", lists.bullet),
    (_LETTERS_AND_DIGITS + "(#", lists.enumerator),
    (":", lists.field),
    ("-+/", lists.option),
    (">", _doctest),
    ("|", _line_block),
    ("+", _grid_table),
    ("=", _simple_table),
    (".", explicit_markup.read),
    ("_", _anonymous_target),
    ("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", _overlined_title),
)
"""First characters of a block and the reader to try, in order; `_text` reads the rest."""
_READERS: dict[str, tuple[BlockReader, ...]] = {
    character: tuple(reader for first, reader in _READERS_IN_ORDER if character in first)
    for character in sorted({char for first, _ in _READERS_IN_ORDER for char in first})
}
