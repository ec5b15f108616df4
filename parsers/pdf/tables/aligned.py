"""Find tables on a PDF page by cells that are aligned in columns."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from vouch.parsers.common.table_headers import header_rows
from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.tables.columns import Columns, columns
from vouch.parsers.pdf.tables.headers import header_grid
from vouch.parsers.pdf.tables.rows import Row, flows, is_figure, is_value, is_year, rows
from vouch.parsers.pdf.tables.ruled import ruled_rows
from vouch.parsers.pdf.tables.ruled_grids import Grid
from vouch.parsers.pdf.text.lines import Line

# Two rows with gaps are as likely a heading with its number, or a signature block.
MIN_ROWS = 3
# Of the places of the grid. An emptier grid is running text that happens to have gaps.
MIN_FILLED = 0.5
# Likewise where most are numbers; the labels of the axes of a diagram are fewer.
MIN_NUMBERS = 0.35
# Characters, of nine cells in ten. Longer cells are columns of text side by side. The labels of
# numbers are longer.
_MAX_CELL = 60
_MAX_LABEL = 160
# Characters, and font sizes from where the second column begins: a longer text is no name of a part
# of the table, but a line of running text.
_MAX_PART = 35
_OVER = 5.0
# In font sizes, from row to row: more than three empty lines end a table.
_MAX_DROP = 4.0
# In font sizes: from line to line of a header, which is set close.
_MAX_HEADER_DROP = 2.1
# Lines without numbers within a table, such as the names of its parts and the lines of a label.
_MAX_BETWEEN = 6
_MAX_HEADER_LINES = 8
# Of the size of the rows above: a larger text is the heading of what follows.
_LARGER = 1.15
# Rows from which a table is looked for in one stretch of rows with gaps.
_MAX_STARTS = 5
# Cells in all stretches of a page that are tried: a page of diagrams has thousands without columns.
_MAX_TRIED = 40_000
# Of the usual distance of rows: lines of one cell are closer, and another table is further away.
_CLOSE = 0.96
_APART = 1.3
# In font sizes, from line to line of one cell.
_CELL_PITCH = 1.5
# In font sizes: numbers centred beside a label of two lines are this far from either.
_HALF_LINE = 0.8
# In font sizes: how far the edges or the middles of a column's cells are from each other, and of
# how many cells. Gaps of running text, of formulas and of diagrams are at any place.
_IN_LINE = 0.6
_MIN_IN_LINE = 0.7
_OPEN_END = re.compile(
    r"(?:[,(\-–—/&]|\b(?:and|or|of|the|to|for|in|by|from|with|on|at|per))$", re.IGNORECASE
)
_ENUMERATOR = re.compile(r"\(?(?:\d{1,3}|[a-z]|[ivxIVX]{1,4})[.)]|\d{1,2}(?:\.\d{1,2}){0,3}[.:]?")
_SECTION = re.compile(r"(?:\d{1,2}|[A-Z])(?:\.\d{1,2}){0,3}\.?")
_LEADER = "..."
# Signs of relations and mappings; one cell in eight with one is a set formula.
_FORMULA = re.compile(r"[∀∃∈∉∋⊂⊃⊆⊇∪∩∼≅≃⇒⇔⇐→↦∞∑∏∫∂◦·]|\s=\s|=$|^=")
_CODE = re.compile(r"\w{3}|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_]{3}|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{2}")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its cells by row and column, and how many rows are headers.

    `lines` are the numbers of the lines that it was read from, in their order.
    """

    lines: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    header_rows: int


def tables(lines: Sequence[Line], grids: Sequence[Grid] = ()) -> list[Table]:
    """Return the tables among the lines of a page; `grids` are those that are ruled off.

    Ruled cells decide, except for numbers whose header is above the lines around them.
    """
    result: list[Table] = []
    if sum(len(line.cells) > 1 for line in lines) >= MIN_ROWS - 1:
        for flow in flows(lines):
            result += _tables_of(lines, rows(lines, flow))
    for grid in grids:
        ruled = ruled_rows(lines, grid)
        if ruled is None:
            continue
        cells, headers, inside = ruled
        meeting = [table for table in result if not set(table.lines).isdisjoint(inside)]
        outside = [table for table in meeting if not set(table.lines) <= set(inside)]
        if any(table.header_rows and _is_numeric(table) for table in outside):
            continue
        result = [table for table in result if table not in meeting]
        result.append(Table(tuple(inside), tuple(map(tuple, cells)), headers))
    return result


