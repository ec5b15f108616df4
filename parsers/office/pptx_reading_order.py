"""The order in which the shapes of a slide are read: from top to bottom, columns one after the other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pptx.shapes.base import BaseShape

_SLACK = 0.1  # of a box; boxes overlap a little more often than they are meant to

# How much wider the gaps between columns are than those between the boxes of one.
_WIDER = 1.5


@dataclass(frozen=True, slots=True)
class _Box:
    shape: BaseShape
    left: int
    top: int
    right: int
    bottom: int


def in_reading_order(shapes: Iterable[BaseShape]) -> list[BaseShape]:
    """Shapes of one level; a group is one shape, at the place of its box.

    They are cut again and again along empty lines across all of them, or down them where the gap is clearly wider: boxes of
    one column stand closer than columns do. Where no line is empty, shapes go by their upper left corners.
    """
    done: list[_Box] = []
    waiting = [[_box(shape) for shape in shapes]]
    while waiting:  # without recursion: slides with thousands of shapes exist
        part = waiting.pop()
        (rows, row_gap), (columns, column_gap) = _cut(part, _rows), _cut(part, _columns)
        pieces = (
            rows
            if len(columns) < 2 or (len(rows) > 1 and row_gap * _WIDER >= column_gap)
            else columns
        )
        if len(pieces) > 1:
            waiting += reversed(pieces)
        else:
            done += sorted(part, key=lambda box: (box.top, box.left))
    return [box.shape for box in done]


def _box(shape: BaseShape) -> _Box:
    left, top = int(shape.left or 0), int(shape.top or 0)
    return _Box(shape, left, top, left + int(shape.width or 0), top + int(shape.height or 0))


def _rows(box: _Box) -> tuple[int, int]:
    return box.top, box.bottom


def _columns(box: _Box) -> tuple[int, int]:
    return box.left, box.right


def _cut(
    boxes: Sequence[_Box], extent: Callable[[_Box], tuple[int, int]]
) -> tuple[list[list[_Box]], float]:
    """Boxes in groups between which there is an empty line, in the order of an axis, and the widest gap between two."""
    groups: list[list[_Box]] = []
    reached = widest = float("-inf")
    for box in sorted(boxes, key=lambda one: (*extent(one), one.top, one.left)):
        begin, end = extent(box)
        if groups and begin + (end - begin) * _SLACK < reached:
            groups[-1].append(box)
        else:
            widest = max(widest, begin - reached) if groups else widest
            groups.append([box])
        reached = max(reached, end - (end - begin) * _SLACK)
    return groups, widest
