"""Where a text may be cut that has no sentence's end near: between words, never within a character.

Scripts without spaces are cut where ICU's dictionaries (Thai, Lao, Khmer, Burmese, Chinese,
Japanese) and rules see words, and where a line may break. A character is what readers see as one: a
letter with its marks, a syllable with its vowel signs, an emoji of several code points.
"""

import unicodedata
from collections.abc import Iterable, Iterator

_AHEAD = 100  # characters behind a cut that are read to find the word across it
_JOINER = "\u200d"


def before_word(text: str, start: int, limit: int, end: int) -> int | None:
    """Return where to cut a span that begins at `start` and ends at `end`, at most at `limit`.

    Behind the last white space or between the last words in the latter half of what fits, else
    between characters; None where one character fills it all.
    """
    least = start + (limit - start) // 2
    for position in range(limit, least, -1):
        if text[position - 1].isspace() and not goes_on(text, position):
            return position
    cut = _between_words(text[start : min(end, limit + _AHEAD)], limit - start)
    return start + cut if cut else None


def goes_on(text: str, position: int) -> bool:
    """Return whether a mark or a joiner at a position belongs to the character before it."""
    if position >= len(text):
        return False
    return text[position] == _JOINER or unicodedata.category(text[position])[0] == "M"


def _between_words(text: str, limit: int) -> int | None:
    """Return the last cut of a text up to `limit`."""
    # Imported here, because few documents need it, and it takes some hundredths of a second.
    from icu4py.breakers import CharacterBreaker, LineBreaker, WordBreaker

    least = limit // 2
    lines = set(_ends(LineBreaker(text, "root"), least, limit))
    words = lines.intersection(_ends(WordBreaker(text, "root"), least, limit))
    characters = () if lines else _ends(CharacterBreaker(text, "root"), 0, limit)
    return max(words or lines or characters, default=None)


def _ends(parts: Iterable[object], least: int, limit: int) -> Iterator[int]:
    """Yield where parts end, in code points, behind `least` and up to `limit`."""
    end = 0
    for part in parts:
        end += len(str(part))
        if end > limit:
            return
        if end > least:
            yield end
