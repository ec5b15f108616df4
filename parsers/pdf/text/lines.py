"""Join the runs on one baseline of a PDF page to lines, with wide gaps kept as cell boundaries."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.pdf.page import PART_GAP, RUN_GAP, Part, Run
from vouch.parsers.pdf.tables.ruled_walls import Wall, is_between
from vouch.parsers.pdf.text.raised_numbers import joined

# In font sizes. A run may start within a word, at a raised note number for example; a space is
# about 0.2 or wider, so that nearer runs are one word.
WORD_GAP = 0.15
# In font sizes: how far the baseline of a note number or an index lies from that of its line. The
# next line is rarely less than a whole font size lower.
_RAISED = 0.6
# In font sizes. Left edges this near share a column, so that items with a hanging bullet are
# measured together with the text above them.
_SAME_EDGE = 3.0
# Of the width of its column. A line that ends earlier was broken on purpose; a justified or a
# ragged line that breaks before a long word ends within it.
_BROKEN_BY = 0.3


@dataclass(frozen=True)
class Line:
    """A line of text as cells, of which running text has one. Places are in points.

    `y` is the baseline, from the bottom of the page. `right` is where the longest line of its
    column ends. Without slots, because derived values that are read repeatedly are cached.
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
        """The font size of the cell with the most text, in points."""
        if len(self.cells) == 1:
            return self.cells[0].size
        return max(self.cells, key=lambda cell: len(cell.text)).size

    @cached_property
    def bold(self) -> bool:
        return all(cell.bold for cell in self.cells)

    @property
    def is_broken(self) -> bool:
        """Whether the line ends well before its column does, as in addresses and verses."""
        return self.x1 < self.right - _BROKEN_BY * (self.right - self.x0)

    @property
    def hyphenated(self) -> bool:
        return self.cells[-1].hyphenated


def lines(runs: Sequence[Run], walls: Sequence[Wall] = ()) -> list[Line]:
    """Return runs in reading order as lines; `walls` are the lines between ruled cells."""
    rows: list[list[Run]] = []
    for number, run in enumerate(runs):
        if rows and _is_same_line(rows[-1][-1], run):
            _append(rows[-1], run, walls, following=runs[number + 1 : number + 2])
        else:
            rows.append([run])
    return [
        Line(tuple(cells), right) for cells, right in zip(rows, _column_rights(rows), strict=True)
    ]


def _column_rights(rows: Sequence[Sequence[Run]]) -> list[float]:
    """Return for each line where the longest line of its size and left edge ends."""
    longest: dict[tuple[int, int], float] = {}
    columns = [_column(cells) for cells in rows]
    for column, cells in zip(columns, rows, strict=True):
        longest[column] = max(longest.get(column, cells[-1].x1), cells[-1].x1)
    # Neighbouring edges too: rounding may part two edges that are near each other.
    return [
        max(longest.get((edge + step, size), 0.0) for step in (-1, 0, 1)) for edge, size in columns
    ]


def _column(cells: Sequence[Run]) -> tuple[int, int]:
    """Return the left edge, in steps of `_SAME_EDGE`, and the font size, in whole points."""
    size = max(cells[0].size, 1.0)
    return round(cells[0].x0 / (_SAME_EDGE * size)), round(size)


def _is_same_line(last: Run, run: Run) -> bool:
    """Return whether `run` is right of `last` on its line, even if raised or lowered as notes are.

    Half a font size of overlap is allowed: italics and kerned pairs reach into each other.
    """
    size = max(last.size, run.size)
    is_level = abs(last.y - run.y) <= _RAISED * size
    is_fraction = last.tail is not None and run.head is not None and last.tail.is_over(run.head)
    is_behind = run.x0 > last.x1 - 0.5 * size or is_fraction
    return is_level and is_behind and not last.hyphenated


def _append(
    cells: list[Run], run: Run, walls: Sequence[Wall], following: Sequence[Run] = ()
) -> None:
    """Add a run to a line: as a new cell after a wide gap or a wall, else to the last cell.

    `following` is the next run, if there is one.
    """
    last = cells[-1]
    size = max(last.size, run.size)
    gap = run.x0 - last.x1
    # A bullet and its text are one cell, however far apart they are.
    is_cell = gap > RUN_GAP * size and without_bullet(last.text) != ""
    if is_cell or is_between(walls, last.x1, run.x0, run.y):
        cells.append(run)
        return
    main = last if len(last.text) >= len(run.text) else run
    cells[-1] = Run(
        text=f"{last.text} {run.text}" if gap > WORD_GAP * size else _joined(last, run, *following),
        x0=last.x0,
        x1=max(last.x1, run.x1),
        y=main.y,
        size=main.size,
        bold=last.bold and run.bold,
        hyphenated=run.hyphenated,
        parts=_parts(last, run, gap > PART_GAP * size),
        head=last.head,
        tail=run.tail,
    )


def _joined(last: Run, run: Run, following: Run | None = None) -> str:
    """Return the text of two runs that are next to each other."""
    if last.tail is None or run.head is None:
        return last.text + run.text
    after = (following.text, following.head) if following and following.head else None
    return joined((last.text, last.tail), (run.text, run.head), after)


def _parts(last: Run, run: Run, are_apart: bool) -> tuple[Part, ...]:
    """Return the parts of two runs that become one cell."""
    if are_apart:
        return (*_whole(last), *_whole(run))
    if not last.parts and not run.parts:
        return ()
    *before, (left, x0, _) = _whole(last)
    (right, _, x1), *behind = _whole(run)
    return (*before, (left + right, x0, x1), *behind)


def _whole(run: Run) -> tuple[Part, ...]:
    return run.parts or ((run.text, run.x0, run.x1),)
