"""reStructuredText's lists: with bullets or numbers, of fields and of options of programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vouch.parsers.rst.lines import dedented, end_of_indented, indent_of
from vouch.parsers.rst.nodes import Kind, Node

if TYPE_CHECKING:
    from vouch.parsers.rst.blocks import Blocks, Found

_BULLET = re.compile(r"[-+*•‣⁃](?: +|$)")
_ENUMERATOR = re.compile(r"(\()?([0-9]+|[A-Za-z]|[ivxlcdm]+|[IVXLCDM]+|#)([.)])(?: +|$)")
_ROMAN = re.compile(r"m{0,4}(?:c[md]|d?c{0,3})(?:x[cl]|l?x{0,3})(?:i[xv]|v?i{0,3})", re.IGNORECASE)
_FIELD = re.compile(r":(?![: ])((?:[^:\\]|\\.|:(?![ `]|$))+)(?<! ):(?: +|$)")
_ARGUMENT = r"(?:[A-Za-z][\w-]*|<[^<>]+>)"
_OPTION = rf"(?:[-+]\w(?: ?{_ARGUMENT})?|(?:--|/)\w[\w-]*(?:[ =]{_ARGUMENT})?)"
_OPTIONS = re.compile(rf"({_OPTION}(?:, {_OPTION})*)(?:  +|$)")


def bullet(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> Found:
    """An item behind a bullet."""
    found = _BULLET.match(lines[number])
    return _item(blocks, lines, number, depth, found.end()) if found else None


def enumerator(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> Found:
    """An item behind a number or a letter."""
    found = _enumerated(lines[number], lines[number + 1] if number + 1 < len(lines) else "")
    return _item(blocks, lines, number, depth, found.end()) if found else None


def _item(blocks: Blocks, lines: Sequence[str], number: int, depth: int, margin: int) -> Found:
    """What belongs to an item stands as far in as its first word; in its first paragraph it may stand less far in."""
    first = lines[number][margin:]
    if not first:
        end = end_of_indented(lines, number + 1)
        return [Node(Kind.ITEM, blocks=blocks.read(dedented(lines[number + 1 : end]), depth))], max(
            end, number + 1
        )
    begun = number + 1
    while begun < len(lines) and lines[begun].startswith(" ") and indent_of(lines[begun]) < margin:
        begun += 1
    lazy = [line.strip() for line in lines[number + 1 : begun]]
    end = end_of_indented(lines, begun, margin)
    body = [first, *lazy, *(line[margin:] for line in lines[begun:end])]
    return [Node(Kind.ITEM, blocks=blocks.read(body, depth))], end


def field(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> Found:
    """`:name: what it is`."""
    found = _FIELD.match(lines[number])
    return _described(blocks, lines, number, depth, found, Kind.FIELD) if found else None


def option(blocks: Blocks, lines: Sequence[str], number: int, depth: int) -> Found:
    """`-a, --all  what it does`."""
    found = _OPTIONS.match(lines[number])
    if found is None or (found.end() == len(lines[number]) and not _is_indented(lines, number + 1)):
        return None
    return _described(blocks, lines, number, depth, found, Kind.DEFINITION)


def _described(
    blocks: Blocks, lines: Sequence[str], number: int, depth: int, found: re.Match[str], kind: Kind
) -> tuple[list[Node], int]:
    end = end_of_indented(lines, number + 1)
    body = [lines[number][found.end() :], *dedented(lines[number + 1 : end])]
    return [Node(kind, found[1], blocks.read(body, depth))], max(end, number + 1)


def _enumerated(line: str, following: str) -> re.Match[str] | None:
    """The number before an item; a line of running text that begins like one goes on at the margin, in `following`."""
    found = _ENUMERATOR.match(line)
    if found is None or bool(found[1]) != (found[0].startswith("(") and found[3] == ")"):
        return None
    number = found[2]
    if len(number) > 1 and number.isalpha() and not _ROMAN.fullmatch(number):
        return None
    if not following or following.startswith(" "):
        return found
    other = _ENUMERATOR.match(following)
    return (
        found
        if other and (other[1], other[3]) == (found[1], found[3]) and _follows(number, other[2])
        else None
    )


def _follows(number: str, other: str) -> bool:
    if other == "#":
        return True
    if number.isdigit() and other.isdigit():
        return len(other) <= len(number) + 1 <= 10 and int(other) == int(number) + 1
    if len(number) == len(other) == 1 and ord(other) == ord(number) + 1:
        return True
    return all(_ROMAN.fullmatch(one) for one in (number, other))


def _is_indented(lines: Sequence[str], number: int) -> bool:
    return number < len(lines) and lines[number].startswith(" ")
