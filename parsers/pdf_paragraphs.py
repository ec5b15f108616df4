"""Paragraphs of a PDF page: which lines belong together, and how they are joined."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from parsers.bullets import without_bullet
from parsers.pdf_lines import Line
from parsers.pdf_tables import table_length

# A drop of more than this many usual line distances begins a paragraph.
PARAGRAPH_DROP = 1.35
SIZE_CHANGE = 0.1
_SHORT_BY = 5.0
_INDENT = 0.8
_SENTENCE_END = re.compile(r"[.!?:;…。！？][\"'”’)\]]*$")
_ENUMERATOR = re.compile(r"\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s")
_COMPOUND = re.compile(r"\w+-\w+")
_WORD_END = re.compile(r"\w*\w-?$")
_WORD_START = re.compile(r"^\w+")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that are one paragraph, or one table."""

    lines: tuple[Line, ...]
    is_table: bool = False


def blocks(lines: Sequence[Line]) -> list[Block]:
    """The paragraphs and tables of a page, in the order of its lines."""
    pitch = _pitch(lines)
    found: list[Block] = []
    paragraph: list[Line] = []
    number = 0
    while number < len(lines):
        length = table_length(lines[number:]) if len(lines[number].cells) > 1 else 0
        if paragraph and (length or _begins_paragraph(paragraph, lines[number], pitch)):
            found.append(Block(tuple(paragraph)))
            paragraph = []
        if length:
            found.append(Block(tuple(lines[number : number + length]), is_table=True))
        else:
            paragraph.append(lines[number])
        number += length or 1
    return [*found, Block(tuple(paragraph))] if paragraph else found


def _begins_paragraph(paragraph: Sequence[Line], line: Line, pitch: float) -> bool:
    last = paragraph[-1]
    size = max(last.size, line.size)
    drop = last.y - line.y
    if last.hyphenated:
        return False
    if abs(last.size - line.size) > SIZE_CHANGE * size or last.bold != line.bold or _begins_item(last, line):
        return True
    ended = bool(_SENTENCE_END.search(last.text))
    if drop < -size:  # up again, to the next column
        return ended
    right = max(line.x1, *(one.x1 for one in paragraph))
    is_short = last.x1 < right - _SHORT_BY * size
    is_indented = line.x0 > last.x0 + _INDENT * size
    is_outdented = line.x0 < last.x0 - _INDENT * size
    if _ENUMERATOR.match(line.text) and (ended or is_short or is_outdented):
        return True
    return drop > PARAGRAPH_DROP * max(pitch, size) or (ended and (is_short or is_indented))


def _begins_item(last: Line, line: Line) -> bool:
    """Does a line begin with a bullet, and not with a sign that parts things in the line above?"""
    sign = line.text[:1]
    return without_bullet(line.text) is not None and sign not in last.text[1:]


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance of lines on the page, in points; 0 where there are too few to tell."""
    drops = [one.y - other.y for one, other in pairwise(lines)]
    usual = [drop for drop, line in zip(drops, lines, strict=False) if 0.5 * line.size < drop < 3 * line.size]
    return median(usual) if len(usual) > 2 else 0.0


class Joiner:
    """Joins lines; a hyphen at a line's end goes, unless the document writes that word with a hyphen elsewhere."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._compounds = {found.lower() for text in texts for found in _COMPOUND.findall(text)}

    def join(self, lines: Sequence[Line]) -> str:
        """Running text as one line; where cells show that places matter, lines stay lines."""
        by_place = sum(len(line.cells) > 1 for line in lines) * 2 > len(lines)
        text = ""
        hyphenated = False
        for line in lines:
            text = self._joined(text, line.text, hyphenated, "\n" if by_place else " ") if text else line.text
            hyphenated = line.hyphenated
        return text

    def _joined(self, text: str, line: str, hyphenated: bool, space: str) -> str:
        ends_so = hyphenated or (text.endswith(("-", "\u00ad", "\u2010")) and text[-2:-1].isalpha())
        if not ends_so or not line[:1].islower():
            return text + ("-" if hyphenated else "") + (space if not hyphenated else "") + line
        stem = text.rstrip("-\u00ad\u2010")
        before, after = _WORD_END.search(stem), _WORD_START.match(line)
        compound = f"{before[0] if before else ''}-{after[0] if after else ''}".lower()
        return f"{stem}-{line}" if compound in self._compounds else stem + line
