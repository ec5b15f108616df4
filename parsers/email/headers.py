"""Messages and the values of their headers: encoded words (RFC 2047) and forbidden 8-bit bytes."""

import email
import email.errors
import re
from email.header import decode_header
from email.message import Message
from email.policy import Compat32

from vouch.parsers.common.text.encoding import decode_leniently

# The standard library reads parameters in quadratic time. A file name of 200 characters, each of
# them encoded as twelve, takes 40 parameters.
_MAX_PARAMETERS = 200
_MAX_FIELD = 50_000  # characters of a header with parameters
# Encoded words too: longer values are decoded in pieces that end behind a word.
_PIECE = re.compile(r".{1,10000}(?:(?<=\?=)|(?<=\s)|\Z)|.{1,10000}", re.DOTALL)


class _Bounded(Compat32):
    """The default policy of the library, with a limit to what the headers of a part declare."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return name and value of a header, cut off where it declares too much."""
        name, value = super().header_source_parse(sourcelines)
        if name.lower().startswith("content-"):
            value = ";".join(value[:_MAX_FIELD].split(";", _MAX_PARAMETERS)[:_MAX_PARAMETERS])
        return name, value


_POLICY = _Bounded()


def message_of(data: bytes) -> Message:
    """Return the message that `data` is; the library reads anything as one."""
    return email.message_from_bytes(data, policy=_POLICY)


def decode_words(raw: str) -> str:
    """Return the value of a header on one line, with encoded words and raw bytes decoded."""
    unfolded = "".join(raw.splitlines())
    return "".join(map(_decode_piece, _PIECE.findall(unfolded))).strip()


def _decode_piece(piece: str) -> str:
    # Without the text behind the last word, in which each `=?` would be searched for an end.
    encoded, end, rest = piece.rpartition("?=")
    try:
        words = decode_header(encoded + end)
    except (ValueError, email.errors.HeaderParseError):
        return raw_bytes_decoded(piece)
    decoded = "".join(_decode_word(word, charset) for word, charset in words)
    return decoded + raw_bytes_decoded(rest)


def _decode_word(word: bytes | str, charset: str | None) -> str:
    if isinstance(word, str):
        return raw_bytes_decoded(word)
    if charset is None:
        # Beside encoded words, `decode_header` returns plain ones in this encoding.
        return raw_bytes_decoded(word.decode("raw-unicode-escape"))
    return decode_leniently(word, charset)


def raw_bytes_decoded(text: str) -> str:
    """Decode raw bytes, which the standard library returns as surrogates, in a fitting charset."""
    if text.isascii():
        return text
    try:
        return decode_leniently(text.encode("utf-8", errors="surrogateescape"))
    except UnicodeEncodeError:
        return text
