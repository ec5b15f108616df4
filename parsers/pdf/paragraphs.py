"""Group the lines of a PDF page into paragraphs and tables."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.pdf.tables.aligned import Table, tables
from vouch.parsers.pdf.tables.ruled_grids import Grid
from vouch.parsers.pdf.text.lines import Line

# Of the usual line distance: a larger drop begins a paragraph. Lines with a raised note number or
# a formula drop by up to a third more; half an empty line is a common paragraph space.
PARAGRAPH_DROP = 1.35
# In font sizes: the line distance where a page has too few lines of a size to measure. Typesetters
# use 1.15 to 1.3.
USUAL_PITCH = 1.25
# One in so many distances between lines is that within a paragraph, on a page of short ones.
_PITCH_SHARE = 4
# In font sizes: lines that are farther apart are set with an empty half line at least between them.
_WIDE_PITCH = 1.6
# Of the larger font size. A smaller change is rounding, or one word in another font.
SIZE_CHANGE = 0.1
# Of the larger font size. A line that is mostly code within a text is set up to this much smaller;
# a larger change is a heading, a caption or a note.
_MAX_SIZE_CHANGE = 0.25
# In font sizes, from the end of a line to the right edge: about one long word. A line that ends
# earlier had room for the next word, and so ends a paragraph.
_SHORT_BY = 5.0
# Characters: a shorter line may reach the edge of a narrow block by chance.
_MIN_FULL_LINE = 30
# In font sizes: the first line of a paragraph is indented by one or two. Smaller shifts come from
# kerning and from hanging punctuation.
_INDENT = 0.8
SENTENCE_END = re.compile(r"[.!?:;…。！？][\"'”’)\]]*$")
_NUMBER = re.compile(r"\(?(\d{1,3})[.)]\s")
ENUMERATOR = re.compile(r"\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s")


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of a paragraph or a table; `continues` means that it began on the page before."""

    lines: tuple[Line, ...]
    table: Table | None = None
    continues: bool = False

    @property
    def is_table(self) -> bool:
        return self.table is not None


def blocks(lines: Sequence[Line], grids: Sequence[Grid] = ()) -> list[Block]:
    """Return the paragraphs and tables of a page, in the order of its lines.

    `grids` are the cells that are ruled off.
    """
    pitches = _pitches(lines)
    result: list[Block] = []
    paragraph: list[Line] = []
    right = 0.0  # edge of the paragraph
    for line, table in _with_tables(lines, grids):
        if paragraph and (table or _begins_paragraph(paragraph, right, line, pitches)):
            result.append(Block(tuple(paragraph)))
            paragraph = []
        if table:
            result.append(_table_block(table, lines))
        else:
            right = max(right, line.x1) if paragraph else line.x1
            paragraph.append(line)
    return [*result, Block(tuple(paragraph))] if paragraph else result


def _with_tables(
    lines: Sequence[Line], grids: Sequence[Grid] = ()
) -> Iterator[tuple[Line, Table | None]]:
    """Yield the lines that are in no table, and the first line of each table with it."""
    by_line = {number: table for table in tables(lines, grids) for number in table.lines}
    for number, line in enumerate(lines):
        table = by_line.get(number)
        if table is None or number == table.lines[0]:
            yield line, table


def _table_block(table: Table, lines: Sequence[Line]) -> Block:
    return Block(tuple(lines[number] for number in table.lines), table)


def ocr_blocks(paragraphs: Sequence[Sequence[Line]], body: Sequence[Line]) -> list[Block]:
    """Return the paragraphs and tables of a page that OCR has read.

    `paragraphs` are those of OCR, `body` the lines of them that are no header or footer. Distances
    and indents are not measured: a scan is skewed, and OCR knows its paragraphs.
    """
    starts = {id(paragraph[0]) for paragraph in paragraphs}
    result: list[Block] = []
    for line, table in _with_tables(body):
        if table:
            result.append(_table_block(table, body))
        elif (
            result
            and not result[-1].is_table
            and not _begins_ocr_paragraph(result[-1].lines, line, is_start=id(line) in starts)
        ):
            result[-1] = Block((*result[-1].lines, line))
        else:
            result.append(Block((line,)))
    return result


