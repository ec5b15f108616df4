"""Directives: what a reader of the rendered page sees of each, of docutils, Sphinx or unknown.

A directive is split without regard to what its kind allows, so that an option that is unknown or
misspelt costs no text. Where docutils' own class does more than that (tables), it is asked first.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from docutils import nodes
from docutils.parsers.rst.directives import misc, tables
from docutils.statemachine import StringList

from vouch.parsers.rst.docutils_types import Node, State

_OPTION = re.compile(r" *:([\w-]+(?: [\w-]+)*):(?: +(.*)|$)")
# `class` is docutils' directive that sets CSS classes, and in Sphinx the description of a class.
_CLASS_SIGNATURE = re.compile(r"[(.]|[^\W\d_]*[A-Z]")
_TITLE_AND_PATH = re.compile(r"(.*?\S)\s*<([^<>]+)>")
# Options that a page shows as paragraphs, and those of an object that it shows with their names.
_SHOWN_OPTIONS = ("caption", "synopsis")
_OBJECT_OPTIONS = ("type", "default", "value", "annotation", "platform")
_Nodes: TypeAlias = list[Node]

VERSION_TEXTS = {
    "versionadded": "New in version",
    "version-added": "New in version",
    "versionchanged": "Changed in version",
    "version-changed": "Changed in version",
    "deprecated": "Deprecated since version",
    "version-deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
    "version-removed": "Removed in version",
}


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive: docutils' state, its name, its argument's lines, its options and its content.

    Lines have no common indentation. The first line of the argument is the text behind the name,
    and may be empty. `presets` are options that the place of a directive implies.
    """

    state: State
    name: str
    argument: Sequence[str]
    options: Mapping[str, str]
    content: Sequence[str] = ()
    presets: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The argument on one line."""
        return " ".join(line.strip() for line in self.argument).strip()

    @property
    def all_lines(self) -> list[str]:
        """The content of a directive that takes no argument: the lines in its place are content."""
        return [*self.argument, "", *self.content]

    def parsed(self, lines: Sequence[str]) -> _Nodes:
        """Return lines as blocks."""
        parent = nodes.Element()
        self.state.nested_parse(StringList(list(lines), source=""), 0, parent, match_titles=True)
        return list(parent.children)

    def inline(self, text: str) -> _Nodes:
        """Return a text as inline elements."""
        return list(self.state.inline_text(text, 0)[0])

    def paragraphs(self, *texts: str | None) -> _Nodes:
        """Return each text as a paragraph, but empty ones."""
        return [nodes.paragraph("", "", *self.inline(text)) for text in texts if text]

    @property
    def shown_options(self) -> _Nodes:
        """The options that a page shows, as paragraphs."""
        return self.paragraphs(*map(self.options.get, _SHOWN_OPTIONS))


_Handler: TypeAlias = Callable[[Directive], _Nodes]


def run_directive(
    state: State, match: re.Match[str], presets: Mapping[str, str]
) -> tuple[_Nodes, bool]:
    """Return what the directive at `match` shows, and whether an empty line follows it.

    It takes the place of docutils' `Body.directive`.
    """
    machine = state.state_machine
    start = machine.abs_line_offset()
    qualified_name = match[1].lower()
    domain, _, name = qualified_name.rpartition(":")
    docutils_class = None if domain else _BY_DOCUTILS.get(name)
    if docutils_class is not None:
        blocks, is_blank = state.run_directive(docutils_class, match, name, dict(presets))
        if not all(isinstance(node, nodes.system_message) for node in blocks):
            return blocks, is_blank
        machine.goto_line(start)
    block, _, _, is_blank = machine.get_first_known_indented(match.end(), strip_top=0)
    directive = _split(state, name, list(block), presets)
    return _handler(domain, directive)(directive), is_blank or machine.is_next_line_blank()


def _handler(domain: str, directive: Directive) -> _Handler:
    """Return the handler of a directive; one of a domain (`py:function`) describes an object."""
    name = directive.name
    if domain:
        return _nothing if name in _SCOPES else _signature
    if name in _SIGNATURES or (name == "class" and _CLASS_SIGNATURE.search(directive.title)):
        return _signature
    # Extensions have many, such as `code-tab` and `codeblock`.
    return _HANDLERS.get(name, _code if name.startswith("code") else _unknown)


def _split(state: State, name: str, lines: list[str], presets: Mapping[str, str]) -> Directive:
    """Split a directive: its argument ends at an option or at an empty line, as its options do."""
    rest = lines[1:]
    argument = lines[:1]
    index = 0
    while index < len(rest) and rest[index].strip() and not _OPTION.match(rest[index]):
        argument.append(rest[index])
        index += 1
    options: dict[str, str] = {}
    while index < len(rest) and (match := _OPTION.match(rest[index])):
        value = [match[2] or ""]
        index += 1
        while index < len(rest) and rest[index].startswith(" ") and not _OPTION.match(rest[index]):
            value.append(rest[index].strip())
            index += 1
        options[match[1]] = " ".join(value).strip()
    return Directive(state, name, argument, options, _stripped(rest[index:]), presets)


def _stripped(lines: Sequence[str]) -> list[str]:
    """Return the lines between the first and the last with text, without common indentation."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    if not filled:
        return []
    kept = lines[filled[0] : filled[-1] + 1]
    margin = min(len(line) - len(line.lstrip()) for line in kept if line.strip())
    return [line[margin:] for line in kept]


