"""Keep numbers apart that a PDF page sets at different heights: exponents, notes and fractions.

As text they are next to each other: 10 and a raised 6 would become 106, and a fraction with 1 above
20 would become 120. They become `10^6` and `1/20`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

# What ends a number or a formula, and digits behind it that may be at another height.
_NUMBER = re.compile(r"[\d)\]%°][\d.,/⁄+−–-]{0,60}\d")
_BEFORE = re.compile(r"[\d)\]%°]$")
_AFTER = re.compile(r"[+−–-]?\d")
_HEAD = re.compile(r"[+−–-]?\d|[/⁄]")
_FIRST_DIGITS = re.compile(r"\d+")
_LAST_DIGITS = re.compile(r"\d+$")
_NEWLINE = re.compile("[\r\n]{1,2}(?=[\\d/⁄])")
_SLASHES = ("/", "⁄")
_MAX_DIGITS = 20  # of the end of a number that are looked at
# Of the font size. Kerning and hinting move a character by less; exponents are set two thirds as
# large, and a third higher.
_SAME_SIZE = 0.08
_SAME_HEIGHT = 0.12
_SAME_BASELINE = 0.05  # points
# Of the narrower number: one that shares as much of its width with another is above or below it.
_SHARED = 0.4


@dataclass(frozen=True, slots=True)
class Level:
    """The font size, baseline, left and right of a number, in points."""

    size: float
    y: float
    x0: float
    x1: float

    def is_with(self, other: "Level") -> bool:
        """Return whether both are set alike, so that they are one number."""
        size = max(self.size, other.size)
        is_as_large = abs(self.size - other.size) <= _SAME_SIZE * size
        return is_as_large and abs(self.y - other.y) <= _SAME_HEIGHT * size

    def is_above(self, other: "Level") -> bool:
        return self.y - other.y > _SAME_HEIGHT * max(self.size, other.size)

    def is_over(self, other: "Level") -> bool:
        """Return whether one is above the other, rather than beside it."""
        shared = min(self.x1, other.x1) - max(self.x0, other.x0)
        return shared > _SHARED * min(self.x1 - self.x0, other.x1 - other.x0)


Piece: TypeAlias = tuple[str, Level]
Levels: TypeAlias = Callable[[int], Level]
"""Returns the level of the character at an index."""


def with_signs(
    level: Levels, baseline: Callable[[int], float], text: str, start: int, end: int
) -> str:
    """Return `text[start:end]`, whose line runs to the right, with signs between such numbers.

    `baseline` returns the y of a character alone, in a third of the time.
    """
    result, done = [], start
    for match in _NUMBER.finditer(text, start, end):
        first, last = match.start(), match.end()
        if abs(baseline(first) - baseline(last - 1)) < _SAME_BASELINE:
            continue
        pieces = _pieces(level, text, first, last)
        number, at = pieces[0]
        for index, piece in enumerate(pieces[1:], start=1):
            is_last = index + 1 == len(pieces)
            following = _next_line(level, text, last) if is_last else pieces[index + 1]
            number = joined((number, at), piece, following)
            at = piece[1]
        result += [text[done:first], number]
        done = last
    return "".join([*result, text[done:end]])


def joined(left: Piece, right: Piece, following: Piece | None = None) -> str:
    """Join texts that are next to each other, with a sign where numbers are at different heights.

    The levels are those of the numbers that `left` ends with and `right` begins with. `following`
    is what comes next.
    """
    (before, upper), (after, lower) = left, right
    if not (_BEFORE.match(before[-1:]) and _AFTER.match(after)) or upper.is_with(lower):
        return before + after
    numerator = _FIRST_DIGITS.match(after)
    denominator = _LAST_DIGITS.search(before[-_MAX_DIGITS:])
    if upper.is_over(lower) and numerator and denominator:
        if upper.is_above(lower):
            return f"{before}/{after}"
        # The file has the denominator first.
        behind = after[numerator.end() :]
        whole = before[: len(before) - len(denominator[0])]
        return f"{whole}{numerator[0]}/{denominator[0]}{behind}"
    if _begins_fraction(right, following):
        return f"{before} {after}"
    if lower.is_above(upper) and lower.size <= upper.size * (1 + _SAME_SIZE):
        return f"{before}^{after}"
    return f"{before}_{after}" if lower.size < upper.size else f"{before} {after}"


def first_level(level: Levels, text: str, start: int, end: int) -> Level | None:
    """Return the level of the number, or slash, that `text[start:end]` begins with, else None."""
    if not _HEAD.match(text, start, end):
        return None
    stop = start + 1
    while stop < min(end, start + _MAX_DIGITS) and text[stop].isdigit():
        stop += 1
    return _of_ends(level, start, stop) or _pieces(level, text, start, stop)[0][1]


def last_level(level: Levels, text: str, start: int, end: int) -> Level | None:
    """Return the level of what `text[start:end]` ends with, None for no number."""
    if not _BEFORE.match(text[end - 1 : end]):
        return None
    first = end - 1
    while first > max(start, end - _MAX_DIGITS) and text[first - 1].isdigit():
        first -= 1
    return _of_ends(level, first, end) or _pieces(level, text, first, end)[-1][1]


def _of_ends(level: Levels, start: int, end: int) -> Level | None:
    """Return the level of a number whose first and last characters are set alike, else None."""
    first, last = level(start), level(end - 1)
    return Level(last.size, last.y, first.x0, last.x1) if first.is_with(last) else None


def _pieces(level: Levels, text: str, start: int, end: int) -> list[Piece]:
    """Return characters with their level, those that are set alike together."""
    pieces: list[Piece] = []
    for index in range(start, end):
        own = level(index)
        if pieces and pieces[-1][1].is_with(own):
            before, last = pieces[-1]
            whole = Level(last.size, last.y, min(last.x0, own.x0), max(last.x1, own.x1))
            pieces[-1] = before + text[index], whole
        else:
            pieces.append((text[index], own))
    return pieces


def _next_line(level: Levels, text: str, end: int) -> Piece | None:
    """Return the number or slash behind a line break: pdfium puts some within a fraction."""
    match = _NEWLINE.match(text, end)
    if match is None:
        return None
    stop = match.end() + 1
    while stop < min(len(text), match.end() + _MAX_DIGITS) and text[stop].isdigit():
        stop += 1
    return _pieces(level, text, match.end(), stop)[0]


def _begins_fraction(piece: Piece, following: Piece | None) -> bool:
    text, level = piece
    if _FIRST_DIGITS.sub("", text, count=1).startswith(_SLASHES):
        return True
    return (
        following is not None
        and text.isdigit()
        and (following[0].startswith(_SLASHES) or following[1].is_over(level))
    )
