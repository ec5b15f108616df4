"""Prepare RTF for pandoc, which drops parts of it.

It drops footnotes in the notation for additions to RTF, which its own writer uses; the character
after the fallback of a Unicode character; and the surrogates in which RTF writes an emoji, which go
through pandoc as private-use characters.
"""

import re

from vouch.parsers.pandoc.rtf_charsets import with_unicode
from vouch.parsers.pandoc.rtf_markers import with_marks

_SURROGATE = re.compile(rb"\\u(-\d{4,5}|5[5-7]\d{3})(?!\d)")
_HIGH, _LOW, _PRIVATE = 0xD800, 0xDC00, 0xE000
_PRIVATE_PAIR = re.compile("([\ue000-\ue3ff])([\ue400-\ue7ff])")
# A Unicode character and its fallback: pandoc drops the character after it, unless braces end it.
_FALLBACK = re.compile(rb"(\\u-?\d{1,6}[^\\{}\s\d])")
_ROW_PART = re.compile(rb"\\(trowd|cell|row)(?![a-z])")
_MARKED_NOTE = re.compile(rb"\\\*\s{0,9}(\\footnote)(?![a-z])")
# Binary data of pictures, in which bytes that look like RTF are none; else any control word.
_BINARY = re.compile(rb"\\(?:bin(\d{1,9}) ?|.)", re.DOTALL)


def prepare_rtf(data: bytes) -> bytes:
    """Return the document for pandoc."""
    data = _without_binary(data) if b"\\bin" in data else data
    data = _MARKED_NOTE.sub(rb"\1", with_unicode(data))
    data = _FALLBACK.sub(rb"\1{}", _SURROGATE.sub(_as_private, data))
    return _with_row_definitions(with_marks(data))


def _without_binary(data: bytes) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for word in _BINARY.finditer(data):
        if word[1] is not None and word.start() >= position:
            pieces.append(data[position : word.start()])
            position = word.end() + int(word[1])
    return b"".join([*pieces, data[position:]])


def restore_characters(text: str) -> str:
    """Return pandoc's output with each private-use pair as the character it stands for."""
    return _PRIVATE_PAIR.sub(_as_character, text)


def _with_row_definitions(data: bytes) -> bytes:
    """Repeat the definition of a row for the rows that share it: pandoc begins a row only there."""
    parts = list(_ROW_PART.finditer(data))
    pieces: list[bytes] = []
    position = 0
    for before, part, after in zip(parts, parts[1:], parts[2:], strict=False):
        if (before[1], part[1], after[1]) == (b"cell", b"row", b"cell"):
            pieces += [data[position : part.end()], b"\\trowd"]
            position = part.end()
    return b"".join([*pieces, data[position:]])


def _as_private(surrogate: re.Match[bytes]) -> bytes:
    """Return a surrogate as a private-use character; RTF writes code units as signed 16 bits."""
    unit = int(surrogate[1]) % 0x10000
    if not _HIGH <= unit < _PRIVATE:
        return surrogate[0]
    return b"\\u%d" % (unit - _HIGH + _PRIVATE - 0x10000)


def _as_character(pair: re.Match[str]) -> str:
    high, low = ord(pair[1]) - _PRIVATE, ord(pair[2]) - _PRIVATE - (_LOW - _HIGH)
    return chr(0x10000 + (high << 10) + low)
