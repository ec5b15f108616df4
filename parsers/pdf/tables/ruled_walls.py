"""Lines down between the cells of ruled tables: text on both sides of one is not one text."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import inf
from typing import TypeAlias

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom in points; y is negative, so that it grows downwards."""
Wall: TypeAlias = tuple[float, float, float]
"""The place of a line down, its top and its bottom, in points as in a box."""

# In points: how far text reaches over the line beside it.
_OVER = 1.0


def walls(grids: Sequence[Sequence[Box]]) -> list[Wall]:
    """Return the lines between cells that are side by side."""
    return sorted({(box[0], box[1], box[3]) for grid in grids for box in grid})


def is_between(walls: Sequence[Wall], x0: float, x1: float, y: float) -> bool:
    """Return whether one of the walls, in their order, is in the gap from `x0` to `x1` at `y`."""
    first = bisect_left(walls, (x0 - _OVER,))
    end = bisect_right(walls, (x1 + _OVER, inf, inf))
    return any(top <= -y <= bottom for _, top, bottom in walls[first:end])
