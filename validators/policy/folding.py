"""A text as a model reads it through its disguises, and where each of its characters came from."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# Letters that most fonts draw like a Latin one, of Unicode's confusables: the letter, then what it looks like.
_PAIRS = """
    аa вb еe ёe зз іi їi јj кk мm нh оo рp сc тt уy хx ѕs һh ԁd ԛq ԝw ьb гr ӏl ԍg пn ҫc ӎm ӊh қk ґr ѵv
    αa βb εe ηn ιi κk νv οo ρp τt υu χx γy σo ϲc ϳj ωw ζz μu ϱp ͼc
    ոn սu օo հh գq քp ցg յj զq ѡw ɑa ɡg ıi ɩi ɪi ɴn ʀr ʏy ʟl ɢg ᴀa ʙb ᴄc ᴅd ᴇe ᴊj ᴋk ᴍm ᴏo ᴘp ꜱs ᴛt ᴜu ᴠv ᴡw ᴢz ꞮI
"""
_LOOK_ALIKE = {ord(pair[0]): pair[1].lower() for pair in _PAIRS.split()}
_INVISIBLE = "\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
# What makes the slow way worth it: the invisible, accents set one by one, letters in circles, wide or mathematical letters,
# small capitals, and Latin letters side by side with Greek, Cyrillic or Armenian ones.
_DISGUISED = re.compile(
    f"[{_INVISIBLE}\u0300-\u036f\u2100-\u214f\u2460-\u24ff\ufb00-\ufb06\uff01-\uff5e\u1d00-\u1d7f\U0001d400-\U0001d7ff"
    "\U0001f110-\U0001f189\U000e0000-\U000e01ef]|[A-Za-z][\u0250-\u02af\u0370-\u058f]|[\u0250-\u02af\u0370-\u058f][A-Za-z]"
)
_DROPPED = re.compile(f"[{_INVISIBLE}\u0300-\u036f\U000e0000-\U000e001f\U000e007f-\U000e01ef]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[a-z]")
_SMALL = re.compile(
    "[\u0250-\u02af\u1d00-\u1d7fꜱ]+"
)  # small capitals and the like: nobody's script


@dataclass(frozen=True, slots=True)
class Folded:
    """Small letters without disguise. `places[i]` is the place in the source of character i; None where nothing moved."""

    text: str
    places: Sequence[int] | None

    def source(self, start: int, end: int) -> tuple[int, int]:
        """The span of the source that was folded into this one; `end` is exclusive and the span not empty."""
        return (
            (start, end) if self.places is None else (self.places[start], self.places[end - 1] + 1)
        )


def fold(text: str) -> Folded:
    """In linear time, and for what is not disguised at the cost of `lower`."""
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
    """Words of another script alone stay as they are: they are what they look like. One letter becomes one letter."""
    letters = word.group()
    return (
        letters.translate(_LOOK_ALIKE)
        if _LATIN.search(letters) or _SMALL.fullmatch(letters)
        else letters
    )
