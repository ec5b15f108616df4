"""Find the page headers and footers of a PDF.

They are lines at the same place of several pages that repeat word for word, but for the number of
the page. Lines that differ in anything else, such as the number of an invoice or the row of a
table at the edge of each page, are text.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from vouch.parsers.pdf.edges.page_edges import (
    MIN_PAGE_LINES,
    PLACE_STEP,
    TITLE_SIZE,
    Edge,
    Key,
    PageRows,
    Row,
    cells_of,
    spelling,
)
from vouch.parsers.pdf.edges.page_numbers import Evidence, text_of
from vouch.parsers.pdf.numbering import MIN_PAGES, Numbering
from vouch.parsers.pdf.text.lines import Line
from vouch.parsers.pdf.text.text_flow import flows_over_pages
from vouch.schemas.documents.records import LeftOutKind

# Of the pages. A place used by fewer than MIN_USE holds lines that are alike by chance: they stay
# text. At a place used by SURE_USE a line is a header also where it occurs once there, if nothing
# is lost with it: its words are in the text too, as a chapter's title is.
MIN_USE = 0.15
SURE_USE = 0.5
# Of the usual font size of the document: as large is a watermark that is printed across each page.
_WATERMARK_SIZE = 1.8
# Likewise a line that may be the title of each of several pages.
_PAGE_TITLE_SIZE = 1.4
_REACH = 6  # rows to each side of one that are looked at for a block of lines
# In font sizes of the larger line: a repeated line that is nearer to one that differs is the label
# of a value, or the first line of a text.
_CLOSE = 1.6
# Of the distance of the rows: that of a header from the text below it is larger. Totals are set
# apart from the rows above them.
_MAX_ROW_DROP = {"top": 1.5, "bottom": 2.5}
_MIN_COLUMN = 30  # characters: so long are the lines of text in columns, beside each other
# What browsers write on the pages that they print: the file, and the time beside its date.
_PRINTED = re.compile(r"\bfile://\S+|\b[AP]M\b")
_Place: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Margin:
    """A row that is a header or footer; `side` is `top` or `bottom`.

    `is_first` means that it has words that are neither on a page before nor within the pages.
    """

    text: str
    side: str
    kind: LeftOutKind
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A row that may be a header or footer, its words without the number of the page.

    `evidence` is that for the number.
    """

    edge: Edge
    kind: LeftOutKind
    words: str = ""
    evidence: Evidence | None = None


