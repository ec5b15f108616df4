"""Where reStructuredText's inline markup begins and ends: behind and before white space, punctuation and the like."""

import re

_AFTER = r"(?=\Z|[\s\x00'\")\]}>\-/\\:.,;!?]|[^\x00-\x7f\w])"
_BEFORE = r"(?:^|[\s'\"(\[{<\-/:]|[^\x00-\x7f\w])"
NAME = r"[^\W_](?:[-._+:]?[^\W_])*"
HIT = re.compile(r"\*\*?|``?|_`|__?(?!\w)|\||\[(?=[#*\w])")
ROLE = re.compile(rf"{_BEFORE}(:({NAME}):)\Z")
REFERENCE = re.compile(rf"{_BEFORE}({NAME})\Z")
NOTE = re.compile(rf"\[([0-9]+|#(?:{NAME})?|\*|{NAME})\]_{_AFTER}")
ENDS = {
    "*": re.compile(rf"(?<![\s\x00])\*{_AFTER}"),
    "**": re.compile(rf"(?<![\s\x00])\*\*{_AFTER}"),
    "``": re.compile(rf"(?<!\s)``{_AFTER}"),
    "_`": re.compile(rf"(?<![\s\x00])`{_AFTER}"),
    "`": re.compile(rf"(?<![\s\x00])`(?::({NAME}):|(__?)|){_AFTER}"),
    "|": re.compile(rf"(?<![\s\x00])\|_?_?{_AFTER}"),
}
"""By the sign that begins markup, what ends it; behind interpreted text, its role (1) or the sign of a reference (2)."""
_OPENING = frozenset("'\"([{<-/:")
_CLOSING = {"'": "'", '"': '"', "(": ")", "[": "]", "{": "}", "<": ">"}
_END = re.compile(_AFTER)


def begins(source: str, start: int, inside: int) -> bool:
    """May markup begin here: behind a border, before a word, and not as a quoted sign?"""
    if inside >= len(source) or source[inside].isspace():
        return False
    if start == 0:
        return True
    before = source[start - 1]
    if before.isspace():
        return True
    is_border = before in _OPENING or (not before.isascii() and not before.isalnum())
    return is_border and _CLOSING.get(before) != source[inside]


def is_end(source: str, position: int) -> bool:
    """May markup end before a position?"""
    return _END.match(source, position) is not None
