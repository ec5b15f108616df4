"""The grid of a Word table, with the places that merged cells cover left empty."""

from collections.abc import Iterator

from parsers.ooxml import Xml, attribute, child, is_on, name_of

_FIRST_ROW = 0x0020
_MAX_SPAN = 1000
_WRAPPERS = {"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"}


def grid(table: Xml) -> list[list[Xml | None]]:
    """Rows of cells; None where a cell that begins above or to the left goes on, or where a row begins late."""
    rows = []
    for row in _members(table, "tr"):
        places: list[Xml | None] = [None] * _number(child(row, "trPr", "gridBefore"))
        for cell in _members(row, "tc"):
            properties = child(cell, "tcPr")
            merged = child(properties, "vMerge")
            goes_on = merged is not None and attribute(merged, "val") != "restart"
            places.append(None if goes_on else cell)
            places += [None] * (_number(child(properties, "gridSpan"), default=1) - 1)
        rows.append(places)
    width = max(map(len, rows), default=0)
    return [row + [None] * (width - len(row)) for row in rows]


def header_rows(table: Xml) -> int:
    """Rows that are said to repeat on each page, else the first where the table's look sets it apart."""
    rows = list(_members(table, "tr"))
    repeated = 0
    while repeated < len(rows) and is_on(child(rows[repeated], "trPr", "tblHeader")):
        repeated += 1
    if repeated:
        return repeated if repeated < len(rows) else 1
    return int(len(rows) > 1 and _first_row_stands_out(child(table, "tblPr", "tblLook")))


def single_cell(table: Xml) -> Xml | None:
    """The cell of a table that has no other."""
    rows = list(_members(table, "tr"))
    cells = list(_members(rows[0], "tc")) if len(rows) == 1 else []
    return cells[0] if len(cells) == 1 else None


def _members(container: Xml, name: str) -> Iterator[Xml]:
    for one in container:
        if name_of(one) == name:
            yield one
        elif name_of(one) in _WRAPPERS:
            yield from _members(one, name)


def _first_row_stands_out(look: Xml | None) -> bool:
    named = attribute(look, "firstRow")
    if named is not None:
        return named in {"1", "true", "on"}
    try:
        return bool(int(attribute(look, "val") or "0", 16) & _FIRST_ROW)
    except ValueError:
        return False


def _number(element: Xml | None, default: int = 0) -> int:
    value = attribute(element, "val") or ""
    return min(int(value), _MAX_SPAN) if value.isdigit() else default