class Margins:
    """Divides pages into headers, body and footers; `pages` are their heights and lines."""

    def __init__(self, pages: Sequence[tuple[float, Sequence[Line]]]) -> None:
        self._lines = [lines for _, lines in pages]
        self._pages = PageRows(pages)
        self._rows = self._pages.rows
        self._full = [n for n, lines in enumerate(self._lines) if len(lines) >= MIN_PAGE_LINES]
        edges = [list(self._pages.edges(number)) for number in range(len(pages))]
        at_edge = {id(line) for page in edges for edge in page for line in edge.row}
        self._within = Counter(
            spelling(line.text)
            for lines in self._lines
            for line in lines
            if id(line) not in at_edge
        )
        self._find_repeated(edges)
        self._of_tables = self._keys_of_tables(edges)
        self._numbering = Numbering(edges, self._full, self._repeated, self._within)
        candidates = [self._candidates(page) for page in edges]
        between = [
            [line for index, row in enumerate(rows) if index not in page for line in row]
            for rows, page in zip(self._rows, candidates, strict=True)
        ]
        self._flows = flows_over_pages(between)
        self._margins: list[list[Margin]] = [[] for _ in pages]
        self._in_margins: set[int] = set()  # the ids of their lines
        self._find_margins(candidates)
        self._find_watermarks()

    def split(self, number: int) -> tuple[list[Margin], list[Line]]:
        """Return the headers and footers of a page, and its other lines; `number` is from 0."""
        body = [line for line in self._lines[number] if id(line) not in self._in_margins]
        return self._margins[number], body

    def _add(self, page: int, row: Row, side: str, kind: LeftOutKind, *, is_first: bool) -> None:
        self._margins[page].append(Margin(_text(row), side, kind, is_first))
        self._in_margins.update(map(id, row))

    def _find_repeated(self, edges: Sequence[Sequence[Edge]]) -> None:
        """Note the keys that several pages share, and the places of most of them."""
        full = self._full
        counts = Counter(
            key for number in full for key in {key for edge in edges[number] for key in edge.keys}
        )
        least = MIN_PAGES if len(edges) >= MIN_PAGES or self._are_alike() else 2
        repeated = {
            key: count
            for key, count in counts.items()
            # What is as often between other lines belongs to the text of each page.
            if count >= least and self._within[spelling(key[1])] < count
        }
        places: Counter[_Place] = Counter()
        for (side, _, y), count in repeated.items():
            places[side, y] += count
        self._repeated: dict[Key, int] = {
            key: count
            for key, count in repeated.items()
            if places[key[0], key[2]] >= MIN_USE * len(full)
        }
        self._places = {place for place, count in places.items() if count >= SURE_USE * len(full)}

    def _are_alike(self) -> bool:
        """Return whether the pages share so much text that repetition means nothing."""
        texts = [{line.text for line in lines} for lines in self._lines]
        shared = set.intersection(*texts) if texts else set()
        return len(shared) * 2 > min(map(len, texts), default=0)

    def _candidates(self, edges: Sequence[Edge]) -> dict[int, _Candidate]:
        """Return the rows of a page that may be headers and footers, by their index."""
        candidates: dict[int, _Candidate] = {}
        for edge in edges:
            if edge.index not in candidates and (row := self._of_margin(edge)) is not None:
                candidates[edge.index] = row
        return candidates

    def _of_margin(self, edge: Edge) -> _Candidate | None:
        of_page = self._numbering.of_page(edge)
        words = spelling(edge.text)
        if of_page is None and edge.verbatim in self._repeated:
            # Such as `Page 1 of 1` on each page.
            of_page = next((n for n in edge.numbers if n.evidence == Evidence.WORD), None)
        if of_page is not None:
            if of_page.is_all:
                return _Candidate(edge, LeftOutKind.PAGE_NUMBER, evidence=of_page.evidence)
            words = edge.name(of_page)
            return _Candidate(edge, LeftOutKind.RUNNING_HEADER, words, of_page.evidence)
        is_repeated = edge.verbatim in self._repeated and edge.verbatim not in self._of_tables
        is_of_sure_place = (edge.side, edge.place) in self._places and self._within[words] > 0
        if is_repeated or (edge.is_outermost and is_of_sure_place):
            return _Candidate(edge, LeftOutKind.RUNNING_HEADER, words)
        return None

    def _keys_of_tables(self, edges: Sequence[Sequence[Edge]]) -> set[Key]:
        """Return the keys of the rows that belong to tables on most of their pages.

        The header row of a table repeats on each page, at the same place, as a running header does.
        """
        of_tables = Counter(
            edge.verbatim
            for page in edges
            for edge in page
            if edge.verbatim in self._repeated and self._is_of_table(edge)
        )
        return {key for key, count in of_tables.items() if count * 2 >= self._repeated[key]}

    def _is_of_table(self, edge: Edge) -> bool:
        """Return whether a row belongs to the table that begins or ends the text of its page."""
        if len(cells_of(edge.row)) < 2:
            return False
        rows, index = self._rows[edge.page], edge.index
        if edge.side == "bottom":
            rows, index = rows[::-1], len(rows) - 1 - index
        if index + 2 >= len(rows):
            return False
        drop = _MAX_ROW_DROP[edge.side]
        return _are_rows_of_a_table(edge.row, rows[index + 1], rows[index + 2], drop)

    def _find_margins(self, pages: Sequence[Mapping[int, _Candidate]]) -> None:
        """Note each line that is a header or footer, by its id."""
        seen: set[str] = set()
        is_one = self._flows or self._numbering.is_sure
        labels = set() if is_one else self._labels(pages)
        for page, candidates in enumerate(pages):
            for row in candidates.values():
                is_new = row.words not in seen and not self._within[row.words]
                is_first = is_new and any(map(str.isalpha, _PRINTED.sub("", row.edge.text)))
                is_first = is_first and bool(row.words)
                seen.add(row.words)
                is_label = row.words in labels and row.evidence != Evidence.WORD
                if not is_label and not self._is_title(row, is_first=is_first):
                    self._add(page, row.edge.row, row.edge.side, row.kind, is_first=is_first)

    def _labels(self, pages: Sequence[Mapping[int, _Candidate]]) -> set[str]:
        """Return the words that are near lines of their page alone on most pages."""
        wordings = Counter(
            words for rows in self._rows for words in {spelling(_text(row)) for row in rows}
        )
        total: Counter[str] = Counter()
        near: Counter[str] = Counter()
        for rows, candidates in zip(self._rows, pages, strict=True):
            is_other = [wordings[spelling(_text(row))] < MIN_PAGES for row in rows]
            for index, row in candidates.items():
                total[row.words] += 1
                block = _block(rows, index)
                near[row.words] += any(is_other[n] and n not in candidates for n in block)
        return {words for words, count in near.items() if count * 2 > total[words]}

    def _is_title(self, row: _Candidate, *, is_first: bool) -> bool:
        """Return whether a repeated line in larger type is a title, which stays.

        That of a running text stays once, that of pages on their own and of some pages on each.
        """
        size = row.edge.row[0].size
        if row.evidence is not None:
            return False
        if is_first:
            return size > TITLE_SIZE * self._pages.body_size
        is_of_most = self._repeated.get(row.edge.verbatim, 0) >= SURE_USE * len(self._full)
        is_running = is_of_most and (self._flows or self._numbering.is_sure)
        return size > _PAGE_TITLE_SIZE * self._pages.body_size and not is_running

    def _find_watermarks(self) -> None:
        """Note lines in large type at one place of most pages, between those of the text."""
        large = [
            (number, row, (_text(row), round(row[0].y / PLACE_STEP)))
            for number, rows in enumerate(self._rows)
            for row in rows[1:-1]
            if row[0].size > _WATERMARK_SIZE * self._pages.body_size
        ]
        counts = Counter(key for _, _, key in large)
        seen = set()
        for number, row, key in large:
            if counts[key] >= max(MIN_PAGES, SURE_USE * len(self._rows)):
                is_first = key[0] not in seen
                self._add(number, row, "top", LeftOutKind.WATERMARK, is_first=is_first)
                seen.add(key[0])


