"""Instructions to a language model inside a document, also where they are disguised.

Disguises that are seen through: characters of no width, letters of other scripts or styles, letters set apart, base64.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from vouch.validators.policy.answers import ANSWERS
from vouch.validators.policy.finding import Finding
from vouch.validators.policy.folding import Folded, fold
from vouch.validators.policy.instructions import INSTRUCTIONS
from vouch.validators.policy.marks import MARKS, SPACED
from vouch.validators.policy.overrides import OVERRIDES, UNSPACED, UNSPACED_CUES

_WORD = re.compile(r"\w+")
_RULES = (*OVERRIDES, *INSTRUCTIONS, *ANSWERS)
_CUES = frozenset[str]().union(*(rule.cues for rule in _RULES))
_SET_APART = re.compile(r"(?<!\w)\w(?:[ \t.*|·_-]{1,3}\w(?!\w)){8,400}")
_WIDE_GAP = re.compile(r"[ \t.*|·_-]{2,}")
_NARROW_GAP = re.compile(r"[ \t.*|·_-]")
_ENCODED = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{24,4096}={0,2}(?![\w+/=-])")


def find_injection(text: str) -> Iterator[Finding]:
    """Findings may overlap."""
    folded = fold(text)
    for what, start, end in _matches(folded.text):
        yield Finding("injection", what, *folded.source(start, end))
    yield from _set_apart(folded)
    yield from _encoded(text)


def _matches(text: str) -> Iterator[tuple[str, int, int]]:
    """What the rules find in folded text."""
    cues = _CUES.intersection(_WORD.findall(text))
    for rule in _RULES:
        if not cues.isdisjoint(rule.cues):
            yield from ((rule.what, *found.span()) for found in rule.pattern.finditer(text))
    for what, hint, pattern in MARKS:
        if hint in text:
            yield from ((what, *found.span()) for found in pattern.finditer(text))
    if not text.isascii() and any(cue in text for cue in UNSPACED_CUES):
        for rule in UNSPACED:
            yield from ((rule.what, *found.span()) for found in rule.pattern.finditer(text))


def _set_apart(folded: Folded) -> Iterator[Finding]:
    """Words l i k e   t h e s e: read with the wider gaps as blanks, and, where all gaps are one blank, without any."""
    for run in _SET_APART.finditer(folded.text):
        spaced = _NARROW_GAP.sub("", _WIDE_GAP.sub("\n", run.group())).replace("\n", " ")
        what = next((what for what, _, _ in _matches(spaced)), None)
        if what is None and SPACED.search(spaced):
            what = "override_instructions"
        if what:
            yield Finding("injection", what, *folded.source(*run.span()))


def _encoded(text: str) -> Iterator[Finding]:
    """Base64 of a text in which the rules find something; base64 inside of base64 is not looked at."""
    for run in _ENCODED.finditer(text):
        decoded = _decode(run.group())
        if decoded:
            what = next((what for what, _, _ in _matches(fold(decoded).text)), None)
            if what:
                yield Finding("injection", what, *run.span())


def _decode(run: str) -> str:
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(body + "=" * (-len(body) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
    return (
        decoded
        if decoded.isprintable() or all(one.isprintable() or one.isspace() for one in decoded)
        else ""
    )
