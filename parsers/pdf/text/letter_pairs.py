"""Measure how usual the letters of a text follow one another, by the profiles of langdetect.

They hold how often each pair of letters is used in each of 55 languages.
"""

import functools
import json
import re
import unicodedata
from collections import Counter
from importlib.resources import files
from itertools import pairwise
from math import log2
from typing import Any, TypeAlias

import numpy as np

from vouch.parsers.common.text.clean import composed

MIN_PAIRS = 150
UNKNOWN_BITS = 20.0  # of a pair that is in no profile
_MIN_OF_SCRIPT = 200  # pairs in the profiles; those of other scripts are stray ones
_WORD = re.compile(r"[^\W\d_]+")
# Pronunciation, syllables, and writing without a space between words: pairs say nothing there.
_OUT_OF_PROFILE = re.compile(
    "[\u0250-\u02ff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff]"
)
# First words of the names of characters that are written beside one another.
_TOGETHER = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "IDEOGRAPHIC", "HALFWIDTH", "FULLWIDTH")
_ANY_SCRIPT = ("COMBINING", "MODIFIER", "ZERO", "VARIATION")
_Bits: TypeAlias = "np.ndarray[Any, np.dtype[np.float32]]"


def bits_a_pair(text: str) -> float:
    """Return how surprising the pairs of letters are in the language where they are least so.

    0 for a text with few pairs. Two of the same letter do not count: placeholders have many.
    """
    pairs: Counter[str] = Counter()
    for word in _WORD.findall(text.lower()):
        if not _OUT_OF_PROFILE.search(word):
            pairs.update(map("".join, pairwise(f" {word} ")))
    pairs = Counter({pair: count for pair, count in pairs.items() if pair[0] != pair[1]})
    if pairs.total() < MIN_PAIRS:
        return 0.0
    columns, bits = _profiles()
    used = [columns.get(pair, -1) for pair in pairs]
    counts = np.fromiter(pairs.values(), dtype=np.float32)
    return float((bits[:, used] @ counts).min()) / pairs.total()


@functools.cache
def _profiles() -> tuple[dict[str, int], _Bits]:
    """Return the column of each pair, and the bits of each pair (column) in each language (row).

    The last column is that of pairs in none of them.
    """
    frequencies = []
    for profile in sorted(files("langdetect").joinpath("profiles").iterdir(), key=str):
        counts: Counter[str] = Counter()
        for letters, count in json.loads(profile.read_text("utf-8"))["freq"].items():
            if len(letters) == 2:
                counts[letters.lower()] += count
        frequencies.append(counts)
    columns = {pair: number for number, pair in enumerate(sorted(set().union(*frequencies)))}
    bits = np.full((len(frequencies), len(columns) + 1), UNKNOWN_BITS, dtype=np.float32)
    for row, counts in zip(bits, frequencies, strict=True):
        total = counts.total()
        for pair, count in counts.items():
            row[columns[pair]] = min(log2(total / count), UNKNOWN_BITS)
    return columns, bits


def is_in_profiles(text: str) -> bool:
    """Return whether most letters of a text are of scripts of which there is a profile."""
    letters = Counter(filter(str.isalpha, text))
    covered = sum(count for letter, count in letters.items() if _script(letter) in _scripts())
    return covered * 2 > letters.total()


@functools.cache
def _scripts() -> frozenset[str]:
    pairs = Counter(_script(pair[0]) for pair in _profiles()[0])
    return frozenset(script for script, count in pairs.items() if count >= _MIN_OF_SCRIPT)


def mixed_share(text: str) -> float:
    """Return the share of neighbours beyond ASCII, or beside such, that are of two scripts."""
    mixed = total = 0
    for (left, right), count in Counter(pairwise(composed(text))).items():
        if left.isascii() and right.isascii():
            continue
        scripts = {_script(left), _script(right)} - {""}
        total += count
        mixed += count * (len(scripts) > 1)
    return mixed / total if total else 0.0


@functools.cache
def _script(character: str) -> str:
    """Return the first word of a letter's name, such as LATIN; "" for what any script may have."""
    if character.isspace() or unicodedata.category(character)[0] in "PSZ" or character.isdigit():
        return ""
    script = unicodedata.name(character, "UNKNOWN").split()[0].split("-")[0]
    if script in _ANY_SCRIPT:
        return ""
    return "CJK" if script in _TOGETHER else script
