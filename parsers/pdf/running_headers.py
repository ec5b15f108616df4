"""Find the page headers and footers of a PDF.

They are lines at the same place of several pages that repeat word for word, but for the number of
the page. Lines that differ in anything else, such as the number of an invoice or the row of a
table at the edge of each page, are text.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from vouch.parsers.common.clean import one_line
from vouch.parsers.pdf.lines import Line
from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.page_numbers import is_alone, is_page_number, numbers

# Pages that a line must be on. Two may share a first line by chance, as two letters or invoices
# do; of a document of two pages both are enough, if they have little else in common.
MIN_PAGES = 3
# Lines from the top or bottom edge, and share of the page's height from its outermost line. A
# heading of a repeated form lies deeper in the page.
MAX_LINES = 3
MAX_SHARE = 0.15
# Lines of a page. Shorter pages, such as slides, may hold nothing but what would be a header.
MIN_PAGE_LINES = 4
# In points: headers of left and right pages, and those with taller letters, differ by less.
_PLACE_STEP = 6.0
# Of the pages. A place used by fewer than MIN_USE holds lines that are alike by chance: they stay
# text. At a place used by SURE_USE a line is a header also where it occurs once there, if nothing
# is lost with it: it is a page number, or its words are in the text too, as a chapter's title is.
MIN_USE = 0.15
SURE_USE = 0.5
# Of the usual font size of the document: a repeated line in larger type is its title, and stays in
# the text of the first page that has it.
_TITLE_SIZE = 1.12
# Of it: as large is a watermark that is printed across each page.
_WATERMARK_SIZE = 1.8
# Characters: a longer text beside a number is no name of a section.
_MAX_NAME = 80
# Of the height of the page, and of the font size of the text: a number so near the edge and so far
# from the text is that of the page, also of a single one.
_MARGIN = 0.1
_MIN_APART = 2.0
# Of the distance of the rows: that of a header from the text below it is larger.
_MAX_ROW_DROP = 1.5
# In font sizes: baselines this close are one row.
_SAME_LINE = 0.4
_NUMBER = "\0"  # in place of a page number
_Key: TypeAlias = tuple[str, str, int]
"""`top` or `bottom`, the text, and the height in steps of `_PLACE_STEP`.

