"""The grid of a Word table as it reads once its tracked changes are accepted; places that merged cells cover are empty."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vouch.parsers.common.merged_cells import Merge, header_depth
from vouch.parsers.common.xml_tree import Xml, attribute, child, is_on, name_of

_FIRST_ROW = 0x0020
_MAX_SPAN = 1000
_ALONE = 2  # children of a cell of one paragraph: its properties and that
# What tracked changes take out, and what stands for something newer that is there too.
_GONE = {"Fallback", "del", "moveFrom"}
_WRAPPERS = {"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"}


@dataclass(slots=True)
class Grid:
    """Rows of cells, all of one length; None where a cell that begins above or to the left goes on, or a row begins late."""

    rows: list[list[Xml | None]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)


def grid(table: Xml) -> Grid:
    """The places of a table."""
    made = Grid()
    tall: dict[int, int] = {}  # by column: the merge that may go on below
    for number, row in enumerate(_rows(table)):
        places: list[Xml | None] = [None] * _number(child(row, "trPr", "gridBefore"))
        for cell in _members(row, "tc"):
            properties = child(cell, "tcPr")
            if child(properties, "cellDel") is not None:
                continue
            column, width = len(places), _number(child(properties, "gridSpan"), default=1)
            goes_on = _goes_on(properties)
            places += [None if goes_on else cell, *[None] * (width - 1)]
            _note_merge(made.merges, tall, goes_on, (number, column, number, column + width - 1))
        made.rows.append(places)
    width = max(map(len, made.rows), default=0)
    made.rows = [row + [None] * (width - len(row)) for row in made.rows]
    return made


def _goes_on(properties: Xml | None) -> bool:
    merged = child(properties, "vMerge")
    return merged is not None and attribute(merged, "val") != "restart"


def _note_merge(merges: list[Merge], tall: dict[int, int], goes_on: bool, place: Merge) -> None:
    """Write a cell down as a merge of one place, or let the one above it reach down to it."""
    row, column, _, right = place
    if not goes_on:
        tall[column] = len(merges)
        merges.append(place)
    elif (above := tall.get(column)) is not None and merges[above][2] == row - 1:
        merges[above] = (*merges[above][:2], row, right)


def header_rows(table: Xml, merges: list[Merge]) -> int:
    """Rows that are said to repeat on each page, else the first where the table's look or its type sets it apart."""
    rows = list(_rows(table))
    repeated = 0
    while repeated < len(rows) and is_on(child(rows[repeated], "trPr", "tblHeader")):
        repeated += 1
    if repeated:
        return repeated if repeated < len(rows) else 1
    if len(rows) > 1 and (
        _first_row_stands_out(child(table, "tblPr", "tblLook")) or _is_bold_alone(rows)
    ):
        return header_depth(merges, len(rows))
    return 0


def single_cell(table: Xml) -> Xml | None:
    """The cell of a table that has no other."""
    rows = list(_rows(table))
    cells = list(_members(rows[0], "tc")) if len(rows) == 1 else []
    return cells[0] if len(cells) == 1 else None


def has_section(cell: Xml, is_title: Callable[[Xml], bool]) -> bool:
    """Does a cell hold a heading and what it heads? Then its table lays out a page, as those of templates do."""
    if len(cell) <= _ALONE:
        return False
    headings = [
        is_title(one) for one in paragraphs(cell) if any(text.text for text in one.iter("{*}t"))
    ]
    return any(headings) and not all(headings)


def paragraphs(container: Xml, inner: list[Xml] | None = None) -> Iterator[Xml]:
    """Paragraphs at any depth of tables and wrappers, without those in the text boxes of others.

    Tables of several rows and columns are put aside in `inner`, where that is given.
    """
    for one in container:
        name = name_of(one)
        if name == "p":
            yield one
        elif name == "tbl" and inner is not None and not _is_one_line(one):
            inner.append(one)
        elif name not in _GONE and not (name == "tr" and child(one, "trPr", "del") is not None):
            yield from paragraphs(one, inner)


def _is_one_line(table: Xml) -> bool:
    """Has a table one row or one column alone?"""
    rows = [sum(1 for _ in _members(row, "tc")) for row in _rows(table)]
    return len(rows) < 2 or max(rows) < 2


def _rows(table: Xml) -> Iterator[Xml]:
    """The rows that are not deleted by a tracked change."""
    return (row for row in _members(table, "tr") if child(row, "trPr", "del") is None)


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


def _is_bold_alone(rows: list[Xml]) -> bool:
    """The first row names several columns, all that it says is bold, and not all of the second is."""
    names = [
        cell
        for cell in _members(rows[0], "tc")
        if any(name_of(one) == "t" and one.text for one in cell.iter())
    ]
    return len(names) > 1 and _is_bold(rows[0]) and not _is_bold(rows[1])


def _is_bold(row: Xml) -> bool:
    runs = [
        run
        for run in row.iter()
        if name_of(run) == "r" and any(name_of(one) == "t" and one.text for one in run)
    ]
    return bool(runs) and all(is_on(child(run, "rPr", "b")) for run in runs)


def _number(element: Xml | None, default: int = 0) -> int:
    value = attribute(element, "val") or ""
    return min(int(value), _MAX_SPAN) if value.isdigit() else default
