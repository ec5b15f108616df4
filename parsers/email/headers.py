"""Values of mail headers as text (RFC 2047), and 8-bit bytes, which are forbidden but common."""

import email.errors
from email.header import decode_header

from vouch.parsers.common.encoding import decode_leniently


def decode_words(raw: str) -> str:
    """Return the value of a header on one line, with encoded words and raw bytes decoded."""
    unfolded = "".join(raw.splitlines())
    try:
        words = decode_header(unfolded)
    except (ValueError, email.errors.HeaderParseError):
        return _with_raw_bytes_decoded(unfolded)
    return "".join(_decode_word(word, charset) for word, charset in words).strip()


def _decode_word(word: bytes | str, charset: str | None) -> str:
    if isinstance(word, str):
        return _with_raw_bytes_decoded(word)
    if charset is None:
        # Beside encoded words, `decode_header` returns plain ones in this encoding.
        return _with_raw_bytes_decoded(word.decode("raw-unicode-escape"))
    return decode_leniently(word, charset)


def _with_raw_bytes_decoded(text: str) -> str:
    """Decode raw bytes, which the standard library returns as surrogates, in a fitting charset."""
    if text.isascii():
        return text
    try:
        return decode_leniently(text.encode("utf-8", errors="surrogateescape"))
    except UnicodeEncodeError:
        return text