In the text a page number is replaced by its distance from the number of its page in the file.
"""
_Row: TypeAlias = tuple[Line, ...]
_Place: TypeAlias = tuple[str, int]


class Margins:
    """Divides pages into headers, body and footers; `pages` are their heights and lines."""

    def __init__(self, pages: Sequence[tuple[float, Sequence[Line]]]) -> None:
        self._pages = pages
        self._rows = [_rows(lines) for _, lines in pages]
        edges = [list(self._edges(number)) for number in range(len(pages))]
        at_edge = {id(line) for page_edges in edges for row, _ in page_edges for line in row}
        self._within = Counter(
            one_line(line.text) for _, lines in pages for line in lines if id(line) not in at_edge
        )
        full = [number for number, (_, lines) in enumerate(pages) if len(lines) >= MIN_PAGE_LINES]
        counts = Counter(
            key for number in full for key in {key for _, keys in edges[number] for key in keys}
        )
        least = MIN_PAGES if len(pages) >= MIN_PAGES or self._are_alike() else 2
        repeated = {
            key: count
            for key, count in counts.items()
            # What is as often between other lines belongs to the text of each page.
            if count >= least and self._within[key[1]] < count
        }
        places: Counter[_Place] = Counter()
        for (side, _, y), count in repeated.items():
            places[side, y] += count
        self._repeated = {key for key in repeated if places[key[0], key[2]] >= MIN_USE * len(full)}
        self._places = {place for place, count in places.items() if count >= SURE_USE * len(full)}
        shifts = Counter(
            shift
            for number in full
            for shift in {
                shift for row, keys in edges[number] for shift in self._shifts(row, keys[0], number)
            }
        )
        self._shifts_of_most = {
            shift
            for shift, count in shifts.items()
            if count >= max(MIN_PAGES, SURE_USE * len(full))
        }
        self._sides: list[dict[int, str]] = [{} for _ in pages]
        self._body_size = _usual_size([line for _, lines in pages for line in lines])
        self._find_margins(edges)
        self._find_watermarks()

    def split(self, number: int) -> tuple[list[Line], list[Line], list[Line]]:
        """Return the header, body and footer lines of a page; `number` counts from 0."""
        sides = self._sides[number]
        lines = self._pages[number][1]
        above = [line for line in lines if sides.get(id(line)) == "top"]
        below = [line for line in lines if sides.get(id(line)) == "bottom"]
        return above, [line for line in lines if id(line) not in sides], below

    def _find_margins(self, edges: Sequence[Sequence[tuple[_Row, list[_Key]]]]) -> None:
        """Note the side of each line that is a header or footer, by its id."""
        seen: set[str] = set()
        for number, page_edges in enumerate(edges):
            for row, keys in page_edges:
                if not self._is_margin(number, row, keys):
                    continue
                side, text, _ = keys[0]
                is_first = text not in seen and len(keys) == 1 and not self._within[text]
                seen.add(text)
                if not (is_first and row[0].size > _TITLE_SIZE * self._body_size):
                    self._sides[number] |= dict.fromkeys(map(id, row), side)

    def _find_watermarks(self) -> None:
        """Note lines in large type at one place of most pages, between those of the text."""
        large = [
            (number, row, next(self._keys("top", row, number)))
            for number, rows in enumerate(self._rows)
            for row in rows[1:-1]
            if row[0].size > _WATERMARK_SIZE * self._body_size
        ]
        counts = Counter(key for _, _, key in large)
        for number, row, key in large:
            if counts[key] >= max(MIN_PAGES, SURE_USE * len(self._pages)):
                self._sides[number] |= dict.fromkeys(map(id, row), "top")

    def _is_margin(self, number: int, row: _Row, keys: Sequence[_Key]) -> bool:
        if not self._repeated.isdisjoint(keys):
            return not self._is_of_table(number, row, keys)
        side, text, y = keys[0]
        # The name of a short section beside the number of the page.
        if len(text) <= _MAX_NAME and not self._shifts_of_most.isdisjoint(
            self._shifts(row, keys[0], number)
        ):
            return True
        rows = self._rows[number]
        is_outermost = row is rows[0 if side == "top" else -1]
        if not is_outermost or len(rows) < MIN_PAGE_LINES:
            return False
        if is_page_number(text) and self._is_set_apart(
            number, row, rows[1 if side == "top" else -2]
        ):
            return True
        return (side, y) in self._places and (self._within[text] > 0 or is_alone(text))

    def _is_set_apart(self, number: int, row: _Row, neighbour: _Row) -> bool:
        """Return whether an outermost row is in the margin of the page, away from the text."""
        height = self._pages[number][0]
        to_edge = min(row[0].y, height - row[0].y)
        is_away = abs(row[0].y - neighbour[0].y) >= _MIN_APART * neighbour[0].size
        is_small = row[0].size <= _TITLE_SIZE * self._body_size
        return is_away and is_small and to_edge <= _MARGIN * height

    def _is_of_table(self, number: int, row: _Row, keys: Sequence[_Key]) -> bool:
        """Return whether a row belongs to the table that begins or ends the text of a page.

        Its header row repeats on each page, at the same place, as a running header does.
        """
        if len(_cells(row)) < 2 or len(keys) > 1:
            return False
        rows = self._rows[number] if keys[0][0] == "top" else self._rows[number][::-1]
        position = rows.index(row)
        neighbours = rows[position + 1 : position + 3]
        return len(neighbours) == 2 and _are_rows_of_a_table(row, *neighbours)

    def _are_alike(self) -> bool:
        """Return whether the pages share so much text that repetition means nothing."""
        texts = [{line.text for line in lines} for _, lines in self._pages]
        shared = set.intersection(*texts) if texts else set()
        return len(shared) * 2 > min(map(len, texts), default=0)

    def _edges(self, number: int) -> Iterator[tuple[_Row, list[_Key]]]:
        """Yield the rows near the top and bottom of a page with their keys, verbatim first."""
        rows = self._rows[number]
        if not rows:
            return
        top, bottom = rows[0][0].y, rows[-1][0].y
        reach = MAX_SHARE * (self._pages[number][0] or top - bottom)
        for row in rows[:MAX_LINES]:
            if top - row[0].y <= reach:
                yield row, list(self._keys("top", row, number))
        for row in rows[-MAX_LINES:]:
            if row[0].y - bottom <= reach:
                yield row, list(self._keys("bottom", row, number))

    def _keys(self, side: str, row: _Row, number: int) -> Iterator[_Key]:
        """Yield the key of a row, then one for each number in it that may be its page's."""
        text = _text(row)
        place = round(row[0].y / _PLACE_STEP)
        yield side, text, place
        for start, end, value in self._numbers(row):
            yield side, f"{text[:start]}{_NUMBER}{value - number}{text[end:]}", place

    def _numbers(self, row: _Row) -> Iterator[tuple[int, int, int]]:
        return numbers(_text(row), [one_line(cell.text) for cell in _cells(row)], len(self._pages))

    def _shifts(self, row: _Row, key: _Key, number: int) -> set[tuple[str, int, int]]:
        """Return the place of a row with how far the numbers at its ends are from its page's."""
        side, text, place = key
        return {
            (side, place, value - number)
            for start, end, value in self._numbers(row)
            if start == 0 or end == len(text)
        }


def _rows(lines: Sequence[Line]) -> list[_Row]:
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


def _text(row: _Row) -> str:
    return " ".join(one_line(cell.text) for cell in _cells(row))


def _cells(row: _Row) -> list[Run]:
    return [cell for line in row for cell in line.cells]


def _usual_size(lines: Sequence[Line]) -> float:
    """Return the font size of most characters, in half points; 0 where there are none."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _are_rows_of_a_table(row: _Row, neighbour: _Row, inner: _Row) -> bool:
    """Return whether cells are in the columns of a neighbour, about as near as the inner row is."""
    pitch = abs(neighbour[0].y - inner[0].y)
    is_near = abs(row[0].y - neighbour[0].y) <= _MAX_ROW_DROP * pitch
    cells, columns = _cells(row), _cells(neighbour)
    if not is_near or min(len(columns), len(_cells(inner))) < 2:
        return False
    # Names of columns and numbers may be on different sides of a column, so that some do not meet.
    met = [
        [number for number, b in enumerate(columns) if a.x0 < b.x1 and b.x0 < a.x1] for a in cells
    ]
    columns_met = [number for numbers_met in met for number in numbers_met]
    is_one_by_one = max(map(len, met)) <= 1 and len(set(columns_met)) == len(columns_met)
    return is_one_by_one and len(columns_met) * 2 >= len(cells)
