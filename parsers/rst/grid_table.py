"""Grid tables, drawn with `+---+` and `|`; cells may span columns and rows ("Grid Tables")."""

import re
from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import TypeAlias

from vouch.parsers.rst.lines import PAD, padded
from vouch.parsers.rst.nodes import RawCell, RawTable

_TOP = re.compile(r"\+-[-+]+-\+")
_HEADER = re.compile(r"\+=[=+]+=\+")
# Steps of the scan per character, on average. Real tables take few; without a bound a crafted
# drawing full of corners takes quadratic time.
_MAX_STEPS = 60
_Box: TypeAlias = tuple[int, int, int, int]
"""Top, left, bottom and right of a cell's border."""


def read(lines: Sequence[str], start: int) -> RawTable | None:
    """Return the table that begins at a line, or None where there is none."""
    if not _TOP.fullmatch(lines[start]):
        return None
    end = start + 1
    while end < len(lines) and lines[end][:1] in ("+", "|"):
        end += 1
    block = [padded(line) for line in lines[start:end]]
    headers = [row for row, line in enumerate(block) if _HEADER.fullmatch(line)]
    drawing = [line.replace("=", "-") if row in headers else line for row, line in enumerate(block)]
    is_closed = len(headers) < 2 and all(
        len(line) == len(block[0]) and line[-1] in "+|" for line in block
    )
    boxes = _BoxScan(drawing).boxes() if is_closed and _TOP.fullmatch(drawing[-1]) else []
    rows, header_rows = _rows(block, boxes, headers[0] if headers else 0)
    return RawTable(rows, header_rows, end)


def _rows(
    block: Sequence[str], boxes: Sequence[_Box], header: int
) -> tuple[list[list[RawCell]], int]:
    """Return the cells of each row, and the number of rows above the line `header`."""
    tops = sorted({top for top, *_ in boxes} | {bottom for *_, bottom, _ in boxes})
    sides = sorted({left for _, left, *_ in boxes} | {right for *_, right in boxes})
    rows: list[list[RawCell]] = [[] for _ in tops[:-1]]
    for top, left, bottom, right in sorted(boxes):
        lines = [
            line[left + 1 : right].replace(PAD, "").rstrip() for line in block[top + 1 : bottom]
        ]
        row = bisect_left(tops, top)
        width = bisect_left(sides, right) - bisect_left(sides, left)
        rows[row].append(RawCell(lines, width, bisect_left(tops, bottom) - row))
    return rows, bisect_left(tops, header)


class _BoxScan:
    """Finds the cells of a drawing by following their borders clockwise, as docutils does."""

    def __init__(self, block: Sequence[str]) -> None:
        self._block = block
        self._bottom, self._right = len(block) - 1, len(block[0]) - 1
        self._steps_left = _MAX_STEPS * len(block) * len(block[0])

    def boxes(self) -> list[_Box]:
        """Return the border of each cell; nothing where the cells do not cover the drawing."""
        corners = [(0, 0)]
        covered = [-1] * len(self._block[0])  # by column: the last line that a cell covers
        boxes: list[_Box] = []
        while corners and self._steps_left > 0:
            top, left = corners.pop(0)
            if top == self._bottom or left == self._right or top <= covered[left]:
                continue
            opposite_corner = self._find_cell(top, left)
            if opposite_corner is None:
                continue
            bottom, right = opposite_corner
            covered[left:right] = [bottom - 1] * (right - left)
            boxes.append((top, left, bottom, right))
            insort(corners, (top, right))
            insort(corners, (bottom, left))
        is_whole = self._steps_left > 0 and all(
            row == self._bottom - 1 for row in covered[: self._right]
        )
        return boxes if is_whole else []

    def _find_cell(self, top: int, left: int) -> tuple[int, int] | None:
        """Return bottom and right of the smallest cell with this upper left corner."""
        for right in range(left + 1, self._right + 1):
            self._steps_left -= 1
            sign = self._block[top][right]
            if sign == "+" and (bottom := self._find_bottom(top, left, right)) is not None:
                return bottom, right
            if sign not in "+-" or self._steps_left < 0:
                return None
        return None

    def _find_bottom(self, top: int, left: int, right: int) -> int | None:
        """Return the lower border of the cell with these upper corners."""
        for bottom in range(top + 1, self._bottom + 1):
            self._steps_left -= 1
            sign = self._block[bottom][right]
            if sign == "+" and self._is_closed(top, left, bottom, right):
                return bottom
            if sign not in "+|" or self._steps_left < 0:
                return None
        return None

    def _is_closed(self, top: int, left: int, bottom: int, right: int) -> bool:
        """Return whether the lower and left borders of a cell are drawn without a gap."""
        below = self._block[bottom][left : right + 1]
        self._steps_left -= len(below) + bottom - top
        if below[0] != "+" or below.strip("+-"):
            return False
        return all(self._block[row][left] in "+|" for row in range(top + 1, bottom))
