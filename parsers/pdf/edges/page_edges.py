"""Rows near the top and the bottom edge of PDF pages, where headers and footers are."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from vouch.parsers.common.text.clean import one_line
from vouch.parsers.pdf.edges.page_numbers import Evidence, Number, is_bare, numbers, text_of
from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.text.lines import Line

# Lines from the top or bottom edge, and share of the page's height from its outermost line. A
# heading of a repeated form lies deeper in the page.
MAX_LINES = 3
MAX_SHARE = 0.15
# Lines of a page. Shorter pages, such as slides, may hold nothing but what would be a header.
MIN_PAGE_LINES = 4
# Of the usual font size of the document: larger lines are titles, and numbers those of chapters.
TITLE_SIZE = 1.12
# In points: headers of left and right pages, and those with taller letters, differ by less.
PLACE_STEP = 6.0
# Of the height of the page, and of the font size of the text: a number so near the edge and so far
# from the text is that of the page, also of a single one.
_MARGIN = 0.1
_MIN_APART = 2.0
# In font sizes: baselines this close are one row.
_SAME_LINE = 0.4
_NON_WORD = re.compile(r"[\W_]+")
_NUMBER = "\0"  # in place of a page number
Row: TypeAlias = tuple[Line, ...]
"""The lines on one baseline, from the left."""
Key: TypeAlias = tuple[str, str, int]
"""`top` or `bottom`, the text, and the height in steps of `PLACE_STEP`.

In the text a page number is replaced by its distance from the number of its page in the file.
"""


@dataclass(frozen=True, slots=True)
class Edge:
    """A row near the top or bottom edge of a page.

    `page` counts from 0, `index` is the place among the rows of the page. `is_set_apart` means that
    it is the outermost row, in the margin of the page, and away from the text.
    """

    page: int
    side: str
    index: int
    row: Row
    text: str
    numbers: tuple[Number, ...]
    is_outermost: bool
    is_set_apart: bool

    @property
    def place(self) -> int:
        return round(self.row[0].y / PLACE_STEP)

    @property
    def verbatim(self) -> Key:
        return self.side, self.text, self.place

    @property
    def keys(self) -> list[Key]:
        return [self.verbatim, *map(self.masked, self.numbers)]

    def masked(self, number: Number) -> Key:
        """Return the key with the distance of a number from that of its page."""
        text = f"{self.text[: number.start]}{_NUMBER}{self.shift(number)}{self.text[number.end :]}"
        return self.side, text, self.place

    def shift(self, number: Number) -> int:
        """Return how far a number is from that of its page in the file."""
        return number.value - self.page

    def name(self, number: Number) -> str:
        """Return the words beside a number, as `spelling` has them."""
        return spelling(f"{self.text[: number.start]} {self.text[number.end :]}")


class PageRows:
    """The rows of each page of a document; `pages` are the heights and lines of the pages."""

    def __init__(self, pages: Sequence[tuple[float, Sequence[Line]]]) -> None:
        self._heights = [height for height, _ in pages]
        self.rows = [_rows(lines) for _, lines in pages]
        self.body_size = _usual_size([line for _, lines in pages for line in lines])

    def edges(self, number: int) -> Iterator[Edge]:
        """Yield the rows near the top and bottom of a page; those of a short one are both."""
        rows = self.rows[number]
        if not rows:
            return
        lines = [line for row in rows for line in row]
        extent = min(line.x0 for line in lines), max(line.x1 for line in lines)
        height = self._heights[number] or rows[0][0].y - rows[-1][0].y
        last = len(rows) - 1
        places = [("top", 0, index) for index in range(min(MAX_LINES, len(rows)))]
        places += [
            ("bottom", last, index) for index in range(max(last + 1 - MAX_LINES, 0), last + 1)
        ]
        for side, outermost, index in places:
            row = rows[index]
            if abs(row[0].y - rows[outermost][0].y) > MAX_SHARE * height:
                continue
            cells = cells_of(row)
            # A number in large type is that of a chapter.
            is_small = row[0].size <= TITLE_SIZE * self.body_size
            kept = [
                number
                for number in numbers(cells, extent, len(self.rows))
                if is_small or number.evidence == Evidence.WORD
            ]
            if kept and kept[0].evidence == Evidence.ALONE and _is_in_list(rows, index):
                kept = []
            yield Edge(
                number,
                side,
                index,
                row,
                text_of(cells),
                tuple(kept),
                is_outermost=index == outermost and len(rows) >= MIN_PAGE_LINES,
                is_set_apart=index == outermost and self._is_set_apart(number, index),
            )

    def _is_set_apart(self, number: int, index: int) -> bool:
        rows, height = self.rows[number], self._heights[number]
        if len(rows) < MIN_PAGE_LINES:
            return False
        line, neighbour = rows[index][0], rows[1 if index == 0 else index - 1][0]
        is_away = abs(line.y - neighbour.y) >= _MIN_APART * neighbour.size
        return is_away and min(line.y, height - line.y) <= _MARGIN * height


def cells_of(row: Row) -> list[Run]:
    """Return the texts of a row between wide gaps."""
    return [cell for line in row for cell in line.cells]


def spelling(text: str) -> str:
    """Return the words of a line in lower case: running titles are often set in capitals."""
    return _NON_WORD.sub(" ", one_line(text).casefold()).strip()


def _is_in_list(rows: Sequence[Row], index: int) -> bool:
    """Return whether a number alone is right above or below another one."""
    row = rows[index][0]
    return any(
        abs(neighbour[0].y - row.y) < _MIN_APART * row.size
        and is_bare(text_of(cells_of(neighbour)))
        for neighbour in (*rows[max(index - 1, 0) : index], *rows[index + 1 : index + 2])
    )


def _rows(lines: Sequence[Line]) -> list[Row]:
    """Return the lines from the top of a page, those on one baseline together, from the left.

    The texts of a header are left and right on a page; a file may draw them far apart.
    """
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: -line.y):
        if rows and rows[-1][0].y - line.y <= _SAME_LINE * min(line.size, rows[-1][0].size):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [tuple(sorted(row, key=lambda line: line.x0)) for row in rows]


def _usual_size(lines: Sequence[Line]) -> float:
    """Return the font size of most characters, in half points; 0 where there are none."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0
