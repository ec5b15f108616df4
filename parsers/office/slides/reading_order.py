"""Sort the shapes of a slide into reading order: top to bottom, columns one after the other.

This is the recursive XY cut of Nagy and Seth (1984), on the boxes of shapes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pptx.shapes.base import BaseShape

# Of a box, at each end: boxes drawn by hand overlap a little where none is meant to, and one such
# pair would make a row or column boundary disappear.
_SLACK = 0.1
# A gap between columns must be this much wider than the one between rows to be cut first. Cards in
# a grid have about equal gaps and are read row by row.
_WIDER = 1.5


@dataclass(frozen=True, slots=True)
class _Box:
    """A shape and its sides in English Metric Units (914,400 an inch), from the upper left."""

    shape: BaseShape
    left: int
    top: int
    right: int
    bottom: int


def in_reading_order(shapes: Iterable[BaseShape]) -> list[BaseShape]:
    """Sort the shapes of one level; a group counts as one shape.

    They are divided again and again along empty bands across all of them, or down them where the
    gap is clearly wider. Shapes that no band divides are sorted by their upper left corners.
    """
    ordered: list[_Box] = []
    waiting = [[_box(shape) for shape in shapes]]
    while waiting:  # not recursive: slides with thousands of shapes exist
        part = waiting.pop()
        rows, row_gap = _cut(part, lambda box: (box.top, box.bottom))
        columns, column_gap = _cut(part, lambda box: (box.left, box.right))
        has_rows = len(rows) > 1 and row_gap * _WIDER >= column_gap
        pieces = rows if len(columns) < 2 or has_rows else columns
        if len(pieces) > 1:
            waiting += reversed(pieces)
        else:
            ordered += sorted(part, key=lambda box: (box.top, box.left))
    return [box.shape for box in ordered]


def _box(shape: BaseShape) -> _Box:
    left, top = int(shape.left or 0), int(shape.top or 0)
    return _Box(shape, left, top, left + int(shape.width or 0), top + int(shape.height or 0))


def _cut(
    boxes: Sequence[_Box], extent: Callable[[_Box], tuple[int, int]]
) -> tuple[list[list[_Box]], float]:
    """Group boxes between empty bands, in the order of an axis; also return the widest gap.

    `extent` gives where a box begins and ends on the axis.
    """
    groups: list[list[_Box]] = []
    reached = widest = float("-inf")
    for box in sorted(boxes, key=lambda box: (*extent(box), box.top, box.left)):
        begin, end = extent(box)
        slack = (end - begin) * _SLACK
        if groups and begin + slack < reached:
            groups[-1].append(box)
        else:
            widest = max(widest, begin - reached) if groups else widest
            groups.append([box])
        reached = max(reached, end - slack)
    return groups, widest
