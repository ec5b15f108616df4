"""Rules for instructions: the cue words that must be in a text, and the pattern around them."""

import re
from dataclasses import dataclass

# Between words: blanks, line ends, quotes and marks of emphasis, but not the end of a sentence.
_GAP = r"(?:[^\w.!?]{1,6})"
# A word between gaps. It shares no character with a gap's edge, so that a text can be matched in
# one way only: that keeps the time linear.
_ANY_WORD = r"\w{1,40}(?:\.\w{1,40}){0,4}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern for folded text, tried only where one of the `cues`, whole words, is in it."""

    detector: str
    cues: frozenset[str]
    pattern: re.Pattern[str]


def rule(detector: str, cues: str, pattern: str) -> Rule:
    """Return the rule of a pattern in which each blank stands for any gap between words."""
    return Rule(detector, frozenset(cues.split()), re.compile(pattern.replace(" ", _GAP)))


def words(most: int) -> str:
    """Return a pattern for at most so many words of one sentence, as few as possible."""
    return rf"(?:{_GAP}{_ANY_WORD}){{0,{most}}}?"