def _is_numeric(table: Table) -> bool:
    """Return whether most cells behind the first ones of their rows are numbers."""
    cells = [cell for row in table.rows[table.header_rows :] for cell in row[1:] if cell]
    return sum(map(is_figure, cells)) * 2 > len(cells)


def _tables_of(lines: Sequence[Line], band: Sequence[Row]) -> Iterator[Table]:
    number = failures = tried = 0
    last_end = -1
    while number < len(band) and tried < _MAX_TRIED:
        if band[number].is_single:
            number += 1
            continue
        end = _end(band, number)
        failures = failures if end == last_end else 0
        last_end = end
        table = None
        for stop in _stops(band, number, end):
            tried += sum(len(row.cells) for row in band[number:stop])
            table = _table(lines, band, number, stop)
            if table is not None or tried >= _MAX_TRIED:
                break
        if table is not None:
            if not _is_contents(table):
                yield table
            number = stop
            continue
        failures += 1
        # Rows that make no table from any of the first ones are text with gaps.
        number = end if failures > _MAX_STARTS else number + 1


def _stops(band: Sequence[Row], start: int, end: int) -> Iterator[int]:
    """Yield the rows before which a table may end, from the last one, with growing steps."""
    shorter = 0
    while end - shorter > start + 1:
        stop = end - shorter
        shorter = max(shorter + 1, shorter * 3 // 2)
        if stop == end or not band[stop - 1].is_single:
            yield stop


def _end(band: Sequence[Row], start: int) -> int:
    """Return the row behind the last one that may belong to the table that begins at `start`."""
    end = start + 1
    left = band[start].cells[1].x0
    number = end
    has_values = band[start].has_value
    while number < len(band) and number - end <= _MAX_BETWEEN:
        row, above = band[number], band[number - 1]
        if above.y - row.y > _MAX_DROP * max(row.size, above.size):
            break
        if row.is_single:
            usual = median(upper.size for upper in band[start:end])
            if _is_prose(row, left) or row.size > _LARGER * usual:
                break
        else:
            # Years or names above numbers begin the next table.
            if has_values and _begins_next(band, start, number, left):
                break
            if row.has_value or number - start < MIN_ROWS:
                left = min(left, row.cells[1].x0)
            has_values = has_values or row.has_value
            end = number + 1
        number += 1
    return end


def _is_prose(row: Row, left: float) -> bool:
    """Return whether a single cell is a line of running text that goes over the columns."""
    text = row.cells[0].text
    longest = _MAX_CELL if text.endswith(":") else _MAX_PART
    return len(text) > longest and row.x0 < left and row.x1 > left + _OVER * row.size


def _is_sentence(row: Row) -> bool:
    """Return whether a single cell is a line of running text rather than names side by side."""
    text = row.cells[0].text
    return row.is_single and (len(text) > _MAX_CELL or text.endswith("."))


def _begins_next(band: Sequence[Row], start: int, number: int, left: float) -> bool:
    """Return whether a row below numbers is the header of numbers below it.

    `left` is where the second column begins.
    """
    row, above = band[number], band[number - 1]
    if row.has_value or not any(
        lower.has_value for lower in band[number + 1 : number + _MAX_HEADER_LINES]
    ):
        return False
    if all(is_year(cell.text) for cell in row.cells[1:]):
        return True
    if any(is_figure(cell.text) for cell in row.cells):
        return False
    is_apart = above.y - row.y > _APART * _pitch(band[start:number])
    is_bold = all(cell.bold for cell in row.cells) and not any(cell.bold for cell in above.cells)
    if row.x0 > left - 2 * row.size:
        return is_apart or is_bold or above.is_single
    return len(row.cells) > 2 and (is_apart or is_bold)


def _table(lines: Sequence[Line], band: Sequence[Row], start: int, stop: int) -> Table | None:
    """Return the rows from `start` to before `stop`, with their header above, as a table."""
    return _number_table(band, start, stop) or _text_table(lines, band[start:stop])


def _number_table(band: Sequence[Row], start: int, stop: int) -> Table | None:
    """Return a table whose rows have numbers behind their labels, None where they have not."""
    several = [row for row in band[start:stop] if not row.is_single]
    body = [row for row in several if row.has_value]
    if len(body) * (3 if len(body) >= MIN_ROWS else 2) < len(several):
        return None
    first = next(number for number in range(start, stop) if band[number].has_value)
    # Numbers only: the names above them may span columns.
    alone = [row for row in band[first:stop] if row.is_single]
    grid = columns(body, alone)
    if grid is None or not _is_table(several, body, grid, has_numbers=True):
        return None
    # Cells of the header, too, may be apart by no more than a space.
    low = max(first - _MAX_HEADER_LINES - _MAX_BETWEEN, 0)
    near = [
        row if _is_sentence(row) else grid.divided(row) for row in band[low : stop + _MAX_BETWEEN]
    ]
    first, stop = first - low, stop - low
    top = _first_header(near, first, grid)
    behind = _behind_header(near, top, first, grid)
    end = _with_rest(near, stop, grid)
    header = header_grid(near[top:behind], grid) if behind > top else []
    cells = _joined(near[behind:end], grid)
    if len(header) + len(cells) < MIN_ROWS:
        return None
    return _table_of(near[top:end], [*header, *cells], len(header))


def _text_table(lines: Sequence[Line], part: Sequence[Row]) -> Table | None:
    """Return a table of words, or of words and numbers in any column."""
    several = [row for row in part if not row.is_single]
    # Texts side by side that are written one after the other are columns or addresses.
    written = sum(any(len(lines[number].cells) > 1 for number in row.lines) for row in several)
    if len(several) < MIN_ROWS or written * 2 < len(several):
        return None
    singles = [row for row in part if row.is_single]
    if len(singles) > len(several) or any(len(row.cells[0].text) > _MAX_CELL for row in singles):
        return None
    # The names of columns may be beside what is below them.
    below = columns(several[1:])
    names = below and header_grid(part[:1], below)
    if below and names and sum(map(bool, names[0])) == len(part[0].cells) == len(below):
        grid: Columns | None = below
    else:
        grid, names = columns(several), None
    if grid is None or not _is_table(several, several, grid, has_numbers=False):
        return None
    start = 1 if names else 0
    cells = [*(names or []), *_joined([grid.divided(row) for row in part[start:]], grid)]
    return _table_of(part, cells, header_rows(cells)) if len(cells) >= MIN_ROWS else None


def _table_of(part: Sequence[Row], cells: Sequence[Sequence[str]], headers: int) -> Table:
    numbers = sorted({number for row in part for number in row.lines})
    return Table(tuple(numbers), tuple(map(tuple, cells)), headers)


def _is_table(
    several: Sequence[Row], body: Sequence[Row], grid: Columns, *, has_numbers: bool
) -> bool:
    measured = body if has_numbers else several
    if len(measured) < (2 if has_numbers else MIN_ROWS):
        return False
    cells = [cell for row in measured for cell in row.cells]
    # Two cells of a row in one column: the texts overlap from row to row, as words do.
    clashes = sum(len({grid.of(cell) for cell in row.cells}) < len(row.cells) for row in measured)
    if clashes * 10 > len(measured) * has_numbers:
        return False
    if not _is_aligned(measured, grid):
        return False
    longest = [_MAX_LABEL if has_numbers and grid.of(cell) == 0 else _MAX_CELL for cell in cells]
    short = sum(len(cell.text) <= limit for cell, limit in zip(cells, longest, strict=True))
    if short * 10 < 9 * len(cells):
        return False
    figures = sum(is_figure(cell.text) for row in body for cell in row.cells[1:])
    filled = len(cells) >= MIN_FILLED * len(grid) * len(measured)
    # Numbers may be in few of many columns, but running text with gaps has few numbers.
    is_dense = len(cells) >= MIN_NUMBERS * len(grid) * len(measured)
    is_of_numbers = has_numbers and figures * 2 > sum(len(row.cells) - 1 for row in body)
    if not filled and not (is_dense and is_of_numbers):
        return False
    if has_numbers and not grid.has_labels:  # a matrix has no names, but is full of numbers
        numbers = sum(is_figure(cell.text) for cell in cells)
        if len(body) < MIN_ROWS or len(body) * 5 < len(several) * 3 or numbers * 4 < len(cells) * 3:
            return False
    return not _is_formula(cells, grid, has_numbers=has_numbers)


def _is_formula(cells: Sequence[Run], grid: Columns, *, has_numbers: bool) -> bool:
    """Return whether cells are signs of set formulas or of diagrams rather than words and numbers.

    Where there are numbers, words are expected as labels only.
    """
    signs = sum(bool(_FORMULA.search(cell.text)) for cell in cells)
    if signs * 8 >= len(cells):
        return True
    if has_numbers:
        cells = [cell for cell in cells if not is_figure(cell.text) and grid.of(cell) == 0]
        return len(cells) >= MIN_ROWS and not any(_CODE.search(cell.text) for cell in cells)
    return sum(bool(_WORD.search(cell.text)) for cell in cells) * 4 < len(cells)


def _is_aligned(measured: Sequence[Row], grid: Columns) -> bool:
    """Return whether most cells of the columns behind the labels agree in an edge or the middle."""
    by_column: dict[int, list[Run]] = {}
    for row in measured:
        for cell in row.cells:
            if len(grid.overlapped(cell)) == 1:
                by_column.setdefault(grid.of(cell), []).append(cell)
    in_line = count = 0
    for column in grid.values:
        cells = by_column.get(column, [])
        if len(cells) < 2:
            continue
        reach = _IN_LINE * median(cell.size for cell in cells)
        edges = [[cell.x0 for cell in cells], [(cell.x0 + cell.x1) / 2 for cell in cells]]
        # Words on the right edge of a column are the ends of lines of running text.
        if sum(is_figure(cell.text) for cell in cells) * 2 > len(cells):
            edges.append([cell.x1 for cell in cells])
        in_line += max(
            sum(abs(place - median(places)) <= reach for place in places) for places in edges
        )
        count += len(cells)
    return count > 0 and in_line >= _MIN_IN_LINE * count


def _first_header(band: Sequence[Row], first: int, grid: Columns) -> int:
    """Return the first row of the header above the first row of numbers."""
    top = first
    number = first - 1
    # Names of parts ("Assets:") may be between the header and the numbers.
    while number >= 0 and first - number <= 4 and _is_near(band, number, _MAX_DROP):
        row = band[number]
        if _is_above_values(row, grid):
            break
        if not row.is_single or _is_prose(row, grid.left) or _is_in_values(row, grid):
            return first
        number -= 1
    else:
        return first
    while number >= 0 and first - number <= _MAX_HEADER_LINES + _MAX_BETWEEN:
        row = band[number]
        if top < first and not _is_near(band, number, _MAX_HEADER_DROP):
            break
        if _is_above_values(row, grid):
            top = number
        elif not (
            row.is_single
            and number > 0
            and top < first
            and row.x1 < grid.left
            and len(row.cells[0].text) <= _MAX_CELL
            and _is_above_values(band[number - 1], grid)
            and _is_near(band, number - 1, _MAX_HEADER_DROP)
        ):
            break
        number -= 1
    return top


def _is_near(band: Sequence[Row], number: int, drop: float) -> bool:
    """Return whether a row is right above the next one."""
    row, below = band[number], band[number + 1]
    return row.y - below.y <= drop * max(row.size, below.size)


def _is_above_values(row: Row, grid: Columns) -> bool:
    """Return whether a row has names of columns, and no numbers."""
    if row.has_value or any(len(cell.text) > _MAX_CELL for cell in row.cells):
        return False
    if row.is_single:
        return _is_in_values(row, grid)
    if row.x0 < grid.intervals[0][0] - _OVER * row.size:
        return False
    behind = [cell for cell in row.cells if _is_behind_labels(cell, grid)]
    return bool(behind) and len(row.cells) - len(behind) <= 1


def _is_behind_labels(cell: Run, grid: Columns) -> bool:
    if not grid.has_labels:
        return True
    is_right = (cell.x0 + cell.x1) / 2 > grid.left - 2 * cell.size
    return is_right and cell.x0 > grid.intervals[0][0]


def _is_in_values(row: Row, grid: Columns) -> bool:
    """Return whether a single cell is above the columns of numbers only."""
    margin = 4 * row.size
    if not grid.has_labels:
        margin = 1 * row.size
    return row.x0 > grid.left - margin and row.x1 < grid.right + margin


def _behind_header(band: Sequence[Row], top: int, first: int, grid: Columns) -> int:
    """Return the first row behind the header: names of parts and rows of words are none."""
    behind = top
    named: set[int] = set()
    labelled = False
    for number in range(top, first):
        row = band[number]
        is_rest_of_name = number > top and _continues_above(band[number - 1], row)
        is_label = row.is_single and not _is_in_values(row, grid)
        if is_label and not is_rest_of_name and not _is_above_values(band[number + 1], grid):
            break
        columns_of = {grid.of(cell) for cell in row.cells if _is_behind_labels(cell, grid)}
        has_label = grid.has_labels and not _is_behind_labels(row.cells[0], grid)
        is_rest_of_names = not labelled and number > top and _is_nearer_above(band, number)
        is_complete = columns_of <= named and set(grid.values) <= named
        if has_label and not is_rest_of_name and is_complete and not is_rest_of_names:
            break
        labelled = labelled or has_label
        if not row.is_single:
            named |= columns_of
        behind = number + 1
    return behind


def _is_nearer_above(band: Sequence[Row], number: int) -> bool:
    """Return whether a row is nearer to the one above than to the one below."""
    above, row, below = band[number - 1 : number + 2]
    return above.y - row.y < _CLOSE * (row.y - below.y)


def _continues_above(above: Row, row: Row) -> bool:
    """Return whether the first text of a row continues the line right above it."""
    upper, lower = above.cells[0], row.cells[0]
    is_near = upper.y - lower.y <= _CELL_PITCH * row.size and abs(upper.x0 - lower.x0) < row.size
    return is_near and (lower.text[:1].islower() or bool(_OPEN_END.search(upper.text)))


def _with_rest(band: Sequence[Row], stop: int, grid: Columns) -> int:
    """Return the row behind the rest of the last label, which may continue below its numbers."""
    end = stop
    pitch = _pitch(band[:stop])
    while end < len(band) and band[end].is_single and band[end].x1 < grid.left:
        above, row = band[end - 1], band[end]
        is_close = above.y - row.y <= _CLOSE * pitch and abs(above.x0 - row.x0) < row.size
        if not (_continues_above(above, row) or is_close):
            break
        end += 1
    return end


def _joined(part: Sequence[Row], grid: Columns) -> list[list[str]]:
    """Return the rows of a table by column, with the lines of each cell joined."""
    pitch = _pitch(part)
    groups: list[list[Row]] = []
    for number, row in enumerate(part):
        if groups and _continues(groups[-1], row, part[number + 1 :], grid, pitch):
            groups[-1].append(row)
        else:
            groups.append([row])
    result = []
    for group in groups:
        merged = [""] * len(grid)
        for row in group:
            cells = [""] * len(grid)
            if row.is_single and grid.has_labels and row.x0 < grid.left:
                cells[0] = row.cells[0].text
            else:
                cells = grid.place(row.cells)
            merged = [f"{above} {text}".strip() for above, text in zip(merged, cells, strict=True)]
        result.append(merged)
    return result


def _pitch(part: Sequence[Row]) -> float:
    """Return the usual distance of rows of several cells right below each other, in points."""
    drops = [
        upper.y - lower.y
        for upper, lower in zip(part, part[1:], strict=False)
        if not upper.is_single and not lower.is_single
    ]
    return median(drops) if drops else 0.0


def _continues(
    group: Sequence[Row], row: Row, below: Sequence[Row], grid: Columns, pitch: float
) -> bool:
    """Return whether a row has further lines of the cells of the rows above it."""
    last = group[-1]
    drop = last.y - row.y
    size = max(last.size, row.size)
    if drop > 1.6 * size:
        return False
    is_close = bool(pitch) and drop <= _CLOSE * pitch
    has_values = [member for member in group if not member.is_single]
    if has_values and not row.is_single:
        return _is_rest(last, row, grid, is_close=is_close)
    if has_values:
        return _label_continues(last, row, below, grid, pitch, is_close=is_close)
    upper, lower = last.cells[0].text, row.cells[0].text
    if not row.is_single and last.x0 >= grid.left:
        # The first line of a text in a column of texts.
        below_it = [cell for cell in row.cells if grid.of(cell) == grid.of(last.cells[0])]
        return any(not is_figure(cell.text) for cell in (*last.cells, *below_it)) and bool(
            below_it and (is_close or below_it[0].text[:1].islower())
        )
    # Lines of a label alone, above the row of its numbers or one more of its lines.
    if not grid.has_labels or last.x0 >= grid.left or upper.endswith((":", ".")):
        return False
    begins_label = row.x0 < grid.left
    if not begins_label:
        # Numbers at half the height of a label in two lines.
        return drop < _HALF_LINE * size
    if lower[:1].islower() or _OPEN_END.search(upper):
        return True
    return bool(pitch) and (is_close or (lower[:1].isdigit() and _fills_labels(last, lower, grid)))


def _fills_labels(row: Row, next_text: str, grid: Columns) -> bool:
    """Return whether the column of labels has no room for the next word behind a label."""
    label = row.cells[0]
    letter = (label.x1 - label.x0) / max(len(label.text), 1)
    word = len(next_text.split(maxsplit=1)[0]) + 1
    return label.x1 + word * letter > grid.intervals[0][1] + _IN_LINE * label.size


def _is_rest(last: Row, row: Row, grid: Columns, *, is_close: bool) -> bool:
    """Return whether a row has more words of some of the cells above it, and nothing else."""
    if row.has_value or not is_close or any(is_figure(cell.text) for cell in row.cells):
        return False
    above = {grid.of(cell) for cell in last.cells}
    return {grid.of(cell) for cell in row.cells} < above


def _label_continues(
    last: Row, row: Row, below: Sequence[Row], grid: Columns, pitch: float, *, is_close: bool
) -> bool:
    """Return whether a single text is a further line of the label, or of a cell, above it."""
    text = row.cells[0].text
    drop = last.y - row.y
    if is_figure(text):
        return drop < _HALF_LINE * row.size and grid.has_labels and row.x1 < grid.left
    next_drop = row.y - below[0].y if below else drop * 2
    has_ended = _drop_behind(row, below, drop) > drop * 1.04
    if grid.has_labels and row.x0 < grid.left:
        starts_at_label = last.x0 < grid.left
        if not starts_at_label or last.is_single:
            is_rest = text[:1].islower() or is_close
            return drop < _HALF_LINE * row.size or (last.is_single and is_rest)
        if _continues_above(last, row) and not text.endswith(":"):
            return next_drop >= drop * 0.97
        return is_close and has_ended and not text.endswith(":")
    return is_close and has_ended


def _drop_behind(row: Row, below: Sequence[Row], drop: float) -> float:
    """Return the distance behind the last line of a cell, of which `row` is one."""
    last = row
    for line in below:
        own = last.y - line.y
        if not line.is_single or abs(line.x0 - row.x0) > row.size or own > drop * 1.04:
            return own
        last = line
    return drop * 2


def _is_contents(table: Table) -> bool:
    """Return whether a table has the entries of contents, or the items of a numbered list."""
    rows = table.rows
    led = sum(any(_LEADER in cell for cell in row) for row in rows)
    if led >= 2 and led * 3 >= len(rows):
        return True
    # Contents have no names of columns, except "Page" above the last one.
    if any(sum(map(bool, row)) > 1 for row in rows[: table.header_rows]):
        return False
    if any(is_value(cell) for row in rows for cell in row[1:-1]):
        return False
    first, last = [row[0] for row in rows], [row[-1] for row in rows]
    if _are_pages(last):
        return not any(is_value(cell) and not _SECTION.fullmatch(cell) for cell in first)
    is_pair = len(rows[0]) == 2 and not any(map(is_value, last))
    return is_pair and (_are_pages(first) or _are_items(first))


def _are_pages(cells: Sequence[str]) -> bool:
    """Return whether cells are numbers that do not fall, as page numbers are."""
    filled = [cell for cell in cells if cell]
    pages = [int(cell) for cell in filled if cell.isdecimal() and len(cell) < 5]
    return len(pages) >= MIN_ROWS and len(pages) >= len(filled) - 2 and pages == sorted(pages)


def _are_items(cells: Sequence[str]) -> bool:
    """Return whether most cells are numbers or letters of items."""
    filled = [cell for cell in cells if cell]
    items = sum(bool(_ENUMERATOR.fullmatch(cell)) for cell in filled)
    return items >= 2 and items * 4 >= len(filled) * 3