def _block(rows: Sequence[Row], index: int) -> range:
    """Return the indices of the rows that are near a row, or near one that is."""

    def is_near(upper: int) -> bool:
        first, second = rows[upper][0], rows[upper + 1][0]
        return abs(first.y - second.y) <= _CLOSE * max(first.size, second.size)

    # As far as a label may be from its value: other lines say no more.
    first = last = index
    while first > max(index - _REACH, 0) and is_near(first - 1):
        first -= 1
    while last < min(index + _REACH, len(rows) - 1) and is_near(last):
        last += 1
    return range(first, last + 1)


def _text(row: Row) -> str:
    return text_of(cells_of(row))


def _are_rows_of_a_table(row: Row, neighbour: Row, inner: Row, drop: float) -> bool:
    """Return whether cells are in the columns of a neighbour, about as near as the inner row is.

    `drop` is how near, in distances of the neighbour from the inner row.
    """
    pitch = abs(neighbour[0].y - inner[0].y)
    is_near = abs(row[0].y - neighbour[0].y) <= drop * pitch
    cells, columns = cells_of(row), cells_of(neighbour)
    if not is_near or min(len(columns), len(cells_of(inner))) < 2:
        return False
    if all(len(cell.text) >= _MIN_COLUMN for cell in columns):
        return False
    # Names of columns and numbers may be on different sides of a column, so that some do not meet.
    met = [
        [number for number, b in enumerate(columns) if a.x0 < b.x1 and b.x0 < a.x1] for a in cells
    ]
    columns_met = [number for numbers_met in met for number in numbers_met]
    is_one_by_one = max(map(len, met)) <= 1 and len(set(columns_met)) == len(columns_met)
    return is_one_by_one and len(columns_met) * 2 >= len(cells)
