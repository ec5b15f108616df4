"""Find direction controls that show a text in another order than it is stored.

See Boucher and Anderson, "Trojan Source" (2021), and Unicode's Bidirectional Algorithm (UAX #9).
"""

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
RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def find_bidi(text: str) -> Iterator[Finding]:
    """Find overrides and right-to-left embeddings around Latin letters, and unclosed controls.

    A closing control without an opening has no effect and is ignored: chunks are cut out of longer
    lines.
    """
    if _CONTROL.search(text):
        for line in _LINE.finditer(text):
            yield from _in_line(text, line.start(), line.end())


def _in_line(text: str, start: int, end: int) -> Iterator[Finding]:
    """Search one line: the effect of every control ends with its line (UAX #9, rule X8)."""
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
            start_of_pair = opened.pop()
            if _reorders(text, start_of_pair, control.start()):
                yield Finding("hidden_text", "bidi_reordering", start_of_pair, control.end())
    # Only the outermost: in a text of nothing but openings, each would reach the end of the line.
    if opened and _LATIN.search(text, opened[0], end):
        yield Finding("hidden_text", "bidi_unbalanced", opened[0], end)


def _reorders(text: str, start: int, end: int) -> bool:
    has_latin = _LATIN.search(text, start, end) is not None
    if text[start] in _OVERRIDES:
        return has_latin
    return has_latin and text[start] in _TO_THE_LEFT and not RIGHT_TO_LEFT.search(text, start, end)
