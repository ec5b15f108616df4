"""What a reader of the rendered page sees of a directive of docutils or Sphinx.

Each handler takes the parser, the directive and the depth, and returns blocks. `directive_names.py`
says which directive has which handler. Docstrings name the rule in docutils' "reStructuredText
Directives" or in Sphinx's "Directives" that a handler follows.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from vouch.parsers.rst.data_tables import csv_rows, list_table
from vouch.parsers.rst.nodes import Kind, NestedParser, Node, paragraph

VERSION_TEXTS = {
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
ADMONITION_TITLES = {
    "attention": "Attention",
    "caution": "Caution",
    "danger": "Danger",
    "error": "Error",
    "hint": "Hint",
    "important": "Important",
    "note": "Note",
    "seealso": "See also",
    "tip": "Tip",
    "todo": "Todo",
    "warning": "Warning",
}
_TITLE_AND_PATH = re.compile(r"(.*?\S)\s*<[^<>]+>")


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive: its name, the lines of its argument, its options and the lines of its content.

    Lines have no common indentation. The first line of the argument is the text behind the name,
    and may be empty.
    """

    name: str
    argument: list[str]
    options: Mapping[str, str] = field(default_factory=dict)
    content: Sequence[str] = ()

    @property
    def title(self) -> str:
        """The argument on one line."""
        return " ".join(self.argument).strip()

    @property
    def all_lines(self) -> list[str]:
        """The content of a directive that takes no argument: the lines in its place are content."""
        return [*self.argument, "", *self.content]

    @property
    def captions(self) -> list[Node]:
        """The options that are shown as text."""
        return [
            paragraph(self.options[name])
            for name in ("caption", "synopsis")
            if self.options.get(name)
        ]


Handler: TypeAlias = Callable[[NestedParser, Directive, int], list[Node]]


def nothing(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return nothing: the directive sets up how a page is built, or names what is elsewhere."""
    return []


def content(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return the content only: the argument says how or when it is shown (`container`, `only`)."""
    return [*directive.captions, *parser.parse(directive.content, depth)]


def all_content(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return the content of a directive without an argument (`epigraph`, `compound`)."""
    return [*directive.captions, *parser.parse(directive.all_lines, depth)]


def unknown(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return argument, captions and content, so that no word of an unknown directive is lost.

    docutils reports an error instead.
    """
    title = [paragraph(directive.title)] if directive.title else []
    return [*title, *directive.captions, *parser.parse(directive.content, depth)]


def admonition(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return the content below the title of a specific admonition ("Specific Admonitions")."""
    title = ADMONITION_TITLES[directive.name]
    return [Node(Kind.TITLED, title, parser.parse(directive.all_lines, depth))]


def titled(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return the content below its title ("Generic Admonition", "Topic", "Sidebar")."""
    return [Node(Kind.TITLED, directive.title, parser.parse(directive.content, depth))]


def version(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return `New in version 3.2: explanation` (Sphinx, "Describing changes between versions").

    The explanation may be on the same line, on the next line or in a paragraph of its own.
    """
    number, _, explanation = directive.title.partition(" ")
    rest = parser.parse(directive.content, depth)
    if not explanation and rest and rest[0].kind is Kind.PARAGRAPH:
        explanation = rest.pop(0).text
    label = f"{VERSION_TEXTS[directive.name]} {number}".rstrip()
    return [paragraph(f"{label}: {explanation}" if explanation else label), *rest]


def signature(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return an object description (Sphinx, "Domains"): its signatures hold no inline markup."""
    return [
        Node(Kind.PLAIN, "\n".join(directive.argument)),
        *directive.captions,
        *parser.parse(directive.content, depth),
    ]


def code(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return code ("Code"): the text behind the name is a language or a group, and not shown."""
    lines = [*directive.argument[1:], *directive.content]
    return [*directive.captions, Node(Kind.CODE, "\n".join(lines))]


def formula(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return a formula as it is written ("Math")."""
    return [Node(Kind.CODE, "\n".join(directive.all_lines))]


def parsed_literal(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return literal lines in which inline markup is read ("Parsed Literal Block")."""
    return [Node(Kind.PARSED, "\n".join(directive.all_lines))]


def raw(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return HTML, or what is written for another output format ("Raw Data Pass-Through").

    The options `file` and `url` are ignored: no other file is ever read.
    """
    kind = Kind.HTML if "html" in directive.title.lower().split() else Kind.CODE
    return [Node(kind, "\n".join(directive.content))]


def image(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return the alternative text of a picture, and caption and legend ("Image", "Figure")."""
    alt = directive.options.get("alt")
    return [*([paragraph(alt)] if alt else []), *parser.parse(directive.content, depth)]


def toctree(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return a table of contents as a list (Sphinx, "Table of contents").

    Of an entry `Title <path>` the title is shown, of a bare path the path.
    """
    entries = [line.strip() for line in directive.all_lines if line.strip()]
    titles = [
        match[1] if (match := _TITLE_AND_PATH.fullmatch(entry)) else entry for entry in entries
    ]
    items = [Node(Kind.ITEM, blocks=[Node(Kind.PLAIN, title)]) for title in titles]
    return [*directive.captions, *items]


def csv_table(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return a table of comma-separated values below its title ("CSV Table")."""
    rows, header_rows = csv_rows(directive.content, directive.options)
    table = Node(Kind.TABLE, rows=parser.parse_cells(rows, depth), level=header_rows)
    return _below_title(directive, [table])


def table_of_lists(parser: NestedParser, directive: Directive, depth: int) -> list[Node]:
    """Return a table that is written as a list of lists, below its title ("List Table")."""
    nodes = parser.parse(directive.content, depth)
    return _below_title(directive, list_table(nodes, directive.options))


def _below_title(directive: Directive, nodes: list[Node]) -> list[Node]:
    return [*([paragraph(directive.title)] if directive.title else []), *nodes]
