"""The part of a passage to show where there is no room for all of it."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from vouch.schemas.documents.records import Span

_WORD = re.compile(r"\w\w+")
_IDEOGRAPH = re.compile("[\u2e80-\ud7ff]")
# Before the first word of the query, where the best chunk does not fit.
_LEAD = 60


def excerpt_span(text: str, start: int, end: int, chars: int, query: str = "") -> Span:
    """Return the span of a text to show: whole words, and at most so many characters where no
    single one is longer.

    It has all of the best chunk, from `start` to `end`, where that fits, with as much before as
    behind it. Otherwise it is the part of the chunk that has most of the query's words, or its
    beginning. A character is what readers see as one: its code points stay together.
    """
    if len(text) <= chars:
        return 0, len(text)
    start, end = max(0, min(start, len(text) - 1)), min(max(end, start + 1), len(text))
    if end - start <= chars:
        centre = (start + end) // 2
        first = start - (chars - (end - start)) // 2
    else:
        centre = _focus(text, start, end, chars, query)
        first = max(start, centre - min(_LEAD, chars // 4))
    first = max(0, min(first, len(text) - chars))
    return _whole_words(text, first, first + chars, centre)


def _focus(text: str, start: int, end: int, chars: int, query: str) -> int:
    """Return where the part begins that has most of the query's words; without any, the start."""
    pattern = _pattern(query)
    if pattern is None:
        return start
    matches = [
        (match.start(), match.group().casefold()) for match in pattern.finditer(text, start, end)
    ]
    best, focus = (0, 0), start
    for number, (place, _) in enumerate(matches):
        reach = place + chars - min(_LEAD, chars // 4)
        near = [(where, word) for where, word in matches[number:] if where < reach]
        last = {word: where for where, word in reversed(near)}
        # Long words say more: "the" is everywhere. Of parts with the same words the shortest.
        rating = sum(map(len, last)), place - max(last.values())
        if rating > best:
            best, focus = rating, place
    return focus


def _pattern(query: str) -> re.Pattern[str] | None:
    parts: dict[str, None] = {}
    for word in _WORD.findall(query):
        if _IDEOGRAPH.search(word):  # what is one word for the pattern may be a sentence
            parts.update(dict.fromkeys(re.escape(word[i : i + 2]) for i in range(len(word) - 1)))
        else:
            parts[rf"\b{re.escape(word)}"] = None
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _whole_words(text: str, first: int, last: int, centre: int) -> Span:
    """Return the span narrowed to whole words, or where there are none to whole characters; it has
    the character at the centre.
    """
    # Imported here, because it takes some hundredths of a second.
    from icu4py.breakers import CharacterBreaker, LineBreaker, WordBreaker

    words, lines = set(_cuts(WordBreaker(text, "root"))), set(_cuts(LineBreaker(text, "root")))
    characters = list(_cuts(CharacterBreaker(text, "root")))
    for cuts in (sorted(words & lines), sorted(words), characters):
        begin = next(iter(_between(cuts, first, centre)), None)
        if begin is not None:
            break
    else:
        begin = characters[bisect_right(characters, centre) - 1]
        last = min(last, begin + last - first)
    for cuts in (sorted(words & lines), sorted(words), characters):
        finish = next(iter(reversed(_between(cuts, centre + 1, last))), None)
        if finish is not None:
            break
    else:
        finish = characters[bisect_right(characters, centre)]
    return _stripped(text, begin, finish, centre, characters)


def _cuts(parts: Iterable[object]) -> Iterator[int]:
    """Yield where parts of a text begin, and its end, in code points."""
    return accumulate((len(str(part)) for part in parts), initial=0)


def _between(cuts: Sequence[int], low: int, high: int) -> Sequence[int]:
    return cuts[bisect_left(cuts, low) : bisect_right(cuts, high)]


def _stripped(text: str, begin: int, finish: int, centre: int, characters: Sequence[int]) -> Span:
    """Return the span without white space at its ends, as far as the centre."""
    inner: Iterable[int] = _between(characters, begin, finish)
    for cut in inner:
        if cut > centre or text[begin:cut].strip():
            break
        begin = cut
    for cut in reversed(_between(characters, begin, finish)):
        if cut <= centre or text[cut:finish].strip():
            break
        finish = cut
    return begin, finish
