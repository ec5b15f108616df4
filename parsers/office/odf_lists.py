"""Compute the numbers that OpenDocument programs draw before list items; the text lacks them.

OpenDocument 1.3, part 3, 16.30: a list style has a numbering or a bullet for each level.
"""

from collections import defaultdict

from vouch.parsers.common.text.numerals import numeral
from vouch.parsers.common.xml.tree import Xml, name_of
from vouch.parsers.office.opendocument import STYLE, TEXT

_STYLE_NAME, _LEVEL = f"{TEXT}style-name", f"{TEXT}level"


class ListStyles:
    """The list styles of a document: which levels are numbered, and how."""

    def __init__(self, *roots: Xml | None) -> None:
        self._levels: dict[tuple[str, int], Xml] = {}
        for root in roots:
            styles = () if root is None else root.iter(f"{TEXT}list-style")
            for style in styles:
                for level in style.iterchildren(f"{TEXT}list-level-style-number"):
                    name = style.get(f"{STYLE}name", "")
                    self._levels[name, _whole(level.get(_LEVEL), 1) - 1] = level

    def level(self, style: str, depth: int) -> Xml | None:
        """Return the numbering of a level from 0, None for a bullet."""
        return self._levels.get((style, depth))


class ListNumbers:
    """Counts the items of the lists of one text box, in order."""

    def __init__(self, styles: ListStyles) -> None:
        self._styles = styles
        self._counts: dict[int, int] = {}
        self._last: dict[int, str] = defaultdict(str)  # style by level

    def label(self, item: Xml, style: str, depth: int) -> str:
        """Return the number of the next item, such as `2.`; "" where its level has bullets."""
        level = self._styles.level(style, depth)
        for deeper in [counted for counted in self._counts if counted > depth]:
            del self._counts[deeper]
        if level is None:
            self._counts.pop(depth, None)
            return ""
        # Programs write one list for each paragraph of a level: those of one style continue.
        if self._last[depth] != style:
            self._counts.pop(depth, None)
        self._last[depth] = style
        first = _whole(level.get(f"{TEXT}start-value"), 1)
        count = _whole(item.get(f"{TEXT}start-value"), self._counts.get(depth, first - 1) + 1)
        self._counts[depth] = count
        shown = _whole(level.get(f"{TEXT}display-levels"), 1)
        numbers = (self._number(style, place) for place in range(depth - shown + 1, depth + 1))
        text = ".".join(filter(None, numbers))
        prefix, suffix = level.get(f"{STYLE}num-prefix", ""), level.get(f"{STYLE}num-suffix", "")
        return f"{prefix}{text}{suffix}" if text else ""

    def paragraph(self) -> None:
        """Note a paragraph outside of lists, behind which they count from the beginning."""
        self._counts.clear()

    def _number(self, style: str, depth: int) -> str:
        level = self._styles.level(style, depth)
        notation = "" if level is None else level.get(f"{STYLE}num-format", "")
        if not notation or depth not in self._counts:
            return ""
        return numeral(self._counts[depth], notation)


def style_of(items: Xml, inherited: str) -> str:
    """Return the style of a list, which an inner list has from the one around it."""
    return str(items.get(_STYLE_NAME, inherited))


def is_item(element: Xml) -> bool:
    """Return whether an element of a list is numbered: its header is not."""
    return name_of(element) == "list-item"


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default
