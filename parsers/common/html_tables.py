"""HTML tables: which hold data and which only lay out a page, and the cells of the former."""

from collections.abc import Sequence
from itertools import groupby

from vouch.parsers.common.grid import MAX_SPAN, Cell, laid_out
from vouch.parsers.common.html_visibility import Node, events, name_of, shown_text
from vouch.parsers.common.links import Linked

# A cell with one of these is a part of a page, not a value.
_LAYOUT = frozenset("table h1 h2 h3 h4 h5 h6 ul ol pre form article section nav".split())
_LONG_CELL = 2000


def data_rows(table: Node) -> list[Node]:
    """The rows of a table; none where it lays out a page: nested ones, one column, cells full of blocks or very long."""
    if table.get("role") in ("presentation", "none"):
        return []
    # Lists lay out a page, too, but not beside cells that say what they are.
    layout = _LAYOUT if next(table.iter("th"), None) is None else _LAYOUT - {"ul", "ol"}
    if next(table.iterdescendants(*layout), None) is not None:
        return []
    rows = [node for event, node, name in events(table) if event == "start" and name == "tr"]
    cells = [_cells(row) for row in rows]
    long = _is_long(table) and any(
        _is_long(cell) and len(shown_text(cell)) >= _LONG_CELL for row in cells for cell in row
    )
    return [] if long or max(map(len, cells), default=0) < 2 else rows


def _is_long(node: Node) -> bool:
    return len("".join(node.itertext())) >= _LONG_CELL


def table_rows(rows: Sequence[Node], base: str = "") -> tuple[list[list[str]], int]:
    """The cells of each row, a tall one in all its rows, empty where a wide one reaches; and how many rows are headings.

    A cell is text with its links, relative ones resolved against `base`.
    """
    headers = 0
    for row in rows:
        inside_head = any(name_of(above) == "thead" for above in row.iterancestors("thead"))
        cells = _cells(row)
        if not (inside_head or (cells and all(name_of(cell) == "th" for cell in cells))):
            break
        headers += 1
    return _laid_out(rows, base), headers


def caption_of(table: Node, base: str = "") -> Linked:
    """The table's caption, or nothing."""
    caption = table.find("caption")
    return Linked("") if caption is None else shown_text(caption, base)


def _cells(row: Node) -> list[Node]:
    return [node for node in row if name_of(node) in ("td", "th")]


def _laid_out(rows: Sequence[Node], base: str) -> list[list[str]]:
    """Each cell in its column. A tall one ends with the part of the table, `thead` say, that it stands in."""
    parts = (list(part) for _, part in groupby(rows, key=lambda row: row.getparent()))
    return [
        texts
        for part in parts
        for texts in laid_out([_told(cell, base) for cell in _cells(row)] for row in part)
    ]


def _told(cell: Node, base: str) -> Cell:
    return shown_text(cell, base), _span(cell, "colspan"), _span(cell, "rowspan")


def _span(cell: Node, name: str) -> int:
    span = cell.get(name) or "1"
    return max(1, min(int(span), MAX_SPAN)) if span.isdecimal() and len(span) < 9 else 1
