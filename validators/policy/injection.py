"""Find instructions to a language model inside a document, also disguised ones (prompt injection).

What a model is likely to obey is `injection`; what may as well be for people, or is shown as an
example, is `possible_injection`. See `vouch.validators.policy.weighing`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from vouch.validators.policy.answers import ANSWERS
from vouch.validators.policy.decoding import decoded
from vouch.validators.policy.finding import Finding
from vouch.validators.policy.folding import Folded, fold
from vouch.validators.policy.instructions import INSTRUCTIONS
from vouch.validators.policy.marks import MARKS, SPACED
from vouch.validators.policy.notices import NOTICES
from vouch.validators.policy.overrides import OVERRIDES, UNSPACED, UNSPACED_CUES
from vouch.validators.policy.rules import Rule
from vouch.validators.policy.weighing import ENOUGH, Sign, weighed

_WORD = re.compile(r"\w+")
_RULES = (*OVERRIDES, *INSTRUCTIONS, *NOTICES, *ANSWERS)


def _by_cue(rules: Iterable[Rule]) -> dict[str, tuple[Rule, ...]]:
    """Index rules by the words of which a text must have one, so that few are tried."""
    index: dict[str, list[Rule]] = {}
    for rule in rules:
        for cue in rule.cues[0]:
            index.setdefault(cue, []).append(rule)
    return {cue: tuple(of_cue) for cue, of_cue in index.items()}


_SIGNS = _by_cue(rule for rule in _RULES if rule.weight)
_SUPPORTS = _by_cue(rule for rule in _RULES if not rule.weight)
_SPACED_LETTERS = 8  # that follow the first letter of a word whose letters are apart
_SPACED_OUT = re.compile(rf"(?<!\w)\w(?:[ \t.*|·_-]{{1,3}}\w(?!\w)){{{_SPACED_LETTERS},400}}")
_WIDE_GAP = re.compile(r"[ \t.*|·_-]{2,}")
_NARROW_GAP = re.compile(r"[ \t.*|·_-]")


def find_injection(text: str) -> Iterator[Finding]:
    """Find instructions to a model and possible ones. Findings may overlap."""
    folded = fold(text)
    words = _WORD.findall(folded.text)
    for sign, counts in weighed(folded.text, _signs(folded.text, frozenset(words))):
        kind = "injection" if counts else "possible_injection"
        yield Finding(kind, sign.detector, *folded.source(sign.start, sign.end))
    if sum(len(word) == 1 for word in words) > _SPACED_LETTERS:
        yield from _spaced_out(folded)
    yield from _encoded(text)


def _signs(text: str, words: frozenset[str]) -> list[Sign]:
    """Return each match of a rule in a folded text of these words."""
    signs = list(_matches(text, words, _SIGNS))
    for mark in MARKS:
        if mark.hint in text:
            for match in mark.pattern.finditer(text):
                signs.append(Sign(mark.detector, *match.span(), mark.weight, mark.pattern))
    if not text.isascii() and any(cue in text for cue in UNSPACED_CUES):
        for rule in UNSPACED:
            for match in rule.pattern.finditer(text):
                signs.append(Sign(rule.detector, *match.span(), rule.weight, rule.pattern))
    # What only supports others is not looked for where there is nothing to support.
    return [*signs, *_matches(text, words, _SUPPORTS)] if signs else []


def _matches(
    text: str, words: frozenset[str], rules: Mapping[str, Sequence[Rule]]
) -> Iterator[Sign]:
    # In the order of a dictionary: the same signs in the same order for the same text.
    cued = {id(rule): rule for cue in sorted(words & rules.keys()) for rule in rules[cue]}
    for rule in cued.values():
        if rule.is_cued(words):
            for match in rule.pattern.finditer(text):
                yield Sign(rule.detector, *match.span(), rule.weight, rule.pattern)


def _spaced_out(folded: Folded) -> Iterator[Finding]:
    """Find words l i k e   t h e s e: with wider gaps as blanks, else without any blank."""
    for run in _SPACED_OUT.finditer(folded.text):
        spaced = _NARROW_GAP.sub("", _WIDE_GAP.sub("\n", run.group())).replace("\n", " ")
        detector = _instruction(spaced)
        if detector is None and SPACED.search(spaced):
            detector = "override_instructions"
        if detector:
            yield Finding("injection", detector, *folded.source(*run.span()))


def _encoded(text: str) -> Iterator[Finding]:
    """Find an encoded instruction; nothing is decoded twice."""
    for start, end, plain in decoded(text):
        detector = _instruction(fold(plain).text)
        if detector:
            yield Finding("injection", detector, start, end)


def _instruction(text: str) -> str | None:
    """Return the detector of an instruction that somebody took the trouble to disguise.

    Nobody disguises what is for people: so a sign that is seldom is enough.
    """
    signs = _signs(text, frozenset(_WORD.findall(text)))
    return next((sign.detector for sign in signs if sign.weight >= ENOUGH - 1), None)
