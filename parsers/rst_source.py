"""reStructuredText as pandoc reads it whole: Sphinx's directives with names that it knows for directives.

pandoc takes `.. py:function::` for a comment and drops it with all that it holds, and reads doctests and grammars as
running text.
"""

import re
from collections.abc import Iterator

_DIRECTIVE = re.compile(r"( *)\.\. +([A-Za-z][\w.+-]*(?::[\w.+-]+)*)::(?: +(.*))?")
_LANGUAGES = {
    "doctest": "pycon",
    "testcode": "python",
    "testoutput": "text",
    "productionlist": "text",
    "prompt": "text",
    "ipython": "python",
    "jupyter-execute": "python",
    "plot": "python",
    "graphviz": "dot",
    "digraph": "dot",
    "graph": "dot",
    "mermaid": "mermaid",
    "uml": "text",
}
_LITERAL = frozenset(
    ("code-block", "code", "sourcecode", "raw", "math", "parsed-literal", "testsetup", "testcleanup", *_LANGUAGES)
)
_SIGNED = frozenset(
    "function data exception method attribute property classmethod staticmethod decorator decoratormethod coroutinefunction "
    "option cmdoption envvar describe object opcode confval setting macro type member enum struct union var".split()
)
_FOR_SPHINX = re.compile(r"^:(?:orphan|nosearch|nocomments|tocdepth):.*\n?", re.MULTILINE)
_MARKUP = re.compile(r"[*`|_\\]")
_SPECIAL_FIRST = re.compile(r"[-+:>.]")
_OPTION = re.compile(r" *:[\w-]+:(?: .*)?")


def for_pandoc(text: str) -> str:
    """The same document; lines are added, none of its words is lost."""
    return "\n".join(_Lines(_FOR_SPHINX.sub("", text).split("\n")).prepared())


class _Lines:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._literal: int | None = None  # lines further in than this belong to a literal block
        self._taken = 1  # lines that the last piece was made from

    def prepared(self) -> Iterator[str]:
        lines = iter(enumerate(self._lines))
        for number, line in lines:
            indent = len(line) - len(line.lstrip(" "))
            if not line.strip() or (self._literal is not None and indent > self._literal):
                yield line
                continue
            self._literal = None
            directive = _DIRECTIVE.fullmatch(line.rstrip())
            if directive:
                shown = list(self._directive(number, *directive.groups()))
            elif line.startswith(">>> ", indent) and not self._before(number):
                shown = self._doctest(number, indent)
            else:
                self._literal = indent if line.rstrip().endswith("::") else None
                shown = [line]
            yield from shown
            for _ in range(self._taken - 1):
                next(lines)
            self._taken = 1

    def _before(self, number: int) -> str:
        return self._lines[number - 1].strip() if number else ""

    def _paragraph(self, number: int) -> Iterator[str]:
        """The lines from one on to the next empty one."""
        while number < len(self._lines) and self._lines[number].strip():
            yield self._lines[number]
            number += 1

    def _doctest(self, number: int, indent: int) -> list[str]:
        block = list(self._paragraph(number))
        self._taken = len(block)
        return [" " * indent + ".. code-block:: pycon", "", *("   " + line for line in block)]

    def _directive(self, number: int, margin: str, name: str, argument: str | None) -> Iterator[str]:
        own = name.rpartition(":")[2]
        if own in _LITERAL:
            self._literal = len(margin)
        if own in _LANGUAGES:
            yield f"{margin}.. code-block:: {_LANGUAGES[own]}"
            following = self._lines[number + 1] if number + 1 < len(self._lines) else ""
            if following.strip() and not _OPTION.fullmatch(following):
                yield ""
        elif ":" in name or own in _SIGNED or (own == "class" and _is_signature(argument or "")):
            yield from self._signed(number, margin, name.replace(":", "-") if own != "class" else "py-class", argument or "")
        else:
            yield self._lines[number]

    def _signed(self, number: int, margin: str, name: str, argument: str) -> Iterator[str]:
        """A description of an interface: its signatures, of which there may be several, are no markup."""
        yield f"{margin}.. {name}:: {_escaped(argument)}".rstrip()
        for line in self._paragraph(number + 1):
            if _OPTION.fullmatch(line) or len(line) - len(line.lstrip(" ")) <= len(margin):
                return
            self._taken += 1
            yield f"{margin}   {_escaped(line.strip())}"


def _is_signature(argument: str) -> bool:
    """Of a class; else it is the name of a style, which is written in small letters."""
    return "(" in argument or "." in argument or argument != argument.lower()


def _escaped(argument: str) -> str:
    text = _MARKUP.sub(r"\\\g<0>", argument)
    return "\\" + text if _SPECIAL_FIRST.match(text) else text
