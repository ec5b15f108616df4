"""reStructuredText's explicit markup, which begins with `..`: notes, targets, substitutions, directives, comments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vouch.parsers.rst.directives import read_directive
from vouch.parsers.rst.lines import dedented, end_of_indented
from vouch.parsers.rst.nodes import Definitions, Kind, Node, normal

if TYPE_CHECKING:
    from vouch.parsers.rst.blocks import Blocks

_NAME = r"[^\W_](?:[-._+:]?[^\W_])*"
_NOTE = re.compile(rf"\[([0-9]+|#|#{_NAME}|\*|{_NAME})\](?: +|$)")
_TARGET = re.compile(r"_(?:`([^`]+)`|(?![ _])((?:[^:\\]|\\.|:(?=\S))+)):(?: |$)")
_SUBSTITUTION = re.compile(r"\|(?! )([^|]+)\| +([\w.+:-]+)::(?: +(.*)|$)")
_DIRECTIVE = re.compile(rf"({_NAME}(?:_{_NAME})*) ?::(?: +|$)")
_ALT = re.compile(r" *:alt: +(.+)")
_CODE_POINT = re.compile(r"(?:0x|x|\\x|U\+|u|\\u|&#x)([0-9a-f]{1,6});?|(\d{1,7})", re.IGNORECASE)


def read(
    blocks: Blocks, lines: Sequence[str], number: int, depth: int
) -> tuple[list[Node], int] | None:
    """What stands behind `..`, and the number of the line behind it; None where this is no explicit markup."""
    line = lines[number]
    if line == "..":
        # Alone above an empty line it ends what stands before, and what follows is text.
        is_comment = number + 1 < len(lines) and lines[number + 1] != ""
        return [], end_of_indented(lines, number + 1) if is_comment else number + 1
    if not line.startswith(".. "):
        return None
    end = max(end_of_indented(lines, number + 1), number + 1)
    first, rest = line[3:].lstrip(), dedented(lines[number + 1 : end])
    if note := _NOTE.match(first):
        return _note(blocks, note[1], [first[note.end() :], *rest], depth), end
    if first.startswith("_"):
        _target(blocks.definitions, " ".join([first, *rest]))
    elif found := _SUBSTITUTION.match(first):
        blocks.definitions.substitutions[normal(found[1])] = _substitute(
            found[2], [found[3] or "", *rest]
        )
    elif directive := _DIRECTIVE.match(first):
        return read_directive(
            blocks, directive[1].lower(), first[directive.end() :], rest, depth
        ), end
    return [], end


def _note(blocks: Blocks, label: str, lines: Sequence[str], depth: int) -> list[Node]:
    """A footnote is told where it is referred to, a citation where it stands."""
    node = Node(Kind.NOTE, label, blocks.read(lines, depth))
    notes = blocks.definitions.notes
    if label in ("#", "*"):
        blocks.definitions.counts[label] += 1
        node.text = f"{label}{blocks.definitions.counts[label]}"
    elif not label.isdecimal() and not label.startswith("#"):
        blocks.definitions.names.add(normal(label))
        return [Node(Kind.CITATION, f"[{label}]", node.blocks)]
    notes.setdefault(normal(node.text), node)
    return [node]


def _target(definitions: Definitions, text: str) -> None:
    if text.startswith(("__:", "_ ")):
        definitions.anonymous = True
    elif found := _TARGET.match(text):
        definitions.names.add(normal(re.sub(r"\\(.)", r"\1", found[1] or found[2])))


def _substitute(directive: str, lines: Sequence[str]) -> str:
    """What stands for a substitution: its text, a picture's description, or characters."""
    if directive == "replace":
        return " ".join(line for line in lines if line)
    if directive == "image":
        return next((found[1] for line in lines if (found := _ALT.match(line))), "")
    if directive == "unicode":
        return "".join(_character(word) for word in lines[0].partition(" .. ")[0].split())
    return ""


def _character(word: str) -> str:
    found = _CODE_POINT.fullmatch(word)
    if not found:
        return word
    code = int(found[1], 16) if found[1] else int(found[2])
    return chr(code) if code < 0x110000 else word
