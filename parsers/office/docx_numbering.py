"""Compute the numbers that Word draws before list items and headings; the text lacks them.

Definitions are in the numbering part (ISO/IEC 29500-1, 17.9): lists (`num`) refer to abstract
definitions (`abstractNum`) and may override their levels.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from vouch.parsers.common.numerals import roman
from vouch.parsers.common.xml_tree import Xml, attribute, child, name_of

_PLACEHOLDER = re.compile(r"%(\d)")
_MAX_REPEATS = 10  # of a letter: a count of billions must not make a text of gigabytes


@dataclass(frozen=True, slots=True)
class _Level:
    """A level of a list; in `pattern`, `%1` stands for the count of the first level."""

    start: int
    notation: str
    pattern: str


class Numbering:
    """Counts list items; call `label` once for each, in document order."""

    def __init__(self, root: Xml | None) -> None:
        children = list(root) if root is not None else []
        definitions = {
            attribute(node, "abstractNumId"): node
            for node in children
            if name_of(node) == "abstractNum"
        }
        self._lists: dict[str, dict[int, _Level]] = {}
        self._counter_ids: dict[str, str] = {}
        self._counters: dict[str, dict[int, int]] = defaultdict(dict)
        for number in (node for node in children if name_of(node) == "num"):
            number_id = attribute(number, "numId") or ""
            definition_id = attribute(child(number, "abstractNumId"), "val")
            overrides = [node for node in number if name_of(node) == "lvlOverride"]
            definition = definitions.get(definition_id)
            nodes = definition if definition is not None else ()
            levels = {_depth(node): _level(node) for node in nodes if name_of(node) == "lvl"}
            self._lists[number_id] = _overridden(levels, overrides)
            # Lists of one definition continue its count, unless one of them overrides a level.
            self._counter_ids[number_id] = number_id if overrides else f"abstract {definition_id}"

    def label(self, number_id: str, depth: int) -> str:
        """Return the label of the next item, such as `2.1.` or `(a)`; empty for a bullet."""
        levels = self._lists.get(number_id, {})
        if depth not in levels:
            return ""
        counts = self._counters[self._counter_ids[number_id]]
        counts[depth] = counts.get(depth, levels[depth].start - 1) + 1
        # An item restarts all deeper levels, also where its own label is a bullet.
        for deeper in [level for level in counts if level > depth]:
            del counts[deeper]
        if levels[depth].notation in {"bullet", "none"}:
            return ""
        return _PLACEHOLDER.sub(
            lambda match: _number(levels, counts, int(match[1]) - 1), levels[depth].pattern
        ).strip()


def _number(levels: dict[int, _Level], counts: dict[int, int], depth: int) -> str:
    level = levels.get(depth)
    if level is None:
        return ""
    count = counts.get(depth, level.start)
    match level.notation:
        case "lowerLetter":
            return letters(count)
        case "upperLetter":
            return letters(count).upper()
        case "lowerRoman":
            return roman(count)
        case "upperRoman":
            return roman(count).upper()
        case "decimalZero":
            return f"{count:02}"
        case "bullet" | "none":
            return ""
        case _:  # other scripts are counted in digits
            return str(count)


def _overridden(levels: dict[int, _Level], overrides: list[Xml]) -> dict[int, _Level]:
    changed = dict(levels)
    for override in overrides:
        depth = _depth(override)
        if (level := child(override, "lvl")) is not None:
            changed[depth] = _level(level)
        start = attribute(child(override, "startOverride"), "val") or ""
        if start.isdigit() and depth in changed:
            changed[depth] = replace(changed[depth], start=int(start))
    return changed


def _level(level: Xml) -> _Level:
    start = attribute(child(level, "start"), "val") or ""
    return _Level(
        start=int(start) if start.isdigit() else 1,
        notation=attribute(child(level, "numFmt"), "val") or "decimal",
        pattern=attribute(child(level, "lvlText"), "val") or "",
    )


def _depth(element: Xml) -> int:
    depth = attribute(element, "ilvl") or ""
    return int(depth) if depth.isdigit() else 0


def letters(count: int) -> str:
    """Return a count from 1 in letters as Word does: a to z, then aa to zz."""
    if count <= 0:
        return "0"
    return chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, _MAX_REPEATS)
