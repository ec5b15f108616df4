"""The numbers that Word draws before list items and headings; the text itself does not hold them."""

import re
from collections import defaultdict
from dataclasses import dataclass

from vouch.parsers.common.xml_tree import Xml, attribute, child, name_of

_PLACE = re.compile(r"%(\d)")
_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
)
_ROMAN_ONES = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    notation: str
    pattern: str


class Numbering:
    """Counts list items as they come; ask once for each, in document order."""

    def __init__(self, root: Xml | None) -> None:
        children = list(root) if root is not None else []
        abstract = {
            attribute(one, "abstractNumId"): one
            for one in children
            if name_of(one) == "abstractNum"
        }
        self._lists: dict[str, dict[int, _Level]] = {}
        self._counts_of: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        for number in (one for one in children if name_of(one) == "num"):
            number_id = attribute(number, "numId") or ""
            abstract_id = attribute(child(number, "abstractNumId"), "val")
            overrides = [one for one in number if name_of(one) == "lvlOverride"]
            levels = _levels(abstract.get(abstract_id))
            self._lists[number_id] = _overridden(levels, overrides)
            # Lists of one definition go on counting where the last left off, unless a restart is asked for.
            self._counts_of[number_id] = number_id if overrides else f"abstract {abstract_id}"

    def label(self, number_id: str, depth: int) -> str:
        """`2.1.` or `(a)` for the next item of a list; empty where it has a bullet or nothing."""
        levels = self._lists.get(number_id, {})
        if depth not in levels:
            return ""
        counts = self._counts[self._counts_of[number_id]]
        counts[depth] = counts.get(depth, levels[depth].start - 1) + 1
        for deeper in [level for level in counts if level > depth]:
            del counts[deeper]
        if levels[depth].notation in {"bullet", "none"}:
            return ""
        return _PLACE.sub(
            lambda place: _figure(levels, counts, int(place[1]) - 1), levels[depth].pattern
        ).strip()


def _figure(levels: dict[int, _Level], counts: dict[int, int], depth: int) -> str:
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
        case _:
            return str(count)


def _levels(abstract: Xml | None) -> dict[int, _Level]:
    found = abstract if abstract is not None else ()
    return {_depth(one): _level(one) for one in found if name_of(one) == "lvl"}


def _overridden(levels: dict[int, _Level], overrides: list[Xml]) -> dict[int, _Level]:
    changed = dict(levels)
    for override in overrides:
        depth = _depth(override)
        if (level := child(override, "lvl")) is not None:
            changed[depth] = _level(level)
        start = attribute(child(override, "startOverride"), "val") or ""
        if start.isdigit() and depth in changed:
            changed[depth] = _Level(int(start), changed[depth].notation, changed[depth].pattern)
    return changed


def _level(level: Xml) -> _Level:
    start = attribute(child(level, "start"), "val") or ""
    notation = attribute(child(level, "numFmt"), "val") or "decimal"
    return _Level(
        int(start) if start.isdigit() else 1,
        notation,
        attribute(child(level, "lvlText"), "val") or "",
    )


def _depth(element: Xml) -> int:
    depth = attribute(element, "ilvl") or ""
    return int(depth) if depth.isdigit() else 0


def letters(count: int) -> str:
    """a to z, then aa to zz, as Word counts."""
    return chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 10) if count > 0 else "0"


def roman(count: int) -> str:
    """i, ii, iii, up to 3999; other counts as they are."""
    if not 0 < count < 4000:
        return str(count)
    text = ""
    for value, letters in _ROMAN:
        text += letters * (count // value)
        count %= value
    return text + _ROMAN_ONES[count]
