"""Fold a text to what a model reads in spite of disguises, and map it back to its source.

Letters that look alike are those of Unicode's confusables (UTS #39).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# Letters that most fonts draw like a Latin letter: the letter, then what it looks like.
_PAIRS = """
    аa вb еe ёe зз іi їi јj кk мm нh оo рp сc тt уy хx ѕs
    һh ԁd ԛq ԝw ьb гr ӏl ԍg пn ҫc ӎm ӊh қk ґr ѵv
    αa βb εe ηn ιi κk νv οo ρp τt υu χx γy σo ϲc ϳj ωw ζz μu ϱp ͼc
    ոn սu օo հh գq քp ցg յj զq ѡw ɑa ɡg ıi ɩi ɪi ɴn ʀr ʏy ʟl ɢg ᴀa ʙb ᴄc ᴅd ᴇe
    ᴊj ᴋk ᴍm ᴏo ᴘp ꜱs ᴛt ᴜu ᴠv ᴡw ᴢz ꞮI
"""
_LOOK_ALIKE = {ord(pair[0]): pair[1].lower() for pair in _PAIRS.split()}
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
# Only these take the slow path: invisible characters, separate accents, letters in circles, wide
# and mathematical letters, small capitals, Latin letters next to Greek, Cyrillic or Armenian ones.
_DISGUISED = re.compile(
    f"[{_INVISIBLE}\u0300-\u036f\u2100-\u214f\u2460-\u24ff\ufb00-\ufb06\uff01-\uff5e\u1d00-\u1d7f"
    "\U0001d400-\U0001d7ff\U0001f110-\U0001f189\U000e0000-\U000e01ef]|"
    "[A-Za-z][\u0250-\u02af\u0370-\u058f]|[\u0250-\u02af\u0370-\u058f][A-Za-z]"
)
_DROPPED = re.compile(f"[{_INVISIBLE}\u0300-\u036f\U000e0000-\U000e001f\U000e007f-\U000e01ef]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[a-z]")
_SMALL = re.compile("[\u0250-\u02af\u1d00-\u1d7fꜱ]+")  # small capitals: no language's script


@dataclass(frozen=True, slots=True)
class Folded:
    """Text in lower case without disguises.

    `places[i]` is the place in the source of character i; None where all are at their places.
    """

    text: str
    places: Sequence[int] | None

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the source for a span, not empty, of this text; `end` is exclusive."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def fold(text: str) -> Folded:
    """Fold in linear time; a text without disguises costs no more than `lower`."""
    lowered = text.lower()
    if text.isascii() or (len(lowered) == len(text) and not _DISGUISED.search(text)):
        return Folded(lowered, None)
    pieces = [_undisguise(character) for character in text]
    places = [index for index, piece in enumerate(pieces) for _ in piece]
    return Folded(_WORD.sub(_as_latin, "".join(pieces)), places)


@lru_cache(maxsize=4096)
def _undisguise(character: str) -> str:
    if 0xE0020 <= ord(character) <= 0xE007E:
        return chr(ord(character) - 0xE0000).lower()
    if _DROPPED.match(character):
        return ""
    return unicodedata.normalize("NFKC", character).lower()


def _as_latin(word: re.Match[str]) -> str:
    """Replace look-alike letters in words that mix scripts, one letter by one.

    A word in another script alone stays as it is.
    """
    letters = word.group()
    is_disguised = _LATIN.search(letters) or _SMALL.fullmatch(letters)
    return letters.translate(_LOOK_ALIKE) if is_disguised else letters
