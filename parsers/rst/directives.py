"""Directives ("Directives"): split into argument, options and content, and read by their name."""

import re
from collections.abc import Sequence

from vouch.parsers.rst.directive_handlers import Directive, signature, unknown
from vouch.parsers.rst.directive_names import HANDLERS, LITERAL_ARGUMENT, OBJECT_DESCRIPTIONS
from vouch.parsers.rst.lines import dedented, first_text
from vouch.parsers.rst.nodes import NestedParser, Node

_OPTION = re.compile(r" *:([\w-]+(?: [\w-]+)*):(?: +(.*)|$)")
# `class` is docutils' directive that sets CSS classes, and in Sphinx the description of a class.
_CLASS_SIGNATURE = re.compile(r"[(.]|[^\W\d_]*[A-Z]")


def parse_directive(
    parser: NestedParser, qualified_name: str, first: str, rest: Sequence[str], depth: int
) -> list[Node]:
    """Return the blocks of a directive.

    `first` is the text behind its name, `rest` the lines below without their indentation. A name
    with a domain (`py:function`) that is not known describes an object of that domain.
    """
    domain, _, name = qualified_name.rpartition(":")
    directive = _split(name, first, rest)
    handler = HANDLERS.get(name)
    if (
        (handler is None and domain)
        or name in OBJECT_DESCRIPTIONS
        or (name == "class" and _CLASS_SIGNATURE.search(directive.title))
    ):
        handler = signature
    return (handler or unknown)(parser, directive, depth)


def _split(name: str, first: str, rest: Sequence[str]) -> Directive:
    """Split a directive: its argument ends at an option or at an empty line, as its options do."""
    argument = [first]
    index = 0
    while index < len(rest) and rest[index] and not _OPTION.match(rest[index]):
        argument.append(rest[index] if name in LITERAL_ARGUMENT else rest[index].strip())
        index += 1
    options: dict[str, str] = {}
    while index < len(rest) and (match := _OPTION.match(rest[index])):
        value = [match[2] or ""]
        index += 1
        while index < len(rest) and rest[index].startswith(" ") and not _OPTION.match(rest[index]):
            value.append(rest[index].strip())
            index += 1
        options[match[1]] = " ".join(value).strip()
    return Directive(name, argument, options, dedented(rest[first_text(rest, index) :]))
