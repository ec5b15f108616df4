"""Find text that people do not see and machines read: invisible characters that no script needs.

Clean are joiners in emoji and in scripts that join, direction marks near right-to-left text, a byte
order mark at the start, flags of tag characters, a single variation selector, soft hyphens between
syllables, and up to three equal zero-width characters next to a blank or a sign, which web pages
and machine translation leave behind: what is always the same says nothing.
Parsers remove single characters that nothing needs (`vouch.parsers.common.text.invisible`).
"""

import re
from collections.abc import Iterator

from vouch.validators.policy.bidi import RIGHT_TO_LEFT, find_bidi
from vouch.validators.policy.finding import Finding

_ZERO_WIDTH = "\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_FILLERS = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_BIDI = "\u202a-\u202e\u2066-\u2069"
_ANY = re.compile(f"[\u00ad{_ZERO_WIDTH}{_SELECTORS}{_FILLERS}{_BIDI}\U000e0000-\U000e007f]")

_TAGS = re.compile("[\U000e0000-\U000e007f]+")
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_PATTERNS = (
    ("variation_selectors", re.compile(f"[{_SELECTORS}]{{2,}}|(?:[A-Za-z ][{_SELECTORS}]){{3,}}")),
    ("soft_hyphens", re.compile("\u00ad{2,}|(?:\\w\u00ad){4,}")),
    # Braille art is full of blank cells, but has dots between them.
    (
        "blank_fillers",
        re.compile(
            "[\u115f\u1160\u17b4\u17b5\u3164\uffa0]{3,}|"
            "(?<![\u2800-\u28ff])\u2800{8,}+(?![\u2801-\u28ff])"
        ),
    ),
)
_RUN = re.compile(f"[{_ZERO_WIDTH}]+")
# Arabic, Syriac, N'Ko, the scripts of India and South-East Asia, Mongolian: there joiners and
# breaks change how the text looks.
_SHAPED = re.compile(
    "[\u0600-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1bff\ua800-\uaaff\ufb50-\ufdff\ufe70-\ufefc]"
)
_LEFT_BEHIND = 3  # equal zero-width characters at the edge of a word
_NEAR = 40  # code points: a direction mark belongs to right-to-left text that is this near
_MARKS = frozenset("\u200e\u200f\u061c")


def find_hidden_text(text: str) -> Iterator[Finding]:
    """Find hidden text. Findings may overlap."""
    if text.isascii() or not _ANY.search(text):
        return
    yield from _tags(text)
    for detector, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield Finding("hidden_text", detector, *match.span())
    for run in _RUN.finditer(text):
        if _is_hiding(text, run):
            yield Finding("hidden_text", "zero_width", *run.span())
    yield from find_bidi(text)


def _tags(text: str) -> Iterator[Finding]:
    """Find letters of the tag block outside of a flag: invisible ASCII."""
    flags = {flag.start() + 1 for flag in _FLAG.finditer(text)}
    for run in _TAGS.finditer(text):
        if run.start() not in flags or not _FLAG.fullmatch(text, run.start() - 1, run.end()):
            yield Finding("hidden_text", "tag_characters", *run.span())


def _is_hiding(text: str, run: re.Match[str]) -> bool:
    """Return whether a run of zero-width characters has no legitimate use."""
    start, end = run.span()
    if not start and text.startswith("\ufeff"):
        start = 1
        if start == end:
            return False
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    if _MARKS.issuperset(text[start:end]) and RIGHT_TO_LEFT.search(
        text, max(0, start - _NEAR), end + _NEAR
    ):
        return end - start > 3
    if _SHAPED.match(before) or _SHAPED.match(after):
        return end - start > 2
    if len(set(run.group())) == 1 and not (_is_plain(before) and _is_plain(after)):
        return end - start > _LEFT_BEHIND
    return end - start > 1 or (_is_plain(before) and _is_plain(after))


def _is_plain(character: str) -> bool:
    """Return whether it is a letter or digit of a script without joiners: Latin to Armenian."""
    return character.isalnum() and (
        character < "\u0590" or "\u1d00" <= character < "\u2000" or "\uff10" <= character < "\uff5b"
    )
