"""HTML tables: which hold data and which only lay out a page, and the cells of the former."""

from parsers.html_visible import Node, events, name_of, shown_text
from parsers.linked import Linked

# A cell with one of these is a part of a page, not a value.
_LAYOUT = frozenset("table h1 h2 h3 h4 h5 h6 ul ol pre form article section nav".split())
_MAX_SPAN = 100
_LONG_CELL = 2000


def is_data_table(table: Node) -> bool:
    """False for a table that lays out a page: nested ones, one column, cells full of blocks or very long."""
    if table.get("role") in ("presentation", "none"):
        return False
    # Lists lay out a page, too, but not beside cells that say what they are.
    layout = _LAYOUT if next(table.iter("th"), None) is None else _LAYOUT - {"ul", "ol"}
    if any(name_of(node) in layout for node in table.iterdescendants()):
        return False
    rows = [_cells(row) for row in _rows(table)]
    return max(map(len, rows), default=0) > 1 and not any(_is_long(cell) for cells in rows for cell in cells)


def _is_long(cell: Node) -> bool:
    return len("".join(cell.itertext())) >= _LONG_CELL and len(shown_text(cell)) >= _LONG_CELL


def table_rows(table: Node, base: str = "") -> tuple[list[list[str]], int]:
    """The cells of each row, empty where a wide or a tall one reaches; and how many rows are headings.

    A cell is text with its links, relative ones resolved against `base`.
    """
    rows = _rows(table)
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


def _rows(table: Node) -> list[Node]:
    return [node for event, node in events(table) if event == "start" and name_of(node) == "tr"]


def _cells(row: Node) -> list[Node]:
    return [node for node in row if name_of(node) in ("td", "th")]


def _laid_out(rows: list[Node], base: str) -> list[list[str]]:
    """Each cell in its column."""
    laid: list[list[str]] = []
    taken: dict[int, int] = {}  # by column: rows that a tall cell above still takes
    for row in rows:
        texts: list[str] = []
        below: dict[int, int] = {}
        for cell in _cells(row):
            _pass_over(taken, texts)
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            if height > 1:
                below |= dict.fromkeys(range(len(texts), len(texts) + width), height - 1)
            texts += [shown_text(cell, base), *[""] * (width - 1)]
        _pass_over(taken, texts)
        taken = {column: left - 1 for column, left in taken.items() if left > 1} | below
        laid.append(texts)
    return laid


def _pass_over(taken: dict[int, int], texts: list[str]) -> None:
    while len(texts) in taken:
        texts.append("")


def _span(cell: Node, name: str) -> int:
    span = cell.get(name) or "1"
    return max(1, min(int(span), _MAX_SPAN)) if span.isdecimal() and len(span) < 9 else 1
