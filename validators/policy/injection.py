"""Find instructions to a language model inside a document, also disguised ones (prompt injection).

Disguises that are recognised: zero-width characters, letters of other scripts or styles, letters
with gaps between them, base64.
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
_SPACED_OUT = re.compile(r"(?<!\w)\w(?:[ \t.*|·_-]{1,3}\w(?!\w)){8,400}")
_WIDE_GAP = re.compile(r"[ \t.*|·_-]{2,}")
_NARROW_GAP = re.compile(r"[ \t.*|·_-]")
_ENCODED = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{24,4096}={0,2}(?![\w+/=-])")


def find_injection(text: str) -> Iterator[Finding]:
    """Find instructions to a model. Findings may overlap."""
    folded = fold(text)
    for detector, start, end in _matches(folded.text):
        yield Finding("injection", detector, *folded.source(start, end))
    yield from _spaced_out(folded)
    yield from _encoded(text)


def _matches(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the detector and span of each match of a rule in folded text."""
    cues = _CUES.intersection(_WORD.findall(text))
    for rule in _RULES:
        if not cues.isdisjoint(rule.cues):
            yield from ((rule.detector, *match.span()) for match in rule.pattern.finditer(text))
    for detector, hint, pattern in MARKS:
        if hint in text:
            yield from ((detector, *match.span()) for match in pattern.finditer(text))
    if not text.isascii() and any(cue in text for cue in UNSPACED_CUES):
        for rule in UNSPACED:
            yield from ((rule.detector, *match.span()) for match in rule.pattern.finditer(text))


def _spaced_out(folded: Folded) -> Iterator[Finding]:
    """Find words l i k e   t h e s e: with wider gaps as blanks, else without any blank."""
    for run in _SPACED_OUT.finditer(folded.text):
        spaced = _NARROW_GAP.sub("", _WIDE_GAP.sub("\n", run.group())).replace("\n", " ")
        detector = next((detector for detector, _, _ in _matches(spaced)), None)
        if detector is None and SPACED.search(spaced):
            detector = "override_instructions"
        if detector:
            yield Finding("injection", detector, *folded.source(*run.span()))


def _encoded(text: str) -> Iterator[Finding]:
    """Find base64 of a text that a rule matches; base64 inside base64 is not decoded."""
    for run in _ENCODED.finditer(text):
        decoded = _decode(run.group())
        for detector, _, _ in _matches(fold(decoded).text):
            yield Finding("injection", detector, *run.span())
            break


def _decode(run: str) -> str:
    """Return the text, empty where it is not base64 of printable UTF-8."""
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(body + "=" * (-len(body) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
    is_text = decoded.isprintable() or all(
        character.isprintable() or character.isspace() for character in decoded
    )
    return decoded if is_text else ""
