"""Prepare RTF for pandoc, which drops parts of it.

It drops footnotes, which become last paragraphs here; the character after the fallback of a
Unicode character; and the surrogates in which RTF writes an emoji, which go through pandoc as
private-use characters.
"""

import re

from vouch.parsers.pandoc.rtf_markers import with_marks

_SURROGATE = re.compile(rb"\\u(-\d{4,5}|5[5-7]\d{3})(?!\d)")
_HIGH, _LOW, _PRIVATE = 0xD800, 0xDC00, 0xE000
_PRIVATE_PAIR = re.compile("([\ue000-\ue3ff])([\ue400-\ue7ff])")
# A Unicode character and its fallback: pandoc drops the character after it, unless braces end it.
_FALLBACK = re.compile(rb"(\\u-?\d{1,6}[^\\{}\s\d])")
_ROW_PART = re.compile(rb"\\(trowd|cell|row)(?![a-z])")
_NOTE = re.compile(rb"\{\s*(?:\\\*\s*)?\\footnote(?:\\ftnalt)?(?![a-z])")
_BRACE = re.compile(rb"\\.|[{}]", re.DOTALL)


def prepare_rtf(data: bytes) -> bytes:
    """Return the document for pandoc; one with binary pictures is left as it is.

    In binary data, bytes that look like RTF must not be changed.
    """
    if b"\\bin" in data:
        return data
    data = _FALLBACK.sub(rb"\1{}", _SURROGATE.sub(_as_private, data))
    data = _with_row_definitions(with_marks(data))
    parts: list[bytes] = []
    notes: list[bytes] = []
    position = 0
    while note := _NOTE.search(data, position):
        end = _group_end(data, note.end())
        if end is None:  # pandoc reports the unbalanced braces
            break
        parts.append(data[position : note.start()])
        notes.append(b"{\\pard " + data[note.end() : end] + b"\\par}\n")
        position = end + 1
    if not notes:
        return data
    body, brace, tail = data[position:].rpartition(b"}")
    return b"".join([*parts, body, b"\\par\n", *notes, brace, tail])


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


def _group_end(data: bytes, position: int) -> int | None:
    """Return where the group ends that is open at `position`, None where it does not."""
    depth = 1
    for brace in _BRACE.finditer(data, position):
        depth += {b"{": 1, b"}": -1}.get(brace[0], 0)
        if not depth:
            return brace.start()
    return None
