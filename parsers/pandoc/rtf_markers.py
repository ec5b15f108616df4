"""Put marks into RTF for what pandoc does not report: list items and vertically merged cells.

Tables within tables, of which pandoc loses the text, become a paragraph a row.

RTF states both by properties that apply until they are reset, so the marks are computed while the
file is read token by token. Marks are pairs of private-use characters, which
`vouch.parsers.pandoc.rtf_postprocess` takes out of pandoc's tree again. pandoc's own lists are
switched off: it finds none in text with bullets typed by hand, loses the numbers, and moves a list
right before a table to the beginning of the document. Its numbers begin again after a nested list.

The control words are those of the Rich Text Format specification, version 1.9.1.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

ITEM, MERGED, HUNG, LABEL, END = 0xE800, 0xE8FF, 0xE900, 0xEFFE, 0xEFFF
MAX_DEPTH = 8
_MAX_INDENT = 0x600  # points; larger ones would run into the code of `END`
_MAX_LABEL = 60  # bytes of a bullet or number: a bound for a group that is never closed
_TWIPS = 20  # in a point
# Repetitions are bounded in all patterns below: a file of nothing but spaces and braces would
# otherwise take quadratic time.
_TOKEN = re.compile(
    rb"\\(?:([a-zA-Z]{1,32})(-?\d{1,9})? ?|'[0-9a-fA-F]{2}|[^a-zA-Z])|[{}]|[^\\{}]+|\\", re.DOTALL
)
_BULLET = re.compile(
    rb"(?:\\(?:bullet|endash|emdash)(?![a-z]) ?|\\'(?:b7|95|a7|96|97)"
    rb"|\\u-?\d{3,5} ?(?:\?|\\'[0-9a-fA-F]{2})?|[-*o\xb7])"
    rb"(?:[\s{}]|\\tx-?\d+ ?){0,9}\\tab(?![a-z]) ?"
)
_NUMBERED = re.compile(
    rb"(\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)])(?:[\s{}]|\\tx-?\d+ ?){0,9}\\tab(?![a-z]) ?"
)
_NUMBER = re.compile(rb"\(?(?:\d{1,4}|[A-Za-z]{1,4}(?=[.)]))(?:[.)]\w{0,4}){0,9}")
# Groups whose text is not part of the document's.
_DESTINATIONS = frozenset(
    b"fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl "
    b"footerr footerf footnote listtable listoverridetable revtbl rsidtbl fldinst themedata "
    b"datastore generator xmlnstbl".split()
)
_ENDS = frozenset(b"par cell row nestrow sect".split())
_NEWLINES = (b"\\\n", b"\\\r")  # what TextEdit writes for \par
_NESTED_ROW = re.compile(rb"\\\*[\s]{0,9}(\\nesttableprops)(?![a-z])")
# Control words that are characters.
_CHARACTERS = frozenset(
    b"u tab line bullet endash emdash lquote rquote ldblquote rdblquote chftn".split()
)


def with_marks(data: bytes) -> bytes:
    """Return the document with its marks."""
    return b"".join(_Reader(_NESTED_ROW.sub(rb"\1", data)).pieces())


@dataclass(frozen=True, slots=True)
class _State:
    """The properties that apply in a group; indents are in twips."""

    listed: bool = False
    depth: int = 0
    left: int = 0
    first: int = 0
    heading: bool = False
    hidden: bool = False
    label: bool = False
    dropped: bool = False
    ends_row: bool = False  # the group is that of a nested row's properties


@dataclass(slots=True)
class _Row:
    """The definition of a table row.

    `merged` says for each cell whether it continues the one above; `next_is_merged` is that of the
    cell under definition; `cell` is the index of the cell being read.
    """

    merged: list[bool] = field(default_factory=list)
    next_is_merged: bool = False
    cell: int = 0


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._state = _State()
        self._outer: list[_State] = []  # of the enclosing groups
        self._is_empty = True  # the paragraph has no text so far
        self._is_within_row = False  # of a table within a table, after its first cell
        self._label: bytes | None = None  # the bullet or number that the writer stored for it
        self._row = _Row()

    def pieces(self) -> Iterator[bytes]:
        """Yield the document with marks, token by token."""
        position = 0
        for token in _TOKEN.finditer(self._data):
            if token.start() < position:  # within a bullet that a mark replaces
                continue
            position = token.end()
            word = token[1]
            if token[0] == b"{":
                self._outer.append(self._state)
                yield token[0]
            elif token[0] == b"}":
                closed, self._state = self._state, self._outer.pop() if self._outer else self._state
                yield token[0]
                if closed.ends_row and not self._state.ends_row:
                    yield self._end(b"par") + b"\\par "
            elif self._state.dropped:
                continue
            elif self._state.label:
                text = b"" if word else token[0]
                self._label = ((self._label or b"") + text)[:_MAX_LABEL]
            elif word in (b"nesttableprops", b"nonesttables"):
                is_row = word == b"nesttableprops"
                self._state = replace(self._state, dropped=True, ends_row=is_row)
            elif word == b"nestcell":
                self._is_within_row = True
                yield b"\\tab "
            elif token[0] in _NEWLINES and not self._state.hidden:
                yield self._end(b"par") + b"\\par "
            elif token[0] == b"\\*" or word in _DESTINATIONS:
                self._state = replace(self._state, hidden=True)
                yield token[0]
            elif word in (b"listtext", b"pntext"):
                self._state, self._label = replace(self._state, label=True), b""
            elif self._state.hidden:
                yield token[0]
            elif word is not None and word not in _CHARACTERS:
                mark = self._control_word(word, token[2])
                # Without \ls, pandoc makes no list of its own; at the others it ends a paragraph.
                is_left_out = word == b"ls" or (word in (b"pard", b"intbl") and self._is_within_row)
                yield mark if is_left_out else mark + token[0]
            else:
                mark, position = self._mark(token) if self._is_empty else (b"", position)
                yield mark + (token[0] if position == token.end() else b"")

    def _control_word(self, word: bytes, parameter: bytes | None) -> bytes:
        """Apply a control word; return the mark that goes before it."""
        if word in _ENDS:
            return self._end(word)
        number, state, row = int(parameter or 0), self._state, self._row
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
        elif word == b"outlinelevel":  # 9 is body text
            self._state = replace(state, heading=parameter is not None and number < 9)
        elif word == b"trowd":
            row.merged, row.next_is_merged = [], False
        elif word == b"clvmrg":
            row.next_is_merged = True
        elif word == b"cellx":
            row.merged.append(row.next_is_merged)
            row.next_is_merged = False
        return b""

    def _end(self, word: bytes) -> bytes:
        """End a paragraph, which may be all that a cell holds; return the mark before the word."""
        row, was_empty = self._row, self._is_empty
        self._is_empty, self._label, self._is_within_row = True, None, False
        if word == b"row":
            row.cell = 0
        elif word == b"cell":
            row.cell += 1
            if was_empty and row.cell <= len(row.merged) and row.merged[row.cell - 1]:
                return _as_rtf(MERGED)
        return b""

    def _mark(self, token: re.Match[bytes]) -> tuple[bytes, int]:
        """Return the mark of a paragraph whose first text a token is, and where reading resumes."""
        if token[1] is None and not token[0].strip():
            return b"", token.end()
        state, label, self._is_empty = self._state, self._label, False
        match = _NUMBER.fullmatch(label.strip()) if label else None
        number = match[0] if match else b""
        if state.heading:
            return number + b" " if number else b"", token.end()
        number += _as_rtf(LABEL) if number else b""
        if state.listed:
            return _as_rtf(ITEM + state.depth) + number, token.end()
        # A hanging indent and a tab: a list typed by hand, nested by its indents.
        is_hanging = state.first < 0
        bullet = _BULLET.match(self._data, token.start()) if is_hanging else None
        typed = _NUMBERED.match(self._data, token.start()) if is_hanging else None
        if label is None and bullet is None and typed is None:
            return b"", token.end()
        if typed is not None:
            number, bullet = typed[1] + _as_rtf(LABEL), typed
        indent = min(max(state.left // _TWIPS, 0), _MAX_INDENT)
        return _as_rtf(HUNG + indent) + number, bullet.end() if bullet else token.end()


def _as_rtf(code: int) -> bytes:
    # Without the braces, pandoc takes what follows for the fallback text of a Unicode character.
    return b"{\\uc1\\u%d?{}\\u%d?{}}" % (code - 0x10000, END - 0x10000)
