"""Decode runs of a text that hide another text.

Base64, base32, hexadecimal, binary, escapes, ROT13, backwards, and digits for letters.
"""

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterator

from vouch.schemas.documents.records import Span

_LONG = 24  # characters of a run without blanks, below which nothing is decoded
_LONG_WORD = re.compile(rf"(?<!\S)\S{{{_LONG},}}")
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{24,4096}={0,2}(?![\w+/=-])")
_BASE32 = re.compile(r"(?<![A-Za-z0-9+/=])[A-Z2-7]{32,4096}={0,6}(?![A-Za-z0-9+/=])")
_HEX = re.compile(r"(?<![\w-])(?:[0-9a-fA-F]{2}){16,4096}(?![\w-])")
_ESCAPED = re.compile(
    r"(?:\\u00[0-9a-fA-F]{2}|\\x[0-9a-fA-F]{2}|%[2-7][0-9a-fA-F]|&#x?[0-9a-fA-F]{2,3};){16,4096}"
)
_ESCAPE = re.compile(r"(\\u00|\\x|%|&#x?)([0-9a-fA-F]{2,3});?")
_BINARY = re.compile(r"(?<!\w)[01]{8}(?: ?[01]{8}){15,4095}(?!\w)")
_BINARY_LETTER = re.compile("011[01]{5}")
_LINE = re.compile(r"[^\n]{12,4000}")
# Of words that instructions have, what does not depend on their ends.
_TELLING = ("instruction", "prompt", "ignore", "disregard", "previous")
_LETTERS = str.maketrans("013457", "oieast")


def decoded(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the span of each run that is readable once decoded, and what it says."""
    if any(len(word) >= _LONG for word in text.split()):
        for word in _LONG_WORD.finditer(text):
            for pattern, decode in _RUNS:
                yield from _runs(text, word.span(), pattern, decode)
    if _BINARY_LETTER.search(text):
        yield from _runs(text, (0, len(text)), _BINARY, _binary)
    lowered = text.lower()
    for turn, telling in _TURNS:
        if any(word in lowered for word in telling):
            for line in _LINE.finditer(text):
                yield (*line.span(), turn(line.group().lower()))
    readable = lowered.translate(_LETTERS)
    if any(word in readable and readable.count(word) > lowered.count(word) for word in _TELLING):
        for line in _LINE.finditer(text):
            yield (*line.span(), line.group().lower().translate(_LETTERS))


def _runs(
    text: str, span: Span, pattern: re.Pattern[str], decode: Callable[[str], str]
) -> Iterator[tuple[int, int, str]]:
    for run in pattern.finditer(text, *span):
        plain = decode(run.group())
        if plain:
            yield (*run.span(), plain)


def _base64(run: str) -> str:
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    return _text(lambda: base64.b64decode(body + "=" * (-len(body) % 4)))


def _base32(run: str) -> str:
    body = run.rstrip("=")
    return _text(lambda: base64.b32decode(body + "=" * (-len(body) % 8)))


def _hex(run: str) -> str:
    return _text(lambda: bytes.fromhex(run))


def _binary(run: str) -> str:
    digits = run.replace(" ", "")
    return _text(lambda: int(digits, 2).to_bytes(len(digits) // 8))


def _escaped(run: str) -> str:
    codes = [int(code, 10 if mark == "&#" else 16) for mark, code in _ESCAPE.findall(run)]
    return _text(lambda: bytes(codes))


def _text(decode: Callable[[], bytes]) -> str:
    """Return the text, empty where it is not printable UTF-8."""
    try:
        text = decode().decode()
    except (binascii.Error, ValueError):
        return ""
    is_text = text.isprintable() or all(
        character.isprintable() or character.isspace() for character in text
    )
    return text if is_text else ""


_RUNS: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (_BASE64, _base64),
    (_BASE32, _base32),
    (_HEX, _hex),
    (_ESCAPED, _escaped),
)
_ROT13 = str.maketrans(
    {letter: codecs.encode(letter, "rot13") for letter in "abcdefghijklmnopqrstuvwxyz"}
)
_TURNS: tuple[tuple[Callable[[str], str], tuple[str, ...]], ...] = tuple(
    (turn, tuple(map(turn, _TELLING)))
    for turn in (lambda text: text[::-1], lambda text: text.translate(_ROT13))
)
