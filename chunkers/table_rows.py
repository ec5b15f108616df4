"""Which rows of a table a span of the canonical text covers, so that a hit in a table can cite them."""

from bisect import bisect_left, bisect_right

from vouch.schemas.records import Element, Span


def rows_of(element: Element, span: Span) -> tuple[int, int] | None:
    """The first and the last row that a span touches, counted from 1 below the header.

    None where the element is no table, or where the span holds nothing of its rows: its header alone, or borders.
    """
    if element.table is None:
        return None
    rows, skipped = element.table.rows, element.table.header_rows
    # A row ends where its last cell does; cells at its end may be empty, and are still its own.
    first = max(bisect_right(rows, span[0], key=lambda row: row[-1][1]), skipped)
    last = bisect_left(rows, span[1], key=lambda row: row[0][0]) - 1
    return (
        (first - skipped + 1, last - skipped + 1) if first <= last and span[0] < span[1] else None
    )


def row_span(element: Element, number: int) -> Span:
    """Where a row stands, counted as in `rows_of`. Raises `IndexError` where there is no such row."""
    if (
        element.table is None
        or not 1 <= number <= len(element.table.rows) - element.table.header_rows
    ):
        raise IndexError(f"the element has no row {number} below its header")
    row = element.table.rows[element.table.header_rows + number - 1]
    return row[0][0], row[-1][1]
