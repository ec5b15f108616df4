"""Page headers and footers of a PDF: lines that stand at the same place of several pages and differ in digits only."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from vouch.parsers.common.clean import one_line
from vouch.parsers.pdf.lines import Line

# How many pages a line must be on (both, of two that are not alike), how many lines from an edge it may be, and within
# what share of the page's height.
MIN_PAGES = 3
MAX_LINES = 3
MAX_SHARE = 0.15
# Pages with fewer lines than this may hold nothing else.
MIN_PAGE_LINES = 4
_DIGITS = re.compile(r"\d+")
# Points; a line may move this much from page to page.
_PLACE = 6.0
_Key: TypeAlias = tuple[str, str, int]
_Place: TypeAlias = tuple[str, int]
# Of the pages: on how many a place must be used for what repeats there to count, and for all that stands there.
MIN_USE = 0.15
SURE_USE = 0.5


class Margins:
    """Made from the height and the lines of all pages."""

    def __init__(self, pages: Sequence[tuple[float, Sequence[Line]]]) -> None:
        self._pages = pages
        full = [number for number, (_, lines) in enumerate(pages) if len(lines) >= MIN_PAGE_LINES]
        counts = Counter(key for number in full for key in {key for _, key in self._edges(number)})
        least = MIN_PAGES if len(pages) >= MIN_PAGES or self._are_alike() else 2
        repeated = {key: count for key, count in counts.items() if count >= least}
        places: Counter[_Place] = Counter()
        for (side, _, y), count in repeated.items():
            places[side, y] += count
        # A few lines that happen to begin their page alike do not make a place of headers, many do, whatever they say.
        self._repeated = {key for key in repeated if places[key[0], key[2]] >= MIN_USE * len(full)}
        self._places = {place for place, count in places.items() if count >= SURE_USE * len(full)}

    def split(self, number: int) -> tuple[list[Line], list[Line], list[Line]]:
        """Headers, body and footers of the page of a number, from 0."""
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
        ys = [other.y for other in self._pages[number][1]]
        is_outermost = line.y == (max(ys) if key[0] == "top" else min(ys))
        return is_outermost and len(ys) >= MIN_PAGE_LINES and (key[0], key[2]) in self._places

    def _are_alike(self) -> bool:
        """Do two pages share so much that what repeats says nothing?"""
        texts = [{line.text for line in lines} for _, lines in self._pages]
        shared = set.intersection(*texts) if texts else set()
        return len(shared) * 2 > min(map(len, texts), default=0)

    def _edges(self, number: int) -> list[tuple[Line, _Key]]:
        height, lines = self._pages[number]
        if not lines:
            return []
        by_place = sorted(lines, key=lambda line: -line.y)
        top, bottom = by_place[0].y, by_place[-1].y
        reach = MAX_SHARE * (height or top - bottom)
        above = [
            (line, self._key("top", line)) for line in by_place[:MAX_LINES] if top - line.y <= reach
        ]
        below = [
            (line, self._key("bottom", line))
            for line in by_place[-MAX_LINES:]
            if line.y - bottom <= reach
        ]
        return [*above, *below]

    @staticmethod
    def _key(side: str, line: Line) -> _Key:
        return side, _DIGITS.sub("#", one_line(line.text)), round(line.y / _PLACE)
