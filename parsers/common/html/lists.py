"""The numbers that readers see before the items of an ordered list (HTML, "The ol element")."""

import re

from lxml import etree

from vouch.parsers.common.text.numerals import numeral

_TYPES = {"a": "a", "A": "A", "i": "i", "I": "I", "1": "1"}
_STYLES = {
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A",
    "lower-roman": "i", "upper-roman": "I", "decimal": "1", "none": "", "disc": "", "circle": "",
    "square": "",
}  # fmt: skip
_STYLE = re.compile(r"list-style(?:-type)?\s*:[^;]*?\b(" + "|".join(_STYLES) + r")\b")
LISTS = ("ol", "ul", "menu", "dir")


class ListNumbers:
    """Counts the items of the lists that are open."""

    def __init__(self) -> None:
        self._open: list[_List] = []

    @property
    def depth(self) -> int:
        """Open lists."""
        return len(self._open)

    def start(self, node: etree._Element, name: str) -> None:
        """Begin a list: an element that is one of `LISTS`."""
        self._open.append(_List(node, name))

    def end(self) -> None:
        """End the list that began last."""
        if self._open:
            self._open.pop()

    def marker(self, item: etree._Element) -> str:
        """Return what is before the text of an item: `7.`, or `-` for a bullet."""
        return self._open[-1].marker(item) if self._open else "-"


class _List:
    def __init__(self, node: etree._Element, name: str) -> None:
        is_reversed = node.get("reversed") is not None
        self._step = -1 if is_reversed else 1
        items = sum(child.tag == "li" for child in node) if is_reversed else 1
        start = _integer(node.get("start"))
        self._next = items if start is None else start
        style = _STYLE.search((node.get("style") or "").lower())
        kind = _STYLES[style[1]] if style else _TYPES.get((node.get("type") or "").strip(), "1")
        self._kind = kind if name == "ol" else ""

    def marker(self, item: etree._Element) -> str:
        value = _integer(item.get("value"))
        number = self._next if value is None else value
        self._next = number + self._step
        return f"{numeral(number, self._kind)}." if self._kind else "-"


def _integer(text: str | None) -> int | None:
    match = re.match(r"\s*([+-]?\d{1,9})", text or "")
    return int(match[1]) if match else None
