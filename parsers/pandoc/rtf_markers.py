"""Marks in RTF for what pandoc does not tell: which paragraphs are items of a list, and which cells belong to the one above.

RTF tells both by properties that hold until they are reset, so a mark is worked out while it is read. Marks are pairs of
private characters, which `vouch.parsers.pandoc.rtf_postprocess` takes out again. pandoc's own lists are switched off: it sees none in what is
bulleted by hand, loses the numbers, and moves a list right before a table to the beginning of the document.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

ITEM, MERGED, HUNG, END = 0xE800, 0xE8FF, 0xE900, 0xEFFF
MAX_DEPTH = 8
_MAX_INDENT = 0x600
_LONGEST_LABEL = 60
_TWIPS = 20  # a point
_TOKEN = re.compile(
    rb"\\(?:([a-zA-Z]{1,32})(-?\d{1,9})? ?|'[0-9a-fA-F]{2}|[^a-zA-Z])|[{}]|[^\\{}]+|\\", re.DOTALL
)
_BULLET = re.compile(
    rb"(?:\\(?:bullet|endash|emdash)(?![a-z]) ?|\\'(?:b7|95|a7|96|97)|\\u-?\d{3,5} ?(?:\?|\\'[0-9a-fA-F]{2})?|[-*o\xb7])"
    rb"(?:[\s{}]|\\tx-?\d+ ?){0,9}\\tab(?![a-z]) ?"
)
_NUMBERED = re.compile(
    rb"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)](?:[\s{}]|\\tx-?\d+ ?){0,9}\\tab(?![a-z])"
)
_NUMBER = re.compile(rb"\(?(?:\d{1,4}|[A-Za-z]{1,4}(?=[.)]))(?:[.)]\w{0,4}){0,9}")
_HIDDEN = frozenset(
    b"fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr footerf footnote "
    b"listtable listoverridetable revtbl rsidtbl fldinst themedata datastore generator xmlnstbl".split()
)
_ENDS = frozenset(b"par cell nestcell row nestrow sect".split())
_SPOKEN = frozenset(
    b"u tab line bullet endash emdash lquote rquote ldblquote rdblquote chftn".split()
)


def marked(data: bytes) -> bytes:
    """The same document with its marks."""
    return b"".join(_Reader(data).pieces())


@dataclass(frozen=True, slots=True)
class _State:
    """What holds in a group; indents are in twips."""

    listed: bool = False
    depth: int = 0
    left: int = 0
    first: int = 0
    heading: bool = False
    hidden: bool = False
    label: bool = False


@dataclass(slots=True)
class _Row:
    """The cells of a row as it is defined, whether each belongs to the one above, and how far the row is read."""

    merged: list[bool] = field(default_factory=list)
    is_next: bool = False
    at: int = 0


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._state = _State()
        self._above: list[_State] = []
        self._begins = True  # nothing of the paragraph has been said
        self._label: bytes | None = (
            None  # the bullet or number that the writer put before the paragraph
        )
        self._row = _Row()

    def pieces(self) -> Iterator[bytes]:
        position = 0
        for token in _TOKEN.finditer(self._data):
            if token.start() < position:
                continue
            position = token.end()
            if token[0] in (b"{", b"}"):
                self._nested(opens=token[0] == b"{")
                yield token[0]
            elif self._state.label:
                self._label = ((self._label or b"") + (b"" if token[1] else token[0]))[
                    :_LONGEST_LABEL
                ]
            elif token[0] == b"\\*" or token[1] in _HIDDEN:
                self._state = replace(self._state, hidden=True)
                yield token[0]
            elif token[1] in (b"listtext", b"pntext"):
                self._state, self._label = replace(self._state, label=True), b""
            elif self._state.hidden:
                yield token[0]
            elif token[1] is not None and token[1] not in _SPOKEN:
                yield self._word(token[1], int(token[2] or 0), token[2] is not None) + (
                    b"" if token[1] == b"ls" else token[0]
                )
            else:
                mark, position = self._mark(token) if self._begins else (b"", position)
                yield mark + (token[0] if position == token.end() else b"")

    def _nested(self, *, opens: bool) -> None:
        if opens:
            self._above.append(self._state)
        elif self._above:
            self._state = self._above.pop()

    def _word(self, word: bytes, number: int, told: bool) -> bytes:
        """Takes up a property; gives what belongs before the word."""
        state, row = self._state, self._row
        if word in _ENDS:
            return self._end(word)
        if word == b"pard":
            self._state = _State()
        elif word == b"ls":
            self._state = replace(state, listed=number > 0)
        elif word == b"ilvl":
            self._state = replace(state, depth=min(max(number, 0), MAX_DEPTH))
        elif word in (b"li", b"lin"):
            self._state = replace(state, left=number)
        elif word == b"fi":
            self._state = replace(state, first=number)
        elif word == b"outlinelevel":
            self._state = replace(state, heading=told and number < 9)
        elif word == b"trowd":
            row.merged, row.is_next = [], False
        elif word == b"clvmrg":
            row.is_next = True
        elif word == b"cellx":
            row.merged.append(row.is_next)
            row.is_next = False
        return b""

    def _end(self, word: bytes) -> bytes:
        """Of a paragraph, which may be all that a cell holds."""
        row, said = self._row, not self._begins
        self._begins, self._label = True, None
        if word == b"row":
            row.at = 0
        elif word == b"cell":
            row.at += 1
            if not said and row.at <= len(row.merged) and row.merged[row.at - 1]:
                return _as_rtf(MERGED)
        return b""

    def _mark(self, token: re.Match[bytes]) -> tuple[bytes, int]:
        """The mark of a paragraph, where this token says the first of it, and where what is said goes on."""
        if token[1] is None and not token[0].strip():
            return b"", token.end()
        state, label, self._begins = self._state, self._label, False
        number = _NUMBER.fullmatch(label.strip()) if label else None
        said = number[0] + b" " if number else b""
        if state.heading:
            return said, token.end()
        if state.listed:
            return _as_rtf(ITEM + state.depth) + said, token.end()
        bullet = _BULLET.match(self._data, token.start()) if state.first < 0 else None
        is_numbered = state.first < 0 and _NUMBERED.match(self._data, token.start()) is not None
        if label is None and bullet is None and not is_numbered:
            return b"", token.end()
        return _as_rtf(
            HUNG + min(max(state.left // _TWIPS, 0), _MAX_INDENT)
        ) + said, bullet.end() if bullet else token.end()


def _as_rtf(code: int) -> bytes:
    # Without the braces, pandoc takes what follows for a part of what a Unicode character falls back to.
    return b"{\\uc1\\u%d?{}\\u%d?{}}" % (code - 0x10000, END - 0x10000)
