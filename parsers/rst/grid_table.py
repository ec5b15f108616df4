"""reStructuredText's grid tables, drawn with `+---+` and `|`: cells may reach over columns and rows."""

import re
from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import TypeAlias

from vouch.parsers.rst.lines import PAD, padded

RawCell: TypeAlias = tuple[list[str], int, int]
"""Lines, width in columns, height in rows."""
Found: TypeAlias = tuple[list[list[RawCell]], int, int, int] | None
"""Rows (none where the drawing does not close), how many of them are headings, first line, and the line behind the last."""

_TOP = re.compile(r"\+-[-+]+-\+")
_HEADER = re.compile(r"\+=[=+]+=\+")
_MAX_STEPS = 60  # looks at a character, on average; an honest table takes few
_Box = tuple[int, int, int, int]


def read(lines: Sequence[str], number: int) -> Found:
    """The table that begins at a line, or None where there is none."""
    if not _TOP.fullmatch(lines[number]):
        return None
    end = number + 1
    while end < len(lines) and lines[end][:1] in ("+", "|"):
        end += 1
    block = [padded(line) for line in lines[number:end]]
    headers = [row for row, line in enumerate(block) if _HEADER.fullmatch(line)]
    drawn = [line.replace("=", "-") if row in headers else line for row, line in enumerate(block)]
    is_closed = len(headers) < 2 and all(
        len(line) == len(block[0]) and line[-1] in "+|" for line in block
    )
    boxes = _Scan(drawn).boxes() if is_closed and _TOP.fullmatch(drawn[-1]) else []
    rows, header_rows = _rows(block, boxes, headers[0] if headers else 0)
    return rows, header_rows, number, end


def _rows(
    block: Sequence[str], boxes: Sequence[_Box], header: int
) -> tuple[list[list[RawCell]], int]:
    tops = sorted({top for top, *_ in boxes} | {bottom for *_, bottom, _ in boxes})
    sides = sorted({left for _, left, *_ in boxes} | {right for *_, right in boxes})
    rows: list[list[RawCell]] = [[] for _ in tops[:-1]]
    for top, left, bottom, right in sorted(boxes):
        lines = [
            line[left + 1 : right].replace(PAD, "").rstrip() for line in block[top + 1 : bottom]
        ]
        width, height = (
            bisect_left(all_, b) - bisect_left(all_, a)
            for all_, a, b in ((sides, left, right), (tops, top, bottom))
        )
        rows[bisect_left(tops, top)].append((lines, width, height))
    return rows, bisect_left(tops, header)


class _Scan:
    """Finds the cells of a drawing by following their borders clockwise; none where these do not cover the whole."""

    def __init__(self, block: Sequence[str]) -> None:
        self._block = block
        self._bottom, self._right = len(block) - 1, len(block[0]) - 1
        self._steps = _MAX_STEPS * len(block) * len(block[0])

    def boxes(self) -> list[_Box]:
        """Top, left, bottom and right of each cell's border."""
        corners = [(0, 0)]
        done = [-1] * len(self._block[0])
        boxes: list[_Box] = []
        while corners and self._steps > 0:
            top, left = corners.pop(0)
            if top == self._bottom or left == self._right or top <= done[left]:
                continue
            found = self._cell(top, left)
            if found is None:
                continue
            bottom, right = found
            done[left:right] = [bottom - 1] * (right - left)
            boxes.append((top, left, bottom, right))
            insort(corners, (top, right))
            insort(corners, (bottom, left))
        is_whole = self._steps > 0 and all(row == self._bottom - 1 for row in done[: self._right])
        return boxes if is_whole else []

    def _cell(self, top: int, left: int) -> tuple[int, int] | None:
        """Bottom and right of the smallest cell with this corner."""
        for right in range(left + 1, self._right + 1):
            self._steps -= 1
            sign = self._block[top][right]
            if sign == "+" and (bottom := self._down(top, left, right)) is not None:
                return bottom, right
            if sign not in "+-" or self._steps < 0:
                return None
        return None

    def _down(self, top: int, left: int, right: int) -> int | None:
        for bottom in range(top + 1, self._bottom + 1):
            self._steps -= 1
            sign = self._block[bottom][right]
            if sign == "+" and self._closes(top, left, bottom, right):
                return bottom
            if sign not in "+|" or self._steps < 0:
                return None
        return None

    def _closes(self, top: int, left: int, bottom: int, right: int) -> bool:
        below = self._block[bottom][left : right + 1]
        self._steps -= len(below) + bottom - top
        if below[0] != "+" or below.strip("+-"):
            return False
        return all(self._block[row][left] in "+|" for row in range(top + 1, bottom))
