"""Remove invisible characters that no script needs: they keep words from being found.

What may hide something stays, for the content policy to find: runs of such characters, words with
one between all letters, overrides of direction, letters of the tag block. A single one in a word
hides nothing once it is removed, because the word is then searched and checked as it reads.
"""

import re
import unicodedata

_ZERO_WIDTH = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\u206a-\u206f"
_BIDI = "\u202a-\u202e\u2066-\u2069"
INVISIBLE = _ZERO_WIDTH + _BIDI
"""A set of characters for regular expressions: those that are removed where nothing needs them."""

_SOFT_HYPHEN = "\u00ad"
_GRAPHEME_JOINER = "\u034f"
_JOINER = "\u200d"
_MARKS = frozenset("\u200e\u200f\u061c")
# Letters whose look does not depend on their neighbours: Latin, Greek, Cyrillic, Armenian.
_PLAIN = "0-9A-Za-z\u00aa-\u02ff\u0370-\u058f\u1d00-\u1fff\uff10-\uff5a"
_GROUP = re.compile(
    f"(?<=[{_PLAIN}])[{_ZERO_WIDTH}](?:[{_PLAIN}][{_ZERO_WIDTH}]){{3,}}|[{_ZERO_WIDTH}]+"
)
# Arabic, the scripts of India and South-East Asia, Mongolian and others, where joiners change how
# letters look, and zero-width spaces divide words.
_SHAPED = re.compile(
    "[\u0600-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1bff\ua800-\uaaff\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00011fff\U0001e900-\U0001e95f]"
)
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_NEAR = 40  # code points: a direction mark belongs to right-to-left text that is this near
_BIDI_CONTROL = re.compile(f"[{_BIDI}]")
_CLOSERS = {"\u202c": "\u202a", "\u2069": "\u2066\u2068"}
_OPENERS = frozenset("".join(_CLOSERS.values()))


def without_invisible(text: str) -> str:
    """Return `text` without the invisible characters that it does not need. Idempotent."""
    text = _GROUP.sub(lambda group: group[0] if _stays(text, *group.span()) else "", text)
    if _BIDI_CONTROL.search(text):
        text = "\n".join(map(_without_isolates, text.split("\n")))
    return text


def _stays(text: str, start: int, end: int) -> bool:
    """Return whether a group of invisible characters is needed, or may hide something."""
    if end - start > 1:
        return True
    mark, before, after = text[start], text[max(0, start - 1) : start], text[end : end + 1]
    if mark == _SOFT_HYPHEN:
        return False
    if mark in _MARKS:
        near = _RIGHT_TO_LEFT.search(text, max(0, start - _NEAR), end + _NEAR)
        return near is not None
    if _SHAPED.match(before) or _SHAPED.match(after):
        return True
    if mark == _JOINER:
        return _is_symbol(before) and _is_symbol(after)
    return mark == _GRAPHEME_JOINER and after != "" and unicodedata.combining(after) > 0


def _is_symbol(character: str) -> bool:
    """Return whether a character may be part of an emoji."""
    return (
        bool(character)
        and not (character.isascii() or character.isalnum() or character.isspace())
        and unicodedata.category(character)[0] != "P"
        and unicodedata.category(character) != "Cf"
    )


def _without_isolates(line: str) -> str:
    """Return a line without embeddings and isolates, where all of it is written to the right.

    Programs put them around names and numbers whose direction they do not know.
    """
    controls = _BIDI_CONTROL.findall(line)
    if not controls or _RIGHT_TO_LEFT.search(line) or not _is_balanced(controls):
        return line
    return _BIDI_CONTROL.sub("", line)


def _is_balanced(controls: list[str]) -> bool:
    """Return whether each control that begins something to the right is closed, with no others."""
    opened: list[str] = []
    for control in controls:
        if control in _OPENERS:
            opened.append(control)
        elif control not in _CLOSERS or (opened and opened.pop() not in _CLOSERS[control]):
            return False
    return not opened
