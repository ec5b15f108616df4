"""Find the identifiers of a query, and say how far a text contains them.

An identifier is what people copy and mean letter by letter: `snake_case_name`,
`numpy.linalg.eigvalsh`, `--dry-run`, `PN-0042`, `1.10.2`, a path, a hash, a quoted phrase. The
full-text index has its parts only, so that a text with the parts ranks as high as one with the
whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# Scripts without spaces: between their letters an identifier needs none either.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef"
)
_LETTER, _JOINER = rf"[^\W{_UNSPACED}]", r"(?:[.:/\\@#+~-]|::)"
# What makes an identifier a part of another one, as `b.c` is of `a.b.c`. Compiled once: to compile
# so many scripts takes milliseconds.
_JOINED_BEFORE = re.compile(rf"{_LETTER}{_JOINER}?\Z")
_JOINED_AFTER = re.compile(rf"{_JOINER}?{_LETTER}")
_JOINED_LENGTH = 3  # characters
_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»|`([^`]+)`')
# The arguments of a call and the parameters of a type are words of their own.
_BREAKS = re.compile(rf"(?:[\s(){{}}\[\]<>;|\"'`“”„«»‘’…–—]|,(?!\d)|(?<!\d),|[{_UNSPACED}])+")
_MARKS = ".:,;!?*"  # around a word of a sentence
_WORD = re.compile(r"\w+")
# C#, .NET, -v, --dry-run
_NAMED_SIGNS = re.compile(r"[^\W\d_]{1,2}(?:#|\+\+)|\.[^\W\d_]\w*|-[^\W\d_]{1,2}|--\w[\w-]*")
_ABBREVIATION = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]?")  # U.S., e.g.
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|s)", re.IGNORECASE)
# well-known, and/or, 19th-century, 3-dimensional
_COMPOUND = re.compile(r"(?:[^\W\d_]+|\d+(?:st|nd|rd|th|s)?(?=-[a-z]))(?:[-/][^\W\d_]+)+")
_CAMEL = re.compile(r"[a-z]{2,}\d*(?:[A-Z]\w*)+|(?:[A-Z][a-z0-9]+){3,}")  # but not iPhone, GitHub
_MAX_IDENTIFIERS = 4  # of a query; each is searched for
_MAX_LENGTH = 500  # characters
# What all compounds and numbers among words count together, as a share of an identifier: enough to
# decide between chunks of like relevance.
_UNCERTAIN = 0.2

# How far a text contains an identifier, as a share of what the whole in its own spelling counts.
WHOLE, WHOLE_IN_OTHER_CASE, PART, PART_IN_OTHER_CASE = 1.0, 0.7, 0.4, 0.2


@dataclass(frozen=True)
class Identifier:
    """What a query names letter by letter; `weight` is less than 1 where it may be plain words."""

    text: str
    weight: float = 1.0

    def grade(self, text: str) -> float:
        """Return how far a text contains the identifier, from 0 to 1."""
        if not self._part_in_other_case.search(text):
            return 0.0
        if _is_whole(self._part, text):
            return WHOLE
        if _is_whole(self._part_in_other_case, text):
            return WHOLE_IN_OTHER_CASE
        return PART if self._part.search(text) else PART_IN_OTHER_CASE

    @cached_property
    def _pattern(self) -> str:
        # A line may break wherever a phrase has a space.
        return r"\s+".join(map(re.escape, self.text.split()))

    @cached_property
    def _part(self) -> re.Pattern[str]:
        return re.compile(self._pattern)

    @cached_property
    def _part_in_other_case(self) -> re.Pattern[str]:
        return re.compile(self._pattern, re.IGNORECASE)


def _is_whole(pattern: re.Pattern[str], text: str) -> bool:
    """Return whether a text has the pattern, neither within a word nor joined to one."""
    match = pattern.search(text)
    while match:
        before = text[max(0, match.start() - _JOINED_LENGTH) : match.start()]
        if not _JOINED_BEFORE.search(before) and not _JOINED_AFTER.match(text, match.end()):
            return True
        match = pattern.search(text, match.start() + 1)
    return False


def identifiers(query: str) -> list[Identifier]:
    """Return the identifiers of a query, in its order, each once.

    Among words, what may be one of them counts little: `well-known`, `1945`. A query without words
    means whatever it consists of letter by letter.
    """
    certainty = dict(_candidates(query[: 4 * _MAX_LENGTH]))
    is_bare = None not in certainty.values()
    named = [
        (text, certain or is_bare) for text, certain in certainty.items() if certain is not None
    ][:_MAX_IDENTIFIERS]
    share = _UNCERTAIN / max(1, sum(not certain for _, certain in named))
    return [Identifier(text, 1.0 if certain else share) for text, certain in named]


def _candidates(query: str) -> Iterator[tuple[str, bool | None]]:
    """Yield the quoted phrases and the words, each with whether it is certainly an identifier;
    None: it is a word.
    """
    place = 0
    for quoted in _QUOTED.finditer(query):
        yield from _words(query[place : quoted.start()])
        phrase = next(group for group in quoted.groups() if group is not None).strip()
        if _WORD.search(phrase) and len(phrase) <= _MAX_LENGTH:
            yield phrase, True
        place = quoted.end()
    yield from _words(query[place:])


def _words(text: str) -> Iterator[tuple[str, bool | None]]:
    for token in _BREAKS.split(text):
        # A leading dot is part of a name (.NET, .gitignore), one at the end ends a sentence.
        word = token.rstrip(_MARKS).lstrip(_MARKS.replace(".", ""))
        if _WORD.search(word) and len(word) <= _MAX_LENGTH:
            yield word, _certainty(word)


def _certainty(word: str) -> bool | None:
    """Return whether a word is certainly an identifier; None where it is nothing but a word."""
    if _NAMED_SIGNS.fullmatch(word) or _CAMEL.fullmatch(word) or "_" in word:
        return True
    if _ABBREVIATION.fullmatch(word) or _ORDINAL.fullmatch(word):
        return None
    if "/" not in word.strip("/"):  # such as /this/
        word = word.strip("/")
    if _COMPOUND.fullmatch(word):
        return word.count("/") > 1
    parts = _WORD.findall(word)
    has_letters = any(character.isalpha() for character in word)
    if len(parts) > 1:
        # 2.5 and 1914-1918 may be quantities; 1.10.2, 1,136.50 and PN-0042 are not.
        return has_letters or len(parts) > 2
    if any(character.isdigit() for character in word):
        # 1945 and 3D may be words; 02134, 10236 and a hash are not.
        return len(word) > 4
    return None if word == parts[0] else False
