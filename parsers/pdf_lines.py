"""Lines of a PDF page: runs on one baseline joined, wide gaps kept as borders of cells."""

from collections.abc import Sequence
from dataclasses import dataclass

from parsers.pdf_page import Run

# In font sizes: below, two runs are one word; above, two cells.
WORD_GAP = 0.15
CELL_GAP = 2.0
_RAISED = 0.6


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as cells, of which running text has one. Places are in points, `y` from the bottom."""

    cells: tuple[Run, ...]

    @property
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

    @property
    def size(self) -> float:
        return max(self.cells, key=lambda cell: len(cell.text)).size

    @property
    def bold(self) -> bool:
        return all(cell.bold for cell in self.cells)

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
    return [Line(tuple(cells)) for cells in found]


def _goes_on(last: Run, run: Run) -> bool:
    """Does `run` stand right of `last` on its line, if raised or lowered as notes and indices are?"""
    near = abs(last.y - run.y) <= _RAISED * max(last.size, run.size)
    return near and not last.hyphenated and run.x0 > last.x1 - 0.5 * max(last.size, run.size)


def _add(cells: list[Run], run: Run) -> None:
    last = cells[-1]
    size = max(last.size, run.size)
    gap = run.x0 - last.x1
    if gap > CELL_GAP * size:
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
