"""RTF as pandoc reads it whole.

pandoc drops footnotes, which become last paragraphs here; the character after what a Unicode one falls back to; and the
halves in which RTF writes an emoji, which go through it as private characters.
"""

import re

from vouch.parsers.pandoc.rtf_markers import marked

_HALF = re.compile(rb"\\u(-\d{4,5}|5[5-7]\d{3})(?!\d)")
_HIGH, _LOW, _PRIVATE = 0xD800, 0xDC00, 0xE000
_PRIVATE_PAIR = re.compile("([\ue000-\ue3ff])([\ue400-\ue7ff])")
_FALLBACK = re.compile(rb"(\\u-?\d{1,6}[^\\{}\s\d])")
_ROW_PART = re.compile(rb"\\(trowd|cell|row)(?![a-z])")
_NOTE = re.compile(rb"\{\s*(?:\\\*\s*)?\\footnote(?:\\ftnalt)?(?![a-z])")
_BRACE = re.compile(rb"\\.|[{}]", re.DOTALL)


def for_pandoc(data: bytes) -> bytes:
    """The same document; what holds binary pictures is left as it is."""
    if b"\\bin" in data:
        return data
    data = _FALLBACK.sub(rb"\1{}", _HALF.sub(_as_private, data))
    data = _with_row_beginnings(marked(data))
    if not _NOTE.search(data):
        return data
    parts: list[bytes] = []
    notes: list[bytes] = []
    position = 0
    while note := _NOTE.search(data, position):
        end = _end(data, note.end())
        if end is None:
            break
        parts.append(data[position : note.start()])
        notes.append(b"{\\pard " + data[note.end() : end] + b"\\par}\n")
        position = end + 1
    rest = data[position:]
    body, brace, tail = rest.rpartition(b"}")
    return b"".join([*parts, body, b"\\par\n" if notes else b"", *notes, brace, tail])


def with_whole_characters(text: str) -> str:
    """What pandoc made of it, with each pair of halves as the character that it is."""
    return _PRIVATE_PAIR.sub(_as_one, text)


def _with_row_beginnings(data: bytes) -> bytes:
    """Rows that share the definition of the first one: pandoc begins a row at a definition only."""
    parts = list(_ROW_PART.finditer(data))
    pieces: list[bytes] = []
    position = 0
    for before, part, after in zip(parts, parts[1:], parts[2:], strict=False):
        if (before[1], part[1], after[1]) == (b"cell", b"row", b"cell"):
            pieces += [data[position : part.end()], b"\\trowd"]
            position = part.end()
    return b"".join([*pieces, data[position:]])


def _as_private(half: re.Match[bytes]) -> bytes:
    unit = int(half[1]) % 0x10000
    return b"\\u%d" % (unit - _HIGH + _PRIVATE - 0x10000) if _HIGH <= unit < _PRIVATE else half[0]


def _as_one(pair: re.Match[str]) -> str:
    high, low = ord(pair[1]) - _PRIVATE, ord(pair[2]) - _PRIVATE - (_LOW - _HIGH)
    return chr(0x10000 + (high << 10) + low)


def _end(data: bytes, position: int) -> int | None:
    """Where the group ends that is open at `position`."""
    depth = 1
    for brace in _BRACE.finditer(data, position):
        depth += {b"{": 1, b"}": -1}.get(brace[0], 0)
        if not depth:
            return brace.start()
    return None
