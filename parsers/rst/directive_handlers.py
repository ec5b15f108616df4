"""What a reader sees of reStructuredText's directives, by name: docutils' and Sphinx's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vouch.parsers.rst import data_tables as rst_data_table
from vouch.parsers.rst.nodes import Kind, Node, paragraph

if TYPE_CHECKING:
    from vouch.parsers.rst.blocks import Blocks

_VERSIONS = {
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
_TITLES = {
    name: name.capitalize()
    for name in "attention caution danger error hint important note tip warning todo".split()
}
_TITLES |= {"seealso": "See also"}
_PATH = re.compile(r"(.*?\S)\s*<[^<>]+>")


@dataclass(frozen=True, slots=True)
class Directive:
    """Its name, the lines of its argument, its options and the lines of its content, at the margin.

    The first line of the argument is that behind the name, and may be empty.
    """

    name: str
    argument: list[str]
    options: Mapping[str, str] = field(default_factory=dict)
    content: Sequence[str] = ()

    @property
    def title(self) -> str:
        return " ".join(self.argument).strip()

    @property
    def all_lines(self) -> list[str]:
        """Of a directive without an argument: what stands in its place is content."""
        return [*self.argument, "", *self.content]

    @property
    def captions(self) -> list[Node]:
        return [
            paragraph(self.options[name])
            for name in ("caption", "synopsis")
            if self.options.get(name)
        ]


def _nothing(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    return []


def _content(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    """Its argument says how or when it is shown."""
    return [*directive.captions, *blocks.read(directive.content, depth)]


def _shown(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    return [*directive.captions, *blocks.read(directive.all_lines, depth)]


def unknown(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    """Its argument, its caption and its content."""
    title = [paragraph(directive.title)] if directive.title else []
    return [*title, *directive.captions, *blocks.read(directive.content, depth)]


def _admonition(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    return [Node(Kind.TITLED, _TITLES[directive.name], blocks.read(directive.all_lines, depth))]


def _titled(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    return [Node(Kind.TITLED, directive.title, blocks.read(directive.content, depth))]


def _version(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    """`New in version 3.2: what is new`, whether that stands on the same line, the next, or in a paragraph."""
    number, _, said = directive.title.partition(" ")
    rest = blocks.read(directive.content, depth)
    if not said and rest and rest[0].kind is Kind.PARAGRAPH:
        said = rest.pop(0).text
    words = f"{_VERSIONS[directive.name]} {number}".rstrip()
    return [paragraph(f"{words}: {said}" if said else words), *rest]


def signed(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    """A description of an interface: its signatures, of which there may be several, are no markup."""
    return [
        Node(Kind.PLAIN, "\n".join(directive.argument)),
        *directive.captions,
        *blocks.read(directive.content, depth),
    ]


def _code(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    """Its first argument is a language or a group."""
    lines = [*directive.argument[1:], *directive.content]
    return [*directive.captions, Node(Kind.CODE, "\n".join(lines))]


def _formula(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    return [Node(Kind.CODE, "\n".join(directive.all_lines))]


def _parsed(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    return [Node(Kind.PARSED, "\n".join(directive.all_lines))]


def _raw(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    kind = Kind.HTML if "html" in directive.title.lower().split() else Kind.CODE
    return [Node(kind, "\n".join(directive.content))]


def _image(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    shown = [paragraph(directive.options["alt"])] if directive.options.get("alt") else []
    return [*shown, *blocks.read(directive.content, depth)]


def _toctree(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    """A table of contents as a list; of `Title <path>` the title."""
    entries = [line.strip() for line in directive.all_lines if line.strip()]
    titles = [found[1] if (found := _PATH.fullmatch(entry)) else entry for entry in entries]
    return [
        *directive.captions,
        *(Node(Kind.ITEM, blocks=[Node(Kind.PLAIN, title)]) for title in titles),
    ]


def _csv_table(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    rows, header_rows = rst_data_table.from_csv(directive.content, directive.options)
    return _table(directive, [Node(Kind.TABLE, rows=blocks.cells(rows, depth), level=header_rows)])


def _list_table(blocks: Blocks, directive: Directive, depth: int) -> list[Node]:
    return _table(
        directive,
        rst_data_table.from_list(blocks.read(directive.content, depth), directive.options),
    )


def _table(directive: Directive, nodes: list[Node]) -> list[Node]:
    return [*([paragraph(directive.title)] if directive.title else []), *nodes]


def _named(
    names: str, handler: Callable[[Blocks, Directive, int], list[Node]]
) -> Iterable[tuple[str, Callable[..., list[Node]]]]:
    return ((name, handler) for name in names.split())


_CODE = (
    "code code-block sourcecode highlight-block doctest testcode testoutput productionlist prompt ipython jupyter-execute plot "
    "graphviz digraph graph mermaid uml code-cell literal"
)
LITERAL = frozenset(f"{_CODE} math raw parsed-literal csv-table".split())
HANDLERS = dict(
    [
        # They say how a page is built; what they name is not on it.
        *_named(
            "contents highlight highlightlang index currentmodule currentclass default-domain default-role program",
            _nothing,
        ),
        *_named(
            "sectnum tabularcolumns literalinclude include meta role sectionauthor codeauthor moduleauthor",
            _nothing,
        ),
        *_named(
            "testsetup testcleanup title header footer target-notes section-numbering restructuredtext-test-directive",
            _nothing,
        ),
        *_named(
            "only ifconfig ifconfigtag class rst-class container cssclass hlist tabs", _content
        ),
        *_named("epigraph highlights pull-quote compound glossary rubric centered", _shown),
        *_named(" ".join(_TITLES), _admonition),
        *_named("admonition topic sidebar", _titled),
        *_named(" ".join(_VERSIONS), _version),
        *_named(_CODE, _code),
        *_named("math", _formula),
        *_named("parsed-literal", _parsed),
        *_named("raw", _raw),
        *_named("image figure", _image),
        *_named("toctree", _toctree),
        *_named("csv-table", _csv_table),
        *_named("list-table flat-table", _list_table),
    ]
)
