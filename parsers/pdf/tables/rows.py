"""Rows of a PDF page: what is written at one height, from the left, with signs at their numbers."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TypeAlias

from vouch.parsers.pdf.page import Part, Run
from vouch.parsers.pdf.text.lines import Line

# In font sizes: how far apart the baselines of a row's cells are. Cells centred beside one of two
# lines are half a line away, and are a row of their own at first.
_SAME_ROW = 0.35
# Lines: where a text is this far below the next one, another column of the page begins. Fewer are
# the lines of one cell, which some programs write before those of the next cell.
_MAX_CELL_LINES = 12
# In font sizes: how far a currency sign is from its number, which may be aligned on the right.
_MAX_SIGN_GAP = 8.0
# Marks of notes: how large, how high and how far from their number they are, in its font sizes.
_MARK = re.compile(r"\d{1,2}|[a-z]|[*†‡§]{1,3}")
_MARK_SIZE, _MARK_RISE, _MARK_GAP = 0.85, 0.6, 0.3
_MARK_STEP = 4.0  # points
_Cell: TypeAlias = tuple[Run, tuple[int, ...]]
"""A cell and the numbers of the lines that it is from."""
_CURRENCY = re.compile(r"\(?(?:[A-Z]{1,3})?[$€£¥₹]\(?|\(|R[sp]\.?")
_CLOSING = re.compile(r"[)%]+|\)?\s?(?:pts|bps)|[*†‡§]{1,3}")
_NIL = re.compile(r"[-–—−‐]+|n/?[am]\.?|nm|nil|\.{2,}", re.IGNORECASE)
_RANGE = re.compile(r"\d\S* ?[-–—] ?\S*\d")
_FIGURE = re.compile(
    r"[-−–+(<>~±≈]*\s*(?:[A-Za-z]{0,3}[$€£¥₹]|Rs\.?|[A-Z]{3})?\s*[-−–+(]*\s*"
    r"(?:\d{1,3}(?:[,.' ’]\d{3})+|\d{1,3}(?:,\d{2,3})+|\d+)?(?:[.,]\d+)?"
    r"\s*(?:%|x|bps|pts|pp|[KMBT](?:n|m)?\b)?\s*\)?\s*%?\s*"
    r"(?:\(\w{1,2}\)|[*†‡§]{1,3}|[a-f]|\^\d{1,2})?"
)
_YEAR = re.compile(r"(?:FY\s?)?(?:19|20)\d\d[EAF]?(?:\s?(?:\(\w\)|[*†‡]|\^\d{1,2}))?")


def is_figure(text: str) -> bool:
    """Return whether a cell is a number, with its signs, or a dash for none."""
    if not any(map(str.isdigit, text)):
        return bool(_NIL.fullmatch(text))
    return len(text) < 40 and bool(_FIGURE.fullmatch(text))


def is_year(text: str) -> bool:
    """Return whether a cell is a year, which often names a column."""
    return bool(_YEAR.fullmatch(text))


def is_value(text: str) -> bool:
    """Return whether a cell is a number other than a year."""
    return is_figure(text) and not is_year(text)


@dataclass(frozen=True)
class Row:
    """Cells at one height, from the left. `lines` are the numbers of the lines they are from."""

    cells: tuple[Run, ...]
    lines: tuple[int, ...]

    @property
    def y(self) -> float:
        return max(self.cells, key=lambda cell: len(cell.text)).y

    @property
    def size(self) -> float:
        return max(cell.size for cell in self.cells)

    @property
    def x0(self) -> float:
        return self.cells[0].x0

    @property
    def x1(self) -> float:
        return max(cell.x1 for cell in self.cells)

    @property
    def is_single(self) -> bool:
        return len(self.cells) == 1

    @cached_property
    def has_value(self) -> bool:
        """Whether a cell is a number other than a year, and not only the number of the row."""
        return any(is_value(cell.text) for cell in self.cells[1:])


def flows(lines: Sequence[Line]) -> Iterator[list[int]]:
    """Yield the numbers of the lines of each column of the page, in their order."""
    flow: list[int] = []
    for number, line in enumerate(lines):
        last = flow[-_MAX_CELL_LINES:]
        if len(last) == _MAX_CELL_LINES and all(lines[n].y < line.y - line.size for n in last):
            yield flow
            flow = []
        flow.append(number)
    if flow:
        yield flow


def rows(lines: Sequence[Line], flow: Sequence[int]) -> list[Row]:
    """Return the rows of a column of the page from the top."""
    cells: list[_Cell] = [
        (cell, (number,))
        for number in flow
        for cell in lines[number].cells
        for cell in _numbers_apart(cell)
    ]
    cells = _with_marks(cells)
    cells.sort(key=lambda item: -item[0].y)
    grouped: list[list[_Cell]] = []
    for cell, numbers in cells:
        if grouped:
            first = grouped[-1][0][0]
            if first.y - cell.y <= _SAME_ROW * min(first.size, cell.size):
                grouped[-1].append((cell, numbers))
                continue
        grouped.append([(cell, numbers)])
    result = []
    for group in grouped:
        group.sort(key=lambda item: item[0].x0)
        joined = tuple(_with_signs([cell for cell, _ in group]))
        result.append(
            Row(joined, tuple(sorted({number for _, numbers in group for number in numbers})))
        )
    return result


def _with_marks(cells: Sequence[_Cell]) -> list[_Cell]:
    """Join the raised marks of notes to the numbers that they are behind.

    A file may have them after the other cells of a row, and they would be a row of their own.
    """
    marks = [n for n, (cell, _) in enumerate(cells) if _MARK.fullmatch(cell.text)]
    if not marks:
        return list(cells)
    ends: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for number, (cell, _) in enumerate(cells):
        if cell.tail is not None and is_figure(cell.text):
            ends[round(cell.x1 / _MARK_STEP), round(cell.y / _MARK_STEP)].append(number)
    joined: set[int] = set()
    result = list(cells)
    for mark in marks:
        own = cells[mark][0]
        x, y = round(own.x0 / _MARK_STEP), round(own.y / _MARK_STEP)
        places = product((x - 1, x, x + 1), (y - 2, y - 1, y))
        near = (n for place in places for n in ends.get(place, []))
        for number in (n for n in near if n != mark and _is_mark_of(own, result[n][0])):
            cell, lines = result[number]
            text = f"{cell.text}{'^' if own.text.isdigit() else ''}{own.text}"
            result[number] = replace(cell, text=text, x1=own.x1), (*lines, *cells[mark][1])
            joined.add(mark)
            break
    return [item for n, item in enumerate(result) if n not in joined]


def _is_mark_of(mark: Run, number: Run) -> bool:
    is_small = mark.size < _MARK_SIZE * number.size
    is_raised = 0 < mark.y - number.y < _MARK_RISE * number.size
    return is_small and is_raised and abs(mark.x0 - number.x1) < _MARK_GAP * number.size


def piece(cell: Run, parts: Sequence[Part]) -> Run:
    """Return some of the parts of a cell as one."""
    text = " ".join(text for text, _, _ in parts)
    return replace(cell, text=text, x0=parts[0][1], x1=parts[-1][2], parts=tuple(parts))


def _numbers_apart(cell: Run) -> list[Run]:
    """Return numbers, and signs, with a narrow gap between them as cells, else the cell."""
    texts = [text for text, _, _ in cell.parts]
    is_range = bool(_RANGE.search(" ".join(texts)))
    if (
        len(texts) > 1
        and not is_range
        and all(is_figure(text) or _CURRENCY.fullmatch(text) for text in texts)
    ):
        return [piece(cell, [part]) for part in cell.parts]
    return [cell]


def _with_signs(cells: Sequence[Run]) -> list[Run]:
    """Join signs in columns of their own to the numbers they belong to."""
    joined: list[Run] = []
    for cell in cells:
        last = joined[-1] if joined else None
        if last is not None and _is_before(last, cell):
            space = "" if last.text.endswith("(") else " "
            joined[-1] = replace(cell, text=last.text + space + cell.text, x0=last.x0)
        elif last is not None and _is_behind(last, cell):
            joined[-1] = replace(last, text=last.text + cell.text, x1=max(last.x1, cell.x1))
        else:
            joined.append(cell)
    return joined


def _is_before(sign: Run, cell: Run) -> bool:
    return (
        bool(_CURRENCY.fullmatch(sign.text))
        and cell.x0 - sign.x1 < _MAX_SIGN_GAP * cell.size
        and is_figure(cell.text)
    )


def _is_behind(number: Run, cell: Run) -> bool:
    return (
        bool(_CLOSING.fullmatch(cell.text))
        and cell.x0 - number.x1 < 2 * cell.size
        and is_figure(number.text)
    )
