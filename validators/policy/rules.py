"""The form of rules for instructions: which words must be there at all, and what they must stand in."""

import re
from dataclasses import dataclass

# Between words: blanks, line ends, quotes and the marks of emphasis, but no end of a sentence.
_GAP = r"(?:[^\w.!?]{1,6})"
# What stands between gaps. It shares no character with a gap's edge, so that there is one way only to read a text.
_ANY_WORD = r"\w{1,40}(?:\.\w{1,40}){0,4}"


@dataclass(frozen=True, slots=True)
class Rule:
    """Found where `pattern` is, in folded text. It is tried only where one of `cues`, whole words, stands in the text."""

    what: str
    cues: frozenset[str]
    pattern: re.Pattern[str]


def rule(what: str, cues: str, pattern: str) -> Rule:
    """A rule of a pattern in which each blank stands for any gap between words."""
    return Rule(what, frozenset(cues.split()), re.compile(pattern.replace(" ", _GAP)))


def words(most: int) -> str:
    """A pattern of up to so many words of the same sentence, each with the gap before it, as few as will do."""
    return rf"(?:{_GAP}{_ANY_WORD}){{0,{most}}}?"
