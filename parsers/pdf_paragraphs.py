"""Paragraphs of a PDF page: which lines belong together, and how they are joined."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from parsers.bullets import without_bullet
from parsers.pdf_lines import Line
from parsers.pdf_page import LEADER
from parsers.pdf_tables import table_length

# A drop of more than this many usual line distances begins a paragraph.
PARAGRAPH_DROP = 1.35
# Of lines, in font sizes, where a page has too few of a size to measure.
USUAL_PITCH = 1.25
SIZE_CHANGE = 0.1
SIZE_OF_OTHERS = 0.25  # code within a text is this much smaller at most
_SHORT_BY = 5.0
_LONG = 30  # characters
_INDENT = 0.8
_FILLED_BUT = 0.25
SENTENCE_END = re.compile(r"[.!?:;…。！？][\"'”’)\]]*$")
_NUMBER = re.compile(r"\(?(\d{1,3})[.)]\s")
ENUMERATOR = re.compile(r"\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s")
_COMPOUND = re.compile(r"\w+-\w+")
# Words that no hyphen cuts, and none at the end of a line.
_INNER_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?![\w-])(?=.)")
_SIGNS = re.compile(r"[\w)][/@:_#=&.~-]\w|\d")
_ADDRESS = re.compile(r"[/@_#=&~]")
MIN_HALF = 5  # letters; shorter halves are words by chance
_HYPHENS = ("-", "\u00ad", "\u2010")
_WORD_END = re.compile(r"\w*\w-?$")
_WORD_START = re.compile(r"^\w+")


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
        elif found and not found[-1].is_table and not _begins_ocr_paragraph(found[-1].lines, line, id(line) in borders):
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
    return _begins_item(last, line) or bool(ENUMERATOR.match(line.text) and (ended or _is_next_number(first.text, line.text)))


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
    if without_bullet(first.text) is not None and line.x0 > first.x0 + _INDENT / 2 * size:  # hangs on an item
        return is_below
    right = max(line.x1, *(one.x1 for one in paragraph))
    is_short = last.x1 < right - _SHORT_BY * size
    is_indented = line.x0 > last.x0 + _INDENT * size
    is_outdented = line.x0 < last.x0 - _INDENT * size
    if ENUMERATOR.match(line.text) and (ended or is_short or is_outdented or _is_next_number(first.text, line.text)):
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


def _is_entry(line: Line) -> bool:
    """Is it a line of a table of contents?"""
    return f" {LEADER} " in line.text


def _fills(lines: Sequence[Line]) -> bool:
    """Do all lines but the last reach about as far? Then they are running text, however narrow."""
    right = max(line.x1 for line in lines)
    width = right - min(line.x0 for line in lines)
    return len(lines) > 2 and min(line.x1 for line in lines[:-1]) > right - _FILLED_BUT * width


class Joiner:
    """Joins lines. A hyphen at a line's end goes, unless the document writes that word with a hyphen elsewhere, or both
    its halves as words and never the whole, or the hyphen is part of a name or an address.

    It stays too where the document cuts no words: none of those at its lines' ends stands there whole, and most of their
    halves are words of their own.
    """

    def __init__(self, lines: Iterable[Line]) -> None:
        every = list(lines)
        self._compounds = {found.lower() for line in every for found in _COMPOUND.findall(line.text)}
        self._words = {found for line in every for found in _INNER_WORD.findall(line.text)}
        halves = [_halves(last.text, line.text) for last, line in pairwise(every) if self.is_cut(last.text, last)]
        whole = sum(before + after in self._words for before, after in halves)
        compounds = sum({before, after} <= self._words for before, after in halves)
        self._cuts_words = whole > 0 or compounds * 2 < len(halves)

    def join(self, lines: Sequence[Line]) -> str:
        """Running text as one line; a line that was broken on purpose stays one."""
        text = lines[0].text
        fills = _fills(lines)
        for last, line in pairwise(lines):
            space = "\n" if _is_entry(last) or (last.is_broken and not fills) else " "
            text = self.joined(text, line.text, last) if self.is_cut(text, last) else text + space + line.text
        return text

    @staticmethod
    def is_cut(text: str, last: Line) -> bool:
        """Does a text, that ends with the line `last`, end within a word?"""
        return last.hyphenated or (text.endswith(_HYPHENS) and text[-2:-1].isalpha())

    def joined(self, text: str, line: str, last: Line) -> str:
        """A text that is cut within a word and the line that follows."""
        stem = text.rstrip("".join(_HYPHENS))
        is_whole = not line[:1].islower() or _is_name(stem, line) or self._is_compound(*_halves(stem, line))
        keeps_hyphen = is_whole or not self._cuts_words
        return f"{stem}-{line}" if keeps_hyphen else stem + line

    def _is_compound(self, before: str, after: str) -> bool:
        if f"{before}-{after}".lower() in self._compounds:
            return True
        long = min(len(before), len(after)) >= MIN_HALF
        return long and {before, after} <= self._words and before + after not in self._words


def _halves(text: str, line: str) -> tuple[str, str]:
    """What stands before the hyphen at a text's end, and what begins the line behind it."""
    before, after = _WORD_END.search(text.rstrip("".join(_HYPHENS))), _WORD_START.match(line)
    return before[0] if before else "", after[0] if after else ""


def _is_name(stem: str, line: str) -> bool:
    """Is the word an address, or one with signs, figures or hyphens in it already?"""
    word = stem.rpartition(" ")[2]
    is_acronym = len(word) > 1 and word.isupper()
    return is_acronym or bool(_SIGNS.search(word) or _ADDRESS.search(line.partition(" ")[0]))
