"""Read the grid of a Word table as it is once its tracked changes are accepted.

Places that merged cells cover are empty.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vouch.parsers.common.merged_cells import Merge, header_depth
from vouch.parsers.common.xml.tree import Xml, attribute, child, is_on, name_of
from vouch.schemas.documents.records import LeftOutKind

_FIRST_ROW = 0x0020  # of the bit mask in tblLook
_MAX_SPAN = 1000  # columns: a span of billions must not fill the memory
# Content that tracked changes take out, and the old notation of content that is there too.
_NOT_SHOWN = {"Fallback", "del", "moveFrom"}
_WRAPPERS = {"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"}


@dataclass(slots=True)
class Grid:
    """Rows of cells, all of one length.

    A place is None where a cell from above or from the left continues, or a row starts late.
    """

    rows: list[list[Xml | None]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)


def grid(table: Xml) -> Grid:
    """Return the grid of a table."""
    result = Grid()
    tall: dict[int, int] = {}  # by column: index of the merge that may continue below
    for number, row in enumerate(_rows(table)):
        places: list[Xml | None] = [None] * _number(child(row, "trPr", "gridBefore"))
        for cell in _members(row, "tc"):
            properties = child(cell, "tcPr")
            if child(properties, "cellDel") is not None:  # a tracked deletion of the cell
                continue
            column, width = len(places), _number(child(properties, "gridSpan"), default=1)
            merge = child(properties, "vMerge")
            continues = merge is not None and attribute(merge, "val") != "restart"
            places += [None if continues else cell, *[None] * (width - 1)]
            place = (number, column, number, column + width - 1)
            _note_merge(result.merges, tall, place, continues=continues)
        result.rows.append(places)
    # Rows may end early: all are filled up, so that columns stay aligned.
    width = max(map(len, result.rows), default=0)
    result.rows = [row + [None] * (width - len(row)) for row in result.rows]
    return result


def _note_merge(
    merges: list[Merge], tall: dict[int, int], place: Merge, *, continues: bool
) -> None:
    """Add a cell as a merge of one place, or extend the merge above it down to it."""
    row, column, _, right = place
    if not continues:
        tall[column] = len(merges)
        merges.append(place)
    elif (above := tall.get(column)) is not None and merges[above][2] == row - 1:
        merges[above] = (*merges[above][:2], row, right)


def header_rows(table: Xml, merges: list[Merge]) -> int:
    """Return the number of header rows.

    They are the rows marked to repeat on each page, else the first row where the table's style or
    bold type sets it apart.
    """
    rows = list(_rows(table))
    repeated = 0
    while repeated < len(rows) and is_on(child(rows[repeated], "trPr", "tblHeader")):
        repeated += 1
    if repeated:
        # A table whose rows are all marked has one header row, or nothing would be below it.
        return repeated if repeated < len(rows) else 1
    if len(rows) < 2:
        return 0
    if _first_row_stands_out(child(table, "tblPr", "tblLook")) or _only_first_is_bold(rows):
        return header_depth(merges, len(rows))
    return 0


def single_cell(table: Xml) -> Xml | None:
    """Return the cell of a table with exactly one, which is a frame around text; else None."""
    rows = list(_rows(table))
    cells = list(_members(rows[0], "tc")) if len(rows) == 1 else []
    return cells[0] if len(cells) == 1 else None


def has_section(cell: Xml, is_title: Callable[[Xml], bool]) -> bool:
    """Return whether a cell holds a heading and its text: then the table only lays out a page.

    Templates of letters and CVs do so.
    """
    if len(cell) <= 2:  # its properties and one paragraph
        return False
    headings = [
        is_title(paragraph)
        for paragraph in paragraphs(cell)
        if any(text.text for text in paragraph.iter("{*}t"))
    ]
    return any(headings) and not all(headings)


def paragraphs(container: Xml, inner: list[Xml] | None = None) -> Iterator[Xml]:
    """Yield paragraphs at any depth of tables and wrappers, except those in text boxes.

    Tables of several rows and columns are collected in `inner` instead, where that is given.
    """
    for node in container:
        name = name_of(node)
        if name == "p":
            yield node
        elif name == "tbl" and inner is not None and not _is_linear(node):
            inner.append(node)
        elif name not in _NOT_SHOWN and not (name == "tr" and _why_left_out(node)):
            yield from paragraphs(node, inner)


def _is_linear(table: Xml) -> bool:
    """Return whether a table has a single row or a single column."""
    widths = [sum(1 for _ in _members(row, "tc")) for row in _rows(table)]
    return len(widths) < 2 or max(widths) < 2


def _rows(table: Xml) -> Iterator[Xml]:
    """Return the rows that are shown."""
    return (row for row in _members(table, "tr") if _why_left_out(row) is None)


def rows_left_out(table: Xml) -> Iterator[tuple[Xml, LeftOutKind]]:
    """Yield the rows that are hidden, or that a tracked change deletes."""
    for row in _members(table, "tr"):
        if (kind := _why_left_out(row)) is not None:
            yield row, kind


def _why_left_out(row: Xml) -> LeftOutKind | None:
    properties = child(row, "trPr")
    if child(properties, "del") is not None:
        return LeftOutKind.DELETED
    return LeftOutKind.HIDDEN if is_on(child(properties, "hidden")) else None


def _members(container: Xml, name: str) -> Iterator[Xml]:
    """Yield the rows of a table or the cells of a row, inside wrappers too."""
    for node in container:
        if name_of(node) == name:
            yield node
        elif name_of(node) in _WRAPPERS:
            yield from _members(node, name)


def _first_row_stands_out(look: Xml | None) -> bool:
    """Return whether the table's style formats the first row, in the new or the old notation."""
    first_row = attribute(look, "firstRow")
    if first_row is not None:
        return first_row in {"1", "true", "on"}
    try:
        return bool(int(attribute(look, "val") or "0", 16) & _FIRST_ROW)
    except ValueError:
        return False


def _only_first_is_bold(rows: list[Xml]) -> bool:
    """Return whether the first row has several texts, all bold, and the second is not all bold.

    A table that is bold throughout has no header for it.
    """
    names = [cell for cell in _members(rows[0], "tc") if any(map(_has_text, cell.iter()))]
    return len(names) > 1 and _is_bold(rows[0]) and not _is_bold(rows[1])


def _is_bold(row: Xml) -> bool:
    runs = [run for run in row.iter() if name_of(run) == "r" and any(map(_has_text, run))]
    return bool(runs) and all(is_on(child(run, "rPr", "b")) for run in runs)


def _has_text(node: Xml) -> bool:
    return name_of(node) == "t" and bool(node.text)


def _number(element: Xml | None, default: int = 0) -> int:
    value = attribute(element, "val") or ""
    return min(int(value), _MAX_SPAN) if value.isdigit() else default
