"""Compute the numbers that Word draws before list items and headings; the text lacks them.

Definitions are in the numbering part (ISO/IEC 29500-1, 17.9): lists (`num`) refer to abstract
definitions (`abstractNum`) and may override their levels.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from vouch.parsers.common.xml.tree import Xml, attribute, child, is_on, name_of
from vouch.parsers.office.list_notations import in_notation

_PLACEHOLDER = re.compile(r"%(\d)")


@dataclass(frozen=True, slots=True)
class _Level:
    """A level of a list; in `pattern`, `%1` stands for the count of the first level."""

    start: int
    notation: str
    pattern: str
    style: str | None = None  # whose paragraphs are on this level
    restarts_after: int | None = None  # the level, from 1, whose items restart it: 0 for none
    in_digits: bool = False  # also the counts of levels with other notations


class Numbering:
    """Counts list items; call `label` once for each, in document order."""

    def __init__(self, root: Xml | None) -> None:
        children = list(root) if root is not None else []
        nodes = [node for node in children if name_of(node) == "abstractNum"]
        definitions = {attribute(node, "abstractNumId"): node for node in nodes}
        # A list of a style is defined once; others name the style.
        of_style = {attribute(child(node, "styleLink"), "val"): node for node in nodes}
        self._lists: dict[str, dict[int, _Level]] = {}
        self._counter_ids: dict[str, str] = {}
        self._counters: dict[str, dict[int, int]] = defaultdict(dict)
        for number in (node for node in children if name_of(node) == "num"):
            number_id = attribute(number, "numId") or ""
            definition_id = attribute(child(number, "abstractNumId"), "val")
            overrides = [node for node in number if name_of(node) == "lvlOverride"]
            definition = definitions.get(definition_id)
            named = attribute(child(definition, "numStyleLink"), "val")
            if named and named in of_style:
                definition = of_style[named]
                definition_id = attribute(definition, "abstractNumId")
            inside = definition if definition is not None else ()
            levels = {_depth(node): _level(node) for node in inside if name_of(node) == "lvl"}
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
        # An item restarts deeper levels, also where its own label is a bullet.
        for deeper in [level for level in counts if level > depth]:
            after = levels[deeper].restarts_after if deeper in levels else None
            if after is None or depth < after:
                del counts[deeper]
        if levels[depth].notation in {"bullet", "none"}:
            return ""
        return _PLACEHOLDER.sub(
            lambda match: _number(
                levels, counts, int(match[1]) - 1, in_digits=levels[depth].in_digits
            ),
            levels[depth].pattern,
        ).strip()

    def depth_of_style(self, number_id: str, style: str | None) -> int | None:
        """Return the level of a list that a style is linked to, None where none is."""
        levels = self._lists.get(number_id, {}) if style else {}
        return next((depth for depth, level in levels.items() if level.style == style), None)


def _number(
    levels: dict[int, _Level], counts: dict[int, int], depth: int, *, in_digits: bool
) -> str:
    level = levels.get(depth)
    if level is None:
        return ""
    count = counts.get(depth, level.start)
    return (
        str(count) if in_digits and level.notation != "none" else in_notation(level.notation, count)
    )


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
    restart = attribute(child(level, "lvlRestart"), "val") or ""
    return _Level(
        start=int(start) if start.isdigit() else 1,
        notation=attribute(child(level, "numFmt"), "val") or "decimal",
        pattern=attribute(child(level, "lvlText"), "val") or "",
        style=attribute(child(level, "pStyle"), "val"),
        restarts_after=int(restart) if restart.isdigit() else None,
        in_digits=is_on(child(level, "isLgl")),
    )


def _depth(element: Xml) -> int:
    depth = attribute(element, "ilvl") or ""
    return int(depth) if depth.isdigit() else 0
