"""Lines of reStructuredText, in which indentation is structure.

An index `start` is the first line of a block; an index `end` is the first line after it.
"""

import re
import unicodedata
from collections.abc import Sequence

TAB_WIDTH = 8  # columns, as in docutils
PAD = "\x01"  # follows a character that is two columns wide
# One punctuation character, repeated: the line of a title, or a transition between paragraphs.
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1*")


def split_lines(text: str) -> list[str]:
    """Return the lines of a cleaned text with tabs expanded and trailing white space removed."""
    expanded = text.expandtabs(TAB_WIDTH) if "\t" in text else text
    return [line.rstrip() for line in expanded.split("\n")]


def indent_of(line: str) -> int:
    """Return the number of columns before the first word."""
    return len(line) - len(line.lstrip())


def end_of_indented(lines: Sequence[str], start: int, least: int = 1) -> int:
    """Return the end of a block whose lines are empty or indented by `least` columns or more.

    Trailing empty lines do not belong to the block.
    """
    margin = " " * least
    end = start
    for index in range(start, len(lines)):
        if lines[index]:
            if not lines[index].startswith(margin):
                break
            end = index + 1
    return end


def end_of_paragraph(lines: Sequence[str], start: int) -> int:
    """Return the index of the next empty line, from `start` on."""
    while start < len(lines) and lines[start]:
        start += 1
    return start


def first_text(lines: Sequence[str], start: int) -> int:
    """Return the index of the next line that is not empty, from `start` on."""
    while start < len(lines) and not lines[start]:
        start += 1
    return start


def dedented(lines: Sequence[str]) -> list[str]:
    """Return the lines without the indentation that they share."""
    margin = min((indent_of(line) for line in lines if line), default=0)
    return [line[margin:] for line in lines]


def is_adornment(line: str) -> bool:
    """Return whether a line is one punctuation character, repeated any number of times."""
    return _ADORNMENT.fullmatch(line) is not None


def padded(line: str) -> str:
    """Return a table line with one character per column; remove `PAD` after cutting it."""
    if line.isascii():
        return line
    return "".join(
        char + PAD if unicodedata.east_asian_width(char) in "WF" else char for char in line
    )
