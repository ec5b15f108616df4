"""Reading order of PDF pages with columns."""

from itertools import chain

from vouch.parsers.pdf.columns import in_reading_order
from vouch.parsers.pdf.page import Run


def column_runs(name: str, x: float, count: int) -> list[Run]:
    return [
        Run(f"{name} column line with words {row}", x, x + 200, 700 - 12 * row, 10, bold=False)
        for row in range(count)
    ]


def test_columns_stored_line_by_line_are_read_one_after_the_other():
    left, right = column_runs("left", 50, 8), column_runs("right", 300, 8)
    title = Run("A sentence across the page and both columns.", 50, 500, 720, 10, bold=False)
    stored = [title, *chain(*zip(left, right, strict=True))]
    assert in_reading_order(stored) == [title, *left, *right]


def test_a_few_lines_side_by_side_are_no_columns():
    left, right = column_runs("left", 50, 4), column_runs("right", 300, 4)
    stored = list(chain(*zip(left, right, strict=True)))
    assert in_reading_order(stored) == stored
