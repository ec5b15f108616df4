"""Paragraphs of a PDF page: which lines belong together."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from vouch.parsers.common.bullets import without_bullet
from vouch.parsers.pdf.lines import Line
from vouch.parsers.pdf.tables import table_length

# A drop of more than this many usual line distances begins a paragraph.
PARAGRAPH_DROP = 1.35
# Of lines, in font sizes, where a page has too few of a size to measure.
USUAL_PITCH = 1.25
SIZE_CHANGE = 0.1
SIZE_OF_OTHERS = 0.25  # code within a text is this much smaller at most
_SHORT_BY = 5.0
_LONG = 30  # characters
_INDENT = 0.8
SENTENCE_END = re.compile(r"[.!?:;…。！？][\"'”’)\]]*$")
_NUMBER = re.compile(r"\(?(\d{1,3})[.)]\s")
ENUMERATOR = re.compile(r"\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that are one paragraph, or one table; `goes_on` says that it began on the page before."""

    lines: tuple[Line, ...]
    is_table: bool = False
    goes_on: bool = False


def blocks(lines: Sequence[Line]) -> list[Block]:
    """The paragraphs and tables of a page, in the order of its lines."""
    pitches = _pitches(lines)
    found: list[Block] = []
    paragraph: list[Line] = []
    number = 0
    while number < len(lines):
        length = table_length(lines[number:]) if len(lines[number].cells) > 1 else 0
        if paragraph and (length or _begins_paragraph(paragraph, lines[number], pitches)):
            found.append(Block(tuple(paragraph)))
            paragraph = []
        if length:
            found.append(Block(tuple(lines[number : number + length]), is_table=True))
        else:
            paragraph.append(lines[number])
        number += length or 1
    return [*found, Block(tuple(paragraph))] if paragraph else found


def ocr_blocks(paragraphs: Sequence[Sequence[Line]], body: Sequence[Line]) -> list[Block]:
    """As `blocks`, with the paragraphs that OCR has found, as far as their lines are of the body."""
    borders = {id(paragraph[0]) for paragraph in paragraphs}
    found: list[Block] = []
    number = 0
    while number < len(body):
        line = body[number]
        length = table_length(body[number:]) if len(line.cells) > 1 else 0
        if length:
            found.append(Block(tuple(body[number : number + length]), is_table=True))
        elif (
            found
            and not found[-1].is_table
            and not _begins_ocr_paragraph(found[-1].lines, line, id(line) in borders)
        ):
            found[-1] = Block((*found[-1].lines, line))
        else:
            found.append(Block((line,)))
        number += length or 1
    return found


def _begins_ocr_paragraph(paragraph: Sequence[Line], line: Line, is_border: bool) -> bool:
    """A border that OCR has put into a sentence is none; one before an item that it has overlooked is one."""
    first, last = paragraph[0], paragraph[-1]
    ended = bool(SENTENCE_END.search(last.text)) or last.is_broken
    if is_border:
        return ended or not line.text[:1].islower()
    return _begins_item(last, line) or bool(
        ENUMERATOR.match(line.text) and (ended or _is_next_number(first.text, line.text))
    )


def _begins_paragraph(paragraph: Sequence[Line], line: Line, pitches: Mapping[int, float]) -> bool:
    first, last = paragraph[0], paragraph[-1]
    size = max(last.size, line.size)
    drop = last.y - line.y
    if last.hyphenated:
        return False
    change = abs(last.size - line.size) / size
    if change > SIZE_OF_OTHERS or (last.bold and not line.bold) or _begins_item(last, line):
        return True
    if line.bold and not last.bold and not (len(paragraph) == 1 and _fills_up_to(last, line)):
        return True  # else it is a heading of two lines, with a word in another font
    ended = bool(SENTENCE_END.search(last.text))
    if drop < -size:  # up again, to the next column
        return ended or change > SIZE_CHANGE
    is_below = drop > PARAGRAPH_DROP * pitches.get(round(size), USUAL_PITCH * size)
    if change > SIZE_CHANGE and (ended or is_below or not _fills_up_to(last, line)):
        return True  # else it is a line with much code or many small letters in it
    if (
        without_bullet(first.text) is not None and line.x0 > first.x0 + _INDENT / 2 * size
    ):  # hangs on an item
        return is_below
    right = max(line.x1, *(one.x1 for one in paragraph))
    is_short = last.x1 < right - _SHORT_BY * size
    is_indented = line.x0 > last.x0 + _INDENT * size
    is_outdented = line.x0 < last.x0 - _INDENT * size
    if ENUMERATOR.match(line.text) and (
        ended or is_short or is_outdented or _is_next_number(first.text, line.text)
    ):
        return True
    hung = is_outdented and len(paragraph) > 1
    return is_below or (ended and (is_short or is_indented or hung))


def _is_next_number(first: str, text: str) -> bool:
    """Does a text begin with the number after that of the first one?"""
    one, other = _NUMBER.match(first), _NUMBER.match(text)
    return bool(one and other and int(other[1]) == int(one[1]) + 1)


def _fills_up_to(last: Line, line: Line) -> bool:
    """Does a line of some length begin where the next one does, and reach the right edge?"""
    size = max(last.size, line.size)
    return (
        len(last.text) >= _LONG
        and abs(last.x0 - line.x0) < size / 2
        and last.x1 > max(last.right, line.right) - _SHORT_BY * size
    )


def _begins_item(last: Line, line: Line) -> bool:
    """Does a line begin with a bullet, and not with a sign that parts things in the line above?"""
    sign = line.text[:1]
    return without_bullet(line.text) is not None and sign not in last.text[1:]


def _pitches(lines: Sequence[Line]) -> dict[int, float]:
    """The usual distance of lines by font size, in points, for the sizes with enough lines to tell."""
    drops: defaultdict[int, list[float]] = defaultdict(list)
    for one, other in pairwise(lines):
        drop = one.y - other.y
        if round(one.size) == round(other.size) and 0.5 * one.size < drop < 3 * one.size:
            drops[round(one.size)].append(drop)
    return {size: max(median(found), size) for size, found in drops.items() if len(found) > 2}
