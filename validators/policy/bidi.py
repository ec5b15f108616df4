"""Controls of direction that make a text read otherwise than it is stored ("Trojan Source")."""

import re
from collections.abc import Iterator

from vouch.validators.policy.finding import Finding

_CONTROL = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LINE = re.compile("[^\n\r\u2029]+")
_MAX_DEPTH = 125  # Unicode's own limit; deeper openings have no effect
_CLOSERS = {"\u202c": "\u202a\u202b\u202d\u202e", "\u2069": "\u2066\u2067\u2068"}
_OVERRIDES = "\u202d\u202e"
_TO_THE_LEFT = "\u202b\u2067"
_LATIN = re.compile("[A-Za-z0-9\u00c0-\u024f]")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def find_bidi(text: str) -> Iterator[Finding]:
    """Overrides, and embeddings to the left, around Latin letters; openings that are never closed where Latin letters follow.

    A closing that closes nothing changes nothing and is left alone: chunks are cut out of longer lines.
    """
    if _CONTROL.search(text):
        for line in _LINE.finditer(text):
            yield from _in_line(text, line.start(), line.end())


def _in_line(text: str, start: int, end: int) -> Iterator[Finding]:
    """The effect of every control ends with its line, says Unicode."""
    opened: list[int] = []
    ignored = 0
    for control in _CONTROL.finditer(text, start, end):
        closes = _CLOSERS.get(control.group())
        if closes is None and len(opened) < _MAX_DEPTH:
            opened.append(control.start())
        elif closes is None:
            ignored += 1
        elif ignored:
            ignored -= 1
        elif opened and text[opened[-1]] in closes:
            begun = opened.pop()
            if _reorders(text, begun, control.start()):
                yield Finding("hidden_text", "bidi_reordering", begun, control.end())
    # Only the outermost: within a text of nothing but openings, each would reach to the end of the line.
    if opened and _LATIN.search(text, opened[0], end):
        yield Finding("hidden_text", "bidi_unbalanced", opened[0], end)


def _reorders(text: str, start: int, end: int) -> bool:
    if text[start] in _OVERRIDES:
        return _LATIN.search(text, start, end) is not None
    plain = text[start] in _TO_THE_LEFT and not _RIGHT_TO_LEFT.search(text, start, end)
    return plain and _LATIN.search(text, start, end) is not None
