"""Rules for instructions: the cue words that must be in a text, and the pattern around them.

A rule's weight says how rarely its pattern is in a text that is for people:

- 3: hardly ever; a finding by itself.
- 2: seldom, in texts about models or as a figure of speech.
- 1: often, such as a request in a tutorial, in an exam or in a quoted conversation.
- 0: in many texts; it adds to other signs, and is none by itself.

Signs next to one another add up, see `vouch.validators.policy.weighing`.
"""

import re
from dataclasses import dataclass

# Between words: blanks, line ends, quotes and marks of emphasis, but not the end of a sentence.
_GAP = r"(?:[^\w.!?]{1,6})"
# A word between gaps. It shares no character with a gap's edge, so that a text can be matched in
# one way only: that keeps the time linear.
_ANY_WORD = r"\w{1,40}(?:\.\w{1,40}){0,4}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern for folded text, tried only where one whole word of each of the `cues` is in it."""

    detector: str
    weight: int
    cues: tuple[frozenset[str], ...]
    pattern: re.Pattern[str]

    def is_cued(self, words: frozenset[str]) -> bool:
        """Return whether a text of these words, one of the first cues among them, may match."""
        return not any(words.isdisjoint(cues) for cues in self.cues[1:])


def rule(detector: str, weight: int, cues: str, pattern: str) -> Rule:
    """Return the rule of a pattern in which each blank stands for any gap between words.

    `cues` are words; of those before and after each `&` a text must have one.
    """
    groups = tuple(frozenset(group.split()) for group in cues.split("&"))
    return Rule(detector, weight, groups, re.compile(pattern.replace(" ", _GAP)))


def words(most: int) -> str:
    """Return a pattern for at most so many words of one sentence, as few as possible."""
    return rf"(?:{_GAP}{_ANY_WORD}){{0,{most}}}?"
