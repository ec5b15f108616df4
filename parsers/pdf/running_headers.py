"""Find the page headers and footers of a PDF.

They are lines at the same place of several pages that differ in digits only.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from vouch.parsers.common.clean import one_line
from vouch.parsers.pdf.lines import Line

# Pages that a line must be on. Two may share a first line by chance, as two letters or invoices
# do; of a document of two pages both are enough, if they have little else in common.
MIN_PAGES = 3
# Lines from the top or bottom edge, and share of the page's height from its outermost line. A
# heading of a repeated form lies deeper in the page.
MAX_LINES = 3
MAX_SHARE = 0.15
# Lines of a page. Shorter pages, such as slides, may hold nothing but what would be a header.
MIN_PAGE_LINES = 4
_DIGITS = re.compile(r"\d+")
# In points: headers of left and right pages, and those with taller letters, differ by less.
_PLACE_STEP = 6.0
# Of the pages. A place used by fewer than MIN_USE holds lines that are alike by chance: they stay
# text. Whatever is at a place used by SURE_USE is a header, also a chapter title that occurs once.
MIN_USE = 0.15
SURE_USE = 0.5
_Key: TypeAlias = tuple[str, str, int]
"""`top` or `bottom`, the text with digits masked, and the height in steps of `_PLACE_STEP`."""
_Place: TypeAlias = tuple[str, int]


class Margins:
    """Divides pages into headers, body and footers; `pages` are their heights and lines."""

    def __init__(self, pages: Sequence[tuple[float, Sequence[Line]]]) -> None:
        self._pages = pages
        full = [number for number, (_, lines) in enumerate(pages) if len(lines) >= MIN_PAGE_LINES]
        counts = Counter(key for number in full for key in {key for _, key in self._edges(number)})
        least = MIN_PAGES if len(pages) >= MIN_PAGES or self._are_alike() else 2
        repeated = {key: count for key, count in counts.items() if count >= least}
        places: Counter[_Place] = Counter()
        for (side, _, y), count in repeated.items():
            places[side, y] += count
        self._repeated = {key for key in repeated if places[key[0], key[2]] >= MIN_USE * len(full)}
        self._places = {place for place, count in places.items() if count >= SURE_USE * len(full)}

    def split(self, number: int) -> tuple[list[Line], list[Line], list[Line]]:
        """Return the header, body and footer lines of a page; `number` counts from 0."""
        sides = {
            id(line): key[0]
            for line, key in self._edges(number)
            if self._is_margin(number, line, key)
        }
        lines = self._pages[number][1]
        above = [line for line in lines if sides.get(id(line)) == "top"]
        below = [line for line in lines if sides.get(id(line)) == "bottom"]
        return above, [line for line in lines if id(line) not in sides], below

    def _is_margin(self, number: int, line: Line, key: _Key) -> bool:
        if key in self._repeated:
            return True
        ys = [page_line.y for page_line in self._pages[number][1]]
        is_outermost = line.y == (max(ys) if key[0] == "top" else min(ys))
        return is_outermost and len(ys) >= MIN_PAGE_LINES and (key[0], key[2]) in self._places

    def _are_alike(self) -> bool:
        """Return whether the pages share so much text that repetition means nothing."""
        texts = [{line.text for line in lines} for _, lines in self._pages]
        shared = set.intersection(*texts) if texts else set()
        return len(shared) * 2 > min(map(len, texts), default=0)

    def _edges(self, number: int) -> list[tuple[Line, _Key]]:
        """Return the lines near the top and bottom of a page with their keys."""
        height, lines = self._pages[number]
        if not lines:
            return []
        by_height = sorted(lines, key=lambda line: -line.y)
        top, bottom = by_height[0].y, by_height[-1].y
        reach = MAX_SHARE * (height or top - bottom)
        above = [
            (line, self._key("top", line))
            for line in by_height[:MAX_LINES]
            if top - line.y <= reach
        ]
        below = [
            (line, self._key("bottom", line))
            for line in by_height[-MAX_LINES:]
            if line.y - bottom <= reach
        ]
        return [*above, *below]

    @staticmethod
    def _key(side: str, line: Line) -> _Key:
        return side, _DIGITS.sub("#", one_line(line.text)), round(line.y / _PLACE_STEP)
