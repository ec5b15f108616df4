"""reStructuredText's directives: told apart into name, argument, options and content; of an unknown one all is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vouch.parsers.rst.directive_handlers import HANDLERS, LITERAL, Directive, signed, unknown
from vouch.parsers.rst.lines import dedented, first_text
from vouch.parsers.rst.nodes import Node

if TYPE_CHECKING:
    from vouch.parsers.rst.blocks import Blocks

_OPTION = re.compile(r" *:([\w-]+(?: [\w-]+)*):(?: +(.*)|$)")
_SIGNATURE = re.compile(r"[(.]|[^\W\d_]*[A-Z]")
_SIGNED = frozenset(
    "function data exception method attribute property classmethod staticmethod decorator decoratormethod coroutinefunction "
    "option cmdoption envvar describe object opcode confval setting macro type member enum struct union var".split()
)


def read_directive(
    blocks: Blocks, name: str, first: str, rest: Sequence[str], depth: int
) -> list[Node]:
    """The blocks of a directive; `first` is what stands behind its name, `rest` the lines below, at the margin."""
    own = name.rpartition(":")[2]
    directive = _apart(own, first, rest)
    handler = HANDLERS.get(own)
    if (
        (handler is None and ":" in name)
        or own in _SIGNED
        or (own == "class" and _SIGNATURE.search(directive.title))
    ):
        handler = signed
    return (handler or unknown)(blocks, directive, depth)


def _apart(name: str, first: str, rest: Sequence[str]) -> Directive:
    """An argument ends at an option or an empty line; so do options, which go on further in."""
    argument = [first]
    number = 0
    while number < len(rest) and rest[number] and not _OPTION.match(rest[number]):
        argument.append(rest[number].strip() if name not in LITERAL else rest[number])
        number += 1
    options: dict[str, str] = {}
    while number < len(rest) and (found := _OPTION.match(rest[number])):
        value = [found[2] or ""]
        number += 1
        while (
            number < len(rest) and rest[number].startswith(" ") and not _OPTION.match(rest[number])
        ):
            value.append(rest[number].strip())
            number += 1
        options[found[1]] = " ".join(value).strip()
    return Directive(name, argument, options, dedented(rest[first_text(rest, number) :]))
