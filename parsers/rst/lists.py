"""Lists of reStructuredText: bulleted and enumerated lists, field lists and option lists.

Section names in docstrings are those of the reStructuredText Markup Specification of docutils.
"""

import re
from collections.abc import Sequence

from vouch.parsers.rst.lines import dedented, end_of_indented, indent_of
from vouch.parsers.rst.nodes import Kind, NestedParser, Node, ParsedBlocks

_BULLET = re.compile(r"[-+*•‣⁃](?: +|$)")
_ENUMERATOR = re.compile(r"(\()?([0-9]+|[A-Za-z]|[ivxlcdm]+|[IVXLCDM]+|#)([.)])(?: +|$)")
_ROMAN = re.compile(r"m{0,4}(?:c[md]|d?c{0,3})(?:x[cl]|l?x{0,3})(?:i[xv]|v?i{0,3})", re.IGNORECASE)
_FIELD = re.compile(r":(?![: ])((?:[^:\\]|\\.|:(?![ `]|$))+)(?<! ):(?: +|$)")
_ARGUMENT = r"(?:[A-Za-z][\w-]*|<[^<>]+>)"
_OPTION = rf"(?:[-+]\w(?: ?{_ARGUMENT})?|(?:--|/)\w[\w-]*(?:[ =]{_ARGUMENT})?)"
_OPTIONS = re.compile(rf"({_OPTION}(?:, {_OPTION})*)(?:  +|$)")
_MAX_NUMBER_DIGITS = 10  # a longer figure is no list number, and slow to convert


def bullet(
    parser: NestedParser, lines: Sequence[str], start: int, depth: int
) -> ParsedBlocks | None:
    """Read one item after a bullet ("Bullet Lists")."""
    match = _BULLET.match(lines[start])
    return _item(parser, lines, start, depth, match.end()) if match else None


def enumerator(
    parser: NestedParser, lines: Sequence[str], start: int, depth: int
) -> ParsedBlocks | None:
    """Read one item after a number or a letter ("Enumerated Lists")."""
    match = _match_enumerator(lines[start], lines[start + 1] if start + 1 < len(lines) else "")
    return _item(parser, lines, start, depth, match.end()) if match else None


def _item(
    parser: NestedParser, lines: Sequence[str], start: int, depth: int, margin: int
) -> ParsedBlocks:
    """Return an item whose text begins at column `margin`.

    Its lines are indented as far as its first word. Lines of its first paragraph may be indented
    less: docutils would report that, but the words belong to the item.
    """
    first = lines[start][margin:]
    if not first:
        end = max(end_of_indented(lines, start + 1), start + 1)
        body = dedented(lines[start + 1 : end])
        return [Node(Kind.ITEM, blocks=parser.parse(body, depth))], end
    below = start + 1
    while below < len(lines) and lines[below].startswith(" ") and indent_of(lines[below]) < margin:
        below += 1
    end = end_of_indented(lines, below, margin)
    body = [
        first,
        *(line.strip() for line in lines[start + 1 : below]),
        *(line[margin:] for line in lines[below:end]),
    ]
    return [Node(Kind.ITEM, blocks=parser.parse(body, depth))], end


def field(
    parser: NestedParser, lines: Sequence[str], start: int, depth: int
) -> ParsedBlocks | None:
    """Read `:name: body` ("Field Lists")."""
    match = _FIELD.match(lines[start])
    return _described(parser, lines, start, depth, match, Kind.FIELD) if match else None


def option(
    parser: NestedParser, lines: Sequence[str], start: int, depth: int
) -> ParsedBlocks | None:
    """Read `-a, --all  description` ("Option Lists"); the description may be below."""
    match = _OPTIONS.match(lines[start])
    if match is None:
        return None
    has_body_below = start + 1 < len(lines) and lines[start + 1].startswith(" ")
    if match.end() == len(lines[start]) and not has_body_below:
        return None
    return _described(parser, lines, start, depth, match, Kind.DEFINITION)


def _described(
    parser: NestedParser,
    lines: Sequence[str],
    start: int,
    depth: int,
    match: re.Match[str],
    kind: Kind,
) -> ParsedBlocks:
    """Return the name in group 1 of `match` with the body behind and below it."""
    end = end_of_indented(lines, start + 1)
    body = [lines[start][match.end() :], *dedented(lines[start + 1 : end])]
    return [Node(kind, match[1], parser.parse(body, depth))], max(end, start + 1)


def _match_enumerator(line: str, below: str) -> re.Match[str] | None:
    """Match the enumerator of an item.

    A line of running text may begin like an item ("A. Einstein was"); then the line below it
    begins at the margin, while an item's next line is empty, indented or the next enumerator.
    """
    match = _ENUMERATOR.match(line)
    if match is None or bool(match[1]) != (match[0].startswith("(") and match[3] == ")"):
        return None
    ordinal = match[2]
    if len(ordinal) > 1 and ordinal.isalpha() and not _ROMAN.fullmatch(ordinal):
        return None
    if not below or below.startswith(" "):
        return match
    following = _ENUMERATOR.match(below)
    if following is None or (following[1], following[3]) != (match[1], match[3]):
        return None
    return match if _follows(ordinal, following[2]) else None


def _follows(ordinal: str, following: str) -> bool:
    """Return whether `following` may be the enumerator after `ordinal`."""
    if following == "#":
        return True
    if ordinal.isdigit() and following.isdigit():
        digits = len(ordinal) + 1
        return len(following) <= digits <= _MAX_NUMBER_DIGITS and int(following) == int(ordinal) + 1
    if len(ordinal) == len(following) == 1 and ord(following) == ord(ordinal) + 1:
        return True
    return _ROMAN.fullmatch(ordinal) is not None and _ROMAN.fullmatch(following) is not None
