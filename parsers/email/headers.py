"""Values of mail headers as text: encoded words, and the raw 8-bit bytes that the standard forbids and mailers send."""

import email.errors
from email.header import decode_header

from vouch.parsers.common.encoding import decode_leniently


def decode_words(raw: str) -> str:
    """A header's value with its encoded words and raw 8-bit bytes decoded, on one line."""
    unfolded = "".join(raw.splitlines())
    try:
        words = decode_header(unfolded)
    except (ValueError, email.errors.HeaderParseError):
        return _with_raw_bytes_decoded(unfolded)
    return "".join(_word(word, charset) for word, charset in words).strip()


def _word(word: bytes | str, charset: str | None) -> str:
    if isinstance(word, str):
        return _with_raw_bytes_decoded(word)
    if charset is None:
        return _with_raw_bytes_decoded(word.decode("raw-unicode-escape"))
    return decode_leniently(word, charset)


def _with_raw_bytes_decoded(text: str) -> str:
    """The standard library hands such bytes over as surrogates; they are read in whatever character set fits."""
    if text.isascii():
        return text
    try:
        return decode_leniently(text.encode("utf-8", errors="surrogateescape"))
    except UnicodeEncodeError:
        return text