def _nothing(directive: Directive) -> _Nodes:
    """Return nothing: the directive sets up how a page is built, or names what is elsewhere."""
    return [nodes.inline()] if directive.presets else []


def _elsewhere(directive: Directive) -> _Nodes:
    """Return the caption of what is in another file, which is not read."""
    return directive.shown_options


def _role(directive: Directive) -> _Nodes:
    """Return the body of Sphinx's `rst:role` within its domain; docutils' `role` has none."""
    return _unknown(directive) if directive.content else []


def _content(directive: Directive) -> _Nodes:
    """Return the content only: the argument says how or when it is shown (`container`, `only`)."""
    return [*directive.shown_options, *directive.parsed(directive.content)]


def _all_content(directive: Directive) -> _Nodes:
    """Return the content of a directive without an argument (`epigraph`, `compound`)."""
    return [*directive.shown_options, *directive.parsed(directive.all_lines)]


def _unknown(directive: Directive) -> _Nodes:
    """Return argument, captions and content, so that no word of an unknown directive is lost."""
    shown = [*directive.paragraphs(directive.title), *directive.shown_options]
    if directive.presets:  # in a substitution only inline elements count
        return directive.inline(directive.title) or [nodes.inline()]
    return [*shown, *directive.parsed(directive.content)]


def _admonition(directive: Directive) -> _Nodes:
    """Return the content below the title that the name implies ("Specific Admonitions")."""
    title = nodes.title("", "See also" if directive.name == "seealso" else directive.name.title())
    return [nodes.admonition("", title, *directive.parsed(directive.all_lines))]


def _aside(directive: Directive) -> _Nodes:
    """Return what each page has at its top or its bottom ("Document Header & Footer")."""
    kind = nodes.header if directive.name == "header" else nodes.footer
    return [kind("", *directive.parsed(directive.all_lines))]


def _titled(directive: Directive) -> _Nodes:
    """Return the content below its title ("Generic Admonition", "Topic", "Sidebar")."""
    title = nodes.title("", "", *directive.inline(directive.title))
    subtitle = directive.paragraphs(directive.options.get("subtitle"))
    return [nodes.admonition("", title, *subtitle, *directive.parsed(directive.content))]


def _version(directive: Directive) -> _Nodes:
    """Return `New in version 3.2: explanation` (Sphinx, "Describing changes between versions").

    The explanation may be on the same line, on the next line or in a paragraph of its own.
    """
    number, _, explanation = directive.title.partition(" ")
    rest = directive.parsed(directive.content)
    shown = directive.inline(explanation)
    if not shown and rest and isinstance(rest[0], nodes.paragraph):
        shown = list(rest.pop(0).children)
    label = f"{VERSION_TEXTS[directive.name]} {number}".rstrip()
    text = nodes.Text(f"{label}: " if shown else label)
    return [nodes.paragraph("", "", text, *shown), *rest]


def _signature(directive: Directive) -> _Nodes:
    """Return an object description (Sphinx, "Domains"): its signatures hold no inline markup."""
    lines = [nodes.line("", line.strip()) for line in directive.argument]
    details = [
        f"{name.capitalize()}: {directive.options[name]}"
        for name in _OBJECT_OPTIONS
        if directive.options.get(name)
    ]
    return [
        nodes.line_block("", *lines),
        *directive.shown_options,
        *directive.paragraphs(*details),
        *directive.parsed(directive.content),
    ]


def _code(directive: Directive) -> _Nodes:
    """Return code ("Code"): the text behind the name is a language or a group, and not shown."""
    lines = _stripped([*directive.argument[1:], *directive.content])
    return [*directive.shown_options, _literal(lines)]


