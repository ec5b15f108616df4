"""The order in which the shapes of a slide are read: from top to bottom, columns one after the other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pptx.shapes.base import BaseShape

_SLACK = 0.1  # of a box; boxes overlap a little more often than they are meant to


@dataclass(frozen=True, slots=True)
class _Box:
    shape: BaseShape
    left: int
    top: int
    right: int
    bottom: int


def in_reading_order(shapes: Iterable[BaseShape]) -> list[BaseShape]:
    """Shapes of one level; a group is one shape, at the place of its box.

    Where an empty line can be drawn across the whole, what is above it comes first; else where one can be drawn down it,
    what is left of it. Where neither can, shapes go by their upper left corners.
    """
    return [box.shape for box in _ordered([_box(shape) for shape in shapes])]


def _box(shape: BaseShape) -> _Box:
    left, top = int(shape.left or 0), int(shape.top or 0)
    return _Box(shape, left, top, left + int(shape.width or 0), top + int(shape.height or 0))


def _ordered(boxes: Sequence[_Box]) -> list[_Box]:
    """Cut again and again, without recursion: slides with thousands of shapes exist."""
    done: list[_Box] = []
    waiting = [(list(boxes), False)]
    while waiting:
        part, tried = waiting.pop()
        pieces = _cut(part, _rows if not tried else _columns)
        if len(pieces) > 1:
            waiting += [(piece, not tried) for piece in reversed(pieces)]
        elif not tried and len(part) > 1:
            waiting.append((part, True))
        else:
            done += sorted(part, key=lambda box: (box.top, box.left))
    return done


def _rows(box: _Box) -> tuple[float, float]:
    slack = (box.bottom - box.top) * _SLACK
    return box.top + slack, box.bottom - slack


def _columns(box: _Box) -> tuple[float, float]:
    slack = (box.right - box.left) * _SLACK
    return box.left + slack, box.right - slack


def _cut(boxes: Sequence[_Box], extent: Callable[[_Box], tuple[float, float]]) -> list[list[_Box]]:
    """Boxes in groups between which there is an empty line, in the order of the axis of `extent`."""
    groups: list[list[_Box]] = []
    reached = float("-inf")
    for box in sorted(boxes, key=lambda one: (*extent(one), one.top, one.left)):
        begin, end = extent(box)
        if groups and begin < reached:
            groups[-1].append(box)
        else:
            groups.append([box])
        reached = max(reached, end)
    return groups