def _begins_ocr_paragraph(paragraph: Sequence[Line], line: Line, *, is_start: bool) -> bool:
    """Return whether a line begins a paragraph; `is_start` where OCR says that it does.

    OCR also starts one within a sentence, after a gap in the print, and overlooks list items.
    """
    first, last = paragraph[0], paragraph[-1]
    has_ended = bool(SENTENCE_END.search(last.text)) or last.is_broken
    if is_start:
        return has_ended or not line.text[:1].islower()
    if _begins_item(last, line):
        return True
    is_enumerated = ENUMERATOR.match(line.text) is not None
    return is_enumerated and (has_ended or _is_next_number(first.text, line.text))


def _begins_paragraph(
    paragraph: Sequence[Line], right: float, line: Line, pitches: Mapping[int, float]
) -> bool:
    first, last = paragraph[0], paragraph[-1]
    size = max(last.size, line.size)
    drop = last.y - line.y
    if last.hyphenated:
        return False
    change = abs(last.size - line.size) / size
    if change > _MAX_SIZE_CHANGE or (last.bold and not line.bold) or _begins_item(last, line):
        return True
    # A bold line below is a heading, except as the second line of a heading whose first line has
    # a word in another font.
    if line.bold and not last.bold and not (len(paragraph) == 1 and _fills_up_to(last, line)):
        return True
    has_ended = bool(SENTENCE_END.search(last.text))
    if drop < -size:  # up again, to the next column
        return has_ended or change > SIZE_CHANGE
    pitch = pitches.get(round(size), USUAL_PITCH * size)
    is_below = drop > PARAGRAPH_DROP * pitch
    # As wide are the lines of a draft, which are full, or paragraphs of a line each.
    if drop > _WIDE_PITCH * size and last.x1 < last.right - _SHORT_BY * size:
        return True
    # A full line may also be set smaller because there is much code, or many small capitals, in it.
    if change > SIZE_CHANGE and (has_ended or is_below or not _fills_up_to(last, line)):
        return True
    # Lines that hang below the text of a list item belong to it, short as they may be.
    if without_bullet(first.text) is not None and line.x0 > first.x0 + _INDENT / 2 * size:
        return is_below
    is_short = last.x1 < max(line.x1, right) - _SHORT_BY * size
    is_indented = line.x0 > last.x0 + _INDENT * size
    is_outdented = line.x0 < last.x0 - _INDENT * size
    # A number at the start of a line is an item only with more evidence: it may be the rest of
    # "see section" or a year.
    if ENUMERATOR.match(line.text) and (
        has_ended or is_short or is_outdented or _is_next_number(first.text, line.text)
    ):
        return True
    # Outdented below a first line alone is the body of an indented paragraph.
    ends_hanging = is_outdented and len(paragraph) > 1
    return is_below or (has_ended and (is_short or is_indented or ends_hanging))


def _is_next_number(first: str, text: str) -> bool:
    """Return whether a text begins with the number after the one that begins `first`."""
    number, next_number = _NUMBER.match(first), _NUMBER.match(text)
    return bool(number and next_number and int(next_number[1]) == int(number[1]) + 1)


def _fills_up_to(last: Line, line: Line) -> bool:
    """Return whether a long line begins where the next one does and reaches the right edge."""
    size = max(last.size, line.size)
    return (
        len(last.text) >= _MIN_FULL_LINE
        and abs(last.x0 - line.x0) < size / 2
        and last.x1 > max(last.right, line.right) - _SHORT_BY * size
    )


def _begins_item(last: Line, line: Line) -> bool:
    """Return whether a line begins with a bullet.

    A sign that also occurs within the line above, such as the dash or the dot between entries,
    is a separator at a line break.
    """
    return without_bullet(line.text) is not None and line.text[:1] not in last.text[1:]


def _pitches(lines: Sequence[Line]) -> dict[int, float]:
    """Return the usual line distance by font size, both in points.

    Sizes with fewer than three distances are left out; drops of less than half or more than three
    font sizes lead to another column, table row or figure.
    """
    drops: defaultdict[int, list[float]] = defaultdict(list)
    for upper, lower in pairwise(lines):
        drop = upper.y - lower.y
        if round(upper.size) == round(lower.size) and 0.5 * upper.size < drop < 3 * upper.size:
            drops[round(upper.size)].append(drop)
    return {
        size: max(sorted(measured)[len(measured) // _PITCH_SHARE], size)
        for size, measured in drops.items()
        if len(measured) > 2
    }