def _formula(directive: Directive) -> _Nodes:
    """Return a formula as it is written ("Math")."""
    return [_literal(directive.all_lines)]


def _parsed_literal(directive: Directive) -> _Nodes:
    """Return literal lines in which inline markup is read ("Parsed Literal Block")."""
    text = "\n".join(_stripped(directive.all_lines))
    return [nodes.literal_block("", "", *directive.inline(text))]


def _literal(lines: Sequence[str]) -> Node:
    text = "\n".join(lines)
    return nodes.literal_block(text, text)


def _raw(directive: Directive) -> _Nodes:
    """Return HTML, or what is written for another output format ("Raw Data Pass-Through").

    The options `file` and `url` are ignored: no other file is ever read.
    """
    text = "\n".join(directive.content)
    return [nodes.raw("", text, format=directive.title.lower())]


def _image(directive: Directive) -> _Nodes:
    """Return a picture with its alternative text, and caption and legend ("Image", "Figure")."""
    picture: Node = nodes.image(alt=directive.options.get("alt", ""))
    if target := directive.options.get("target"):
        picture = nodes.reference("", "", picture, refuri=target)
    if directive.presets:
        return [picture]
    return [nodes.paragraph("", "", picture), *directive.parsed(directive.content)]


def _toctree(directive: Directive) -> _Nodes:
    """Return a table of contents as a list (Sphinx, "Table of contents").

    Of an entry `Title <path>` the title is shown, of a bare path the path.
    """
    return [*directive.shown_options, nodes.bullet_list("", *_entries(directive.all_lines))]


def _entries(lines: Sequence[str]) -> Iterator[Node]:
    for entry in filter(None, (line.strip() for line in lines)):
        match = _TITLE_AND_PATH.fullmatch(entry)
        title, path = match.groups() if match else (entry, "")
        text = nodes.reference("", title, refuri=path) if "://" in path else nodes.Text(title)
        yield nodes.list_item("", nodes.paragraph("", "", text))


def _table(directive: Directive) -> _Nodes:
    """Return a table below its title; where docutils could not read it, as it is written."""
    if directive.name == "csv-table":
        content = [_literal([directive.options.get("header", ""), *directive.content])]
    else:
        content = directive.parsed(directive.content)
    return [*directive.paragraphs(directive.title), *content]


_BY_DOCUTILS = {
    "csv-table": tables.CSVTable,
    "list-table": tables.ListTable,
    "flat-table": tables.ListTable,
    "replace": misc.Replace,
    "unicode": misc.Unicode,
}
# Directives of a domain that only say where the following objects belong.
_SCOPES = frozenset("currentmodule namespace namespace-push namespace-pop".split())
# Objects of Sphinx's domains, options, variables: their argument is a signature.
_SIGNATURES = frozenset(
    "attribute classmethod cmdoption confval coroutinefunction data decorator decoratormethod "
    "describe enum envvar exception function macro member method object opcode option property "
    "setting staticmethod struct type union var".split()
)
_NAMES: Mapping[_Handler, str] = {
    # Settings of a page, and content that is not on it: other files, tests' set-up, an index.
    _nothing: "codeauthor contents currentclass currentmodule date default-domain default-role "
    "highlight highlightlang index meta moduleauthor program "
    "restructuredtext-test-directive section-numbering sectionauthor sectnum tabularcolumns "
    "target-notes testcleanup testsetup title",
    _elsewhere: "include literalinclude",
    _role: "directive role",
    _aside: "footer header",
    # The argument is a condition, a class or a number of columns.
    _content: "class container cssclass grid grid-item hlist ifconfig ifconfigtag only rst-class "
    "tabs",
    _all_content: "centered compound epigraph glossary highlights pull-quote rubric",
    # Admonitions with a fixed title; `seealso` and `todo` are Sphinx's.
    _admonition: "attention caution danger error hint important note seealso tip todo warning",
    _titled: "admonition sidebar topic",
    _version: " ".join(VERSION_TEXTS),
    # Code, sessions, grammars and drawings in a language.
    _code: "code code-block code-cell digraph doctest graph graphviz highlight-block ipython "
    "jupyter-execute literal mermaid plot productionlist prompt sourcecode testcode testoutput uml",
    _formula: "math",
    _parsed_literal: "parsed-literal",
    _raw: "raw",
    _image: "figure image",
    _toctree: "toctree",
    _table: "csv-table flat-table list-table table",
}
_HANDLERS = {name: handler for handler, names in _NAMES.items() for name in names.split()}
