"""Write the characters of RTF as Unicode, by the code page of their font: pandoc knows one alone.

A byte stands for a letter in the character set of its font (`\\fcharset`), else in the code page of
the document (`\\ansicpg`). pandoc reads all bytes as Windows-1252, and Cyrillic letters as Latin.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from vouch.parsers.common.rtf_fonts import FONT_PAGES

# Repetitions are bounded, as in `rtf_markers`.
_TOKEN = re.compile(
    rb"\\(?:([a-zA-Z]{1,32})(-?\d{1,9})? ?|'([0-9a-fA-F]{2})|[^a-zA-Z])|[{}]|[^\\{}]+|\\", re.DOTALL
)
_CODE_PAGE = re.compile(rb"\\ansicpg(\d{1,5})")
_FONT = re.compile(rb"\\f(\d{1,5})(?:[ \r\n]{0,3}\\[a-z]{1,16}-?\d{0,6}){0,6}?\\fcharset(\d{1,3})")
_DEFAULT_FONT = re.compile(rb"\\deff(\d{1,5})")
# By number of the set; Latin ones and symbols, 0 to 2, are left to pandoc.
_SETS = {number: f"cp{page}" for number, page in FONT_PAGES.items()}
_SETS |= {130: "johab", 254: "cp437", 255: "cp850"}
_BY_DOCUMENT = (0, 1)  # sets that are those of the document
_SYMBOLS = 2
_OF_TWO_BYTES = frozenset({"cp932", "cp949", "johab", "cp950", "cp936"})
_LEAD = 0x81
_OF_PANDOC = "cp1252"


@dataclass(frozen=True, slots=True)
class _State:
    """What applies in a group: the encoding of bytes, and how many follow a Unicode character."""

    encoding: str
    fallback: int = 1


def with_unicode(data: bytes) -> bytes:
    """Return a document in which characters beyond Windows-1252 are in Unicode."""
    page = _CODE_PAGE.search(data)
    document = _encoding(f"cp{int(page[1])}") if page else _OF_PANDOC
    fonts = {int(font[1]): _of_set(int(font[2]), document) for font in _FONT.finditer(data)}
    if {document, *fonts.values()} == {_OF_PANDOC}:
        return data
    default = _DEFAULT_FONT.search(data)
    start = fonts.get(int(default[1]), document) if default else document
    return b"".join(_pieces(data, _State(start), document, fonts))


def _encoding(name: str) -> str:
    """Return a code page that can be decoded; pandoc's own for others."""
    with suppress(LookupError):
        b"a".decode(name)
        return name
    return _OF_PANDOC


def _of_set(number: int, document: str) -> str:
    if number in _BY_DOCUMENT:
        return document
    return _OF_PANDOC if number == _SYMBOLS else _SETS.get(number, document)


def _pieces(data: bytes, state: _State, document: str, fonts: dict[int, str]) -> Iterator[bytes]:
    groups: list[_State] = []
    waiting = bytearray()  # bytes of characters
    skipped = 0  # bytes that follow a Unicode character, for programs that do not know it
    for token in _TOKEN.finditer(data):
        piece, word = token[0], token[1]
        if token[3]:
            if skipped or state.encoding == _OF_PANDOC:
                skipped = max(0, skipped - 1)
                yield piece
            else:
                waiting.append(int(token[3], 16))
            continue
        if not piece.strip(b"\r\n"):
            continue  # line ends of the file are no part of the text
        if waiting:
            piece = piece.lstrip(b"\r\n")
            if _is_cut(waiting, state.encoding) and piece[0] not in b"\\{}":
                waiting.append(piece[0])
                piece = piece[1:]
            yield _in_unicode(waiting, state.encoding)
            waiting.clear()
        skipped = 0
        if piece == b"{":
            groups.append(state)
        elif piece == b"}" and groups:
            state = groups.pop()
        elif word == b"u":
            skipped = state.fallback
        elif word == b"uc" and token[2]:
            state = replace(state, fallback=int(token[2]))
        elif word == b"f" and token[2]:
            state = replace(state, encoding=fonts.get(int(token[2]), document))
        yield piece
    yield _in_unicode(waiting, state.encoding)


def _is_cut(waiting: bytearray, encoding: str) -> bool:
    """Return whether a character of two bytes lacks its second one."""
    if encoding not in _OF_TWO_BYTES:
        return False
    place = 0
    while place < len(waiting):
        is_single = waiting[place] < _LEAD or (
            encoding == "cp932" and 0xA0 <= waiting[place] < 0xE0
        )
        place += 1 if is_single else 2
    return place > len(waiting)


def _in_unicode(characters: bytearray, encoding: str) -> bytes:
    """Return characters as control words, with signed numbers of 16 bits."""
    units = characters.decode(encoding, "replace").encode("utf-16-le")
    numbers = (
        int.from_bytes(units[place : place + 2], "little", signed=True)
        for place in range(0, len(units), 2)
    )
    return b"".join(b"\\u%d?" % number for number in numbers)
