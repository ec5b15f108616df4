"""Explicit markup, which begins with `..`: notes, targets, substitutions, directives, comments.

Section names in docstrings are those of the reStructuredText Markup Specification of docutils.
"""

import re
from collections.abc import Sequence

from vouch.parsers.rst.directives import parse_directive
from vouch.parsers.rst.lines import dedented, end_of_indented
from vouch.parsers.rst.nodes import (
    SIMPLE_NAME,
    Definitions,
    Kind,
    NestedParser,
    Node,
    ParsedBlocks,
    normalize_name,
)

_NOTE = re.compile(rf"\[([0-9]+|#|#{SIMPLE_NAME}|\*|{SIMPLE_NAME})\](?: +|$)")
_TARGET = re.compile(r"_(?:`([^`]+)`|(?![ _])((?:[^:\\]|\\.|:(?=\S))+)):(?: |$)")
_SUBSTITUTION = re.compile(r"\|(?! )([^|]+)\| +([\w.+:-]+)::(?: +(.*)|$)")
_DIRECTIVE = re.compile(rf"({SIMPLE_NAME}(?:_{SIMPLE_NAME})*) ?::(?: +|$)")
_ALT = re.compile(r" *:alt: +(.+)")
_CODE_POINT = re.compile(r"(?:0x|x|\\x|U\+|u|\\u|&#x)([0-9a-f]{1,6});?|(\d{1,7})", re.IGNORECASE)
_MAX_CODE_POINT = 0x10FFFF


def read(parser: NestedParser, lines: Sequence[str], start: int, depth: int) -> ParsedBlocks | None:
    """Read an explicit markup block ("Explicit Markup Blocks"); what is no other kind is a comment.

    Returns None where the line is no explicit markup.
    """
    line = lines[start]
    if line == "..":
        # An empty comment ends the construct above it, and an indented block below is text
        # ("Comments"); without an empty line below it is an ordinary comment.
        is_comment = start + 1 < len(lines) and lines[start + 1] != ""
        return [], end_of_indented(lines, start + 1) if is_comment else start + 1
    if not line.startswith(".. "):
        return None
    end = max(end_of_indented(lines, start + 1), start + 1)
    first, rest = line[3:].lstrip(), dedented(lines[start + 1 : end])
    if note := _NOTE.match(first):
        return _note(parser, note[1], [first[note.end() :], *rest], depth), end
    if first.startswith("_"):
        _add_target(parser.definitions, " ".join([first, *rest]))
    elif substitution := _SUBSTITUTION.match(first):
        name, directive_name, argument = substitution.groups(default="")
        parser.definitions.substitutions[normalize_name(name)] = _substitution_text(
            directive_name, [argument, *rest]
        )
    elif directive := _DIRECTIVE.match(first):
        argument = first[directive.end() :]
        return parse_directive(parser, directive[1].lower(), argument, rest, depth), end
    return [], end


def _note(parser: NestedParser, label: str, lines: Sequence[str], depth: int) -> list[Node]:
    """Read "Footnotes", written at their first reference, or "Citations", written in place."""
    node = Node(Kind.NOTE, label, parser.parse(lines, depth))
    definitions = parser.definitions
    if label in ("#", "*"):
        definitions.auto_numbered[label] += 1
        node.text = f"{label}{definitions.auto_numbered[label]}"
    elif not label.isdecimal() and not label.startswith("#"):
        definitions.names.add(normalize_name(label))
        return [Node(Kind.CITATION, f"[{label}]", node.blocks)]
    definitions.notes.setdefault(normalize_name(node.text), node)
    return [node]


def _add_target(definitions: Definitions, text: str) -> None:
    """Add the name of a target ("Hyperlink Targets"); where it leads to is not kept."""
    if text.startswith(("__:", "_ ")):
        definitions.has_anonymous_targets = True
    elif match := _TARGET.match(text):
        definitions.names.add(normalize_name(re.sub(r"\\(.)", r"\1", match[1] or match[2])))


def _substitution_text(directive: str, lines: Sequence[str]) -> str:
    """Return what replaces a substitution reference ("Substitution Definitions").

    That is a text (`replace`), the description of a picture (`image`) or characters (`unicode`).
    """
    if directive == "replace":
        return " ".join(line for line in lines if line)
    if directive == "image":
        return next((match[1] for line in lines if (match := _ALT.match(line))), "")
    if directive == "unicode":
        code_points = lines[0].partition(" .. ")[0]  # a comment may follow them
        return "".join(_character(word) for word in code_points.split())
    return ""


def _character(word: str) -> str:
    """Return the character of a code point such as `U+00A9`, `0xA9` or `169`; else the word."""
    match = _CODE_POINT.fullmatch(word)
    if not match:
        return word
    code = int(match[1], 16) if match[1] else int(match[2])
    return chr(code) if code <= _MAX_CODE_POINT else word
