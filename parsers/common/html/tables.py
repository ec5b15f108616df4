"""HTML tables: which have data and which only lay out a page, and the cells of the former."""

from collections.abc import Sequence
from itertools import groupby

from vouch.parsers.common.html.visibility import Node, events, name_of, shown_text
from vouch.parsers.common.links import Linked
from vouch.parsers.common.merged_cells import MAX_SPAN, laid_out

# A cell with one of these is a part of a page rather than a value.
_LAYOUT = frozenset("table h1 h2 h3 h4 h5 h6 ul ol pre form article section nav".split())
_LISTS = {"ul", "ol"}
_LONG_CELL = 2000


def data_rows(table: Node) -> list[Node]:
    """Return the rows of a data table, none for a table that only lays out a page.

    A layout has a role that says so, one column, or cells with blocks or very long text. Lists and
    tables within its cells are signs of layout too, but not where header cells name the columns.
    """
    if table.get("role") in ("presentation", "none"):
        return []
    layout = _LAYOUT if next(table.iter("th"), None) is None else _LAYOUT - _LISTS
    first_row = next(table.iterdescendants("tr"), None)
    names = [] if first_row is None else _cells(first_row)
    if len(names) > 1 and _is_header(names):
        layout -= {"table"}
    if next(table.iterdescendants(*layout), None) is not None:
        return []
    rows = _own_rows(table)
    cells = [_cells(row) for row in rows]
    if max(map(len, cells), default=0) < 2:
        return []
    has_long_cell = _is_long(table) and any(
        _is_long(cell) and len(shown_text(cell)) >= _LONG_CELL for row in cells for cell in row
    )
    return [] if has_long_cell else rows


def _own_rows(table: Node) -> list[Node]:
    """Return the shown rows of a table, not those of tables in its cells."""
    rows = []
    nested: Node | None = None
    for event, node, name in events(table):
        if node is nested:
            nested = None if event == "end" else nested
        elif nested is None and event == "start" and node is not table:
            if name == "table":
                nested = node
            elif name == "tr":
                rows.append(node)
    return rows


def _is_long(node: Node) -> bool:
    return len("".join(node.itertext())) >= _LONG_CELL


def table_rows(rows: Sequence[Node], base: str = "") -> tuple[list[list[str]], int]:
    """Return the cells of each row by column, and the number of header rows.

    A tall cell is in all rows that it spans, a wide one is followed by empty ones. A cell is text
    with its links, relative ones resolved against `base`.
    """
    headers = 0
    for row in rows:
        cells = _cells(row)
        is_head = next(row.iterancestors("thead"), None) is not None
        if not is_head and not _is_header(cells):
            break
        headers += 1
    # A tall cell ends with the part of the table, such as `thead`, that it is in.
    parts = (list(part) for _, part in groupby(rows, key=lambda row: row.getparent()))
    texts = [
        line
        for part in parts
        for line in laid_out(
            [
                (shown_text(cell, base), _span(cell, "colspan"), _span(cell, "rowspan"))
                for cell in _cells(row)
            ]
            for row in part
        )
    ]
    return texts, headers


def caption_of(table: Node, base: str = "") -> Linked:
    """Return the caption of a table, "" where it has none."""
    caption = table.find("caption")
    return Linked("") if caption is None else shown_text(caption, base)


def _is_header(cells: Sequence[Node]) -> bool:
    return bool(cells) and all(name_of(cell) == "th" for cell in cells)


def _cells(row: Node) -> list[Node]:
    return [node for node in row if name_of(node) in ("td", "th")]


def _span(cell: Node, name: str) -> int:
    span = cell.get(name) or "1"
    # Of more than 4,300 digits Python makes no number, but a ValueError.
    return max(1, min(int(span), MAX_SPAN)) if span.isdecimal() and len(span) < 9 else 1
