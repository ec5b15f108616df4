"""Lines of a PDF page: runs on one baseline joined, wide gaps kept as borders of cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.pdf.page import RUN_GAP, Run

# In font sizes. Runs nearer than this are one word.
WORD_GAP = 0.15
_RAISED = 0.6
# Lines that begin this near to each other share a column.
_SAME_EDGE = 3.0
# Of the width of its column: a line that ends earlier was broken on purpose.
_BROKEN_BY = 0.3


@dataclass(frozen=True)
class Line:
    """One line of text as cells, of which running text has one. Places are in points, `y` from the bottom.

    `right` is where the longest line of its column ends. No slots: what is asked of a line again and again is kept with it.
    """

    cells: tuple[Run, ...]
    right: float

    @cached_property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

    @property
    def x0(self) -> float:
        return self.cells[0].x0

    @property
    def x1(self) -> float:
        return self.cells[-1].x1

    @property
    def y(self) -> float:
        return self.cells[0].y

    @cached_property
    def size(self) -> float:
        return (
            self.cells[0].size
            if len(self.cells) == 1
            else max(self.cells, key=lambda cell: len(cell.text)).size
        )

    @cached_property
    def bold(self) -> bool:
        return all(cell.bold for cell in self.cells)

    @property
    def is_broken(self) -> bool:
        """Does it end long before the others of its column, as lines of addresses and verses do?"""
        return self.x1 < self.right - _BROKEN_BY * (self.right - self.x0)

    @property
    def hyphenated(self) -> bool:
        return self.cells[-1].hyphenated


def lines(runs: Sequence[Run]) -> list[Line]:
    """Runs in reading order as lines."""
    found: list[list[Run]] = []
    for run in runs:
        if found and _goes_on(found[-1][-1], run):
            _add(found[-1], run)
        else:
            found.append([run])
    rights = _rights(found)
    return [Line(tuple(cells), right) for cells, right in zip(found, rights, strict=True)]


def _rights(found: Sequence[Sequence[Run]]) -> list[float]:
    """For each line, where the longest one of its size that begins at about the same place ends."""
    longest: dict[tuple[int, int], float] = {}
    for cells in found:
        place = _column(cells)
        longest[place] = max(longest.get(place, cells[-1].x1), cells[-1].x1)
    places = [_column(cells) for cells in found]
    return [
        max(longest.get((edge + step, size), 0.0) for step in (-1, 0, 1)) for edge, size in places
    ]


def _column(cells: Sequence[Run]) -> tuple[int, int]:
    """Left edge and font size, both rounded."""
    size = max(cells[0].size, 1.0)
    return round(cells[0].x0 / (_SAME_EDGE * size)), round(size)


def _goes_on(last: Run, run: Run) -> bool:
    """Does `run` stand right of `last` on its line, if raised or lowered as notes and indices are?"""
    near = abs(last.y - run.y) <= _RAISED * max(last.size, run.size)
    return near and not last.hyphenated and run.x0 > last.x1 - 0.5 * max(last.size, run.size)


def _add(cells: list[Run], run: Run) -> None:
    last = cells[-1]
    size = max(last.size, run.size)
    gap = run.x0 - last.x1
    if gap > RUN_GAP * size and without_bullet(last.text) != "":
        cells.append(run)
        return
    main = last if len(last.text) >= len(run.text) else run
    cells[-1] = Run(
        text=last.text + (" " if gap > WORD_GAP * size else "") + run.text,
        x0=last.x0,
        x1=max(last.x1, run.x1),
        y=main.y,
        size=main.size,
        bold=last.bold and run.bold,
        hyphenated=run.hyphenated,
    )
