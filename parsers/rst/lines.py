"""Lines of reStructuredText, in which indentation is structure."""

import re
import unicodedata
from collections.abc import Sequence

TAB = 8  # columns
PAD = "\x01"  # stands behind a character that is two columns wide
# One character of punctuation again and again: below or above a title, or a border between paragraphs.
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1*")


def lines_of(text: str) -> list[str]:
    """The lines of a cleaned text, without tabs and without white space at their ends."""
    return [line.rstrip() for line in (text.expandtabs(TAB) if "\t" in text else text).split("\n")]


def indent_of(line: str) -> int:
    """Columns before its first word."""
    return len(line) - len(line.lstrip())


def end_of_indented(lines: Sequence[str], number: int, least: int = 1) -> int:
    """Behind the last line of a block that begins at `number`: its lines are empty or at least so far in."""
    margin = " " * least
    end = number
    while number < len(lines) and (not lines[number] or lines[number].startswith(margin)):
        number += 1
        end = number if lines[number - 1] else end
    return end


def end_of_paragraph(lines: Sequence[str], number: int) -> int:
    """The next empty line, from `number` on."""
    while number < len(lines) and lines[number]:
        number += 1
    return number


def dedented(lines: Sequence[str]) -> list[str]:
    """The lines as far left as they go together."""
    margin = min((indent_of(line) for line in lines if line), default=0)
    return [line[margin:] for line in lines]


def first_text(lines: Sequence[str], number: int) -> int:
    """The next line that is not empty, from `number` on."""
    while number < len(lines) and not lines[number]:
        number += 1
    return number


def is_adornment(line: str) -> bool:
    """Is it one sign of punctuation, as often as may be?"""
    return _ADORNMENT.fullmatch(line) is not None


def padded(line: str) -> str:
    """A line of a table in which every character is one column wide; `PAD` is to be taken out again."""
    if line.isascii():
        return line
    return "".join(
        char + PAD if unicodedata.east_asian_width(char) in "WF" else char for char in line
    )
