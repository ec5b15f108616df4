"""Measure how much of a text an embedding model's vocabulary covers."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest

from vouch.schemas.documents.records import Coverage, Span, Tokens

_HAN = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


def coverage(text: str, tokens: Tokens) -> Coverage:
    """Return the counts of a text, whose tokens these are.

    A letter is spelled out where its token holds no other letter of its word: a vector of such
    tokens knows nothing of the word. Latin letters without accents are known to every model, and a
    Chinese character is a word, or half of one. So is a Korean syllable, unless it is cut into its
    letters.
    """
    spelled = 0 if text.isascii() else len(set(_spelled(text, tokens)))
    return Coverage(
        tokens=len(tokens.spans),
        unknown_tokens=len(tokens.unknown),
        characters=sum(map(len, text.split())),
        unknown_characters=sum(end - start for start, end in tokens.unknown),
        spelled_characters=spelled,
    )


def _spelled(text: str, tokens: Tokens) -> Iterator[Span]:
    """Yield the spans of tokens of a single letter within a word of several tokens."""
    unknown = set(tokens.unknown)
    pieces = Counter(tokens.spans)
    for span, following in zip_longest(tokens.spans, tokens.spans[1:]):
        start, end = span
        if following and following[0] == start and following[1] > end:
            continue  # the mark of the space before a word, which is put on its first letter
        is_letter = end - start == 1 and text[start] >= "\x80" and _is_spelling_letter(text[start])
        in_word = (start and _is_letter(text[start - 1])) or (
            end < len(text) and _is_letter(text[end])
        )
        is_syllable = is_letter and "가" <= text[start] <= "힣" and pieces[span] == 1
        if is_letter and in_word and not is_syllable and span not in unknown:
            yield span


def _is_spelling_letter(letter: str) -> bool:
    return _is_letter(letter) and not any(low <= ord(letter) <= high for low, high in _HAN)


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"
