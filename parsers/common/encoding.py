"""Decode bytes: by byte order mark, by declared charset, as UTF-8, and only then by a guess."""

import codecs

from charset_normalizer import from_bytes

from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Reason

# Longer marks first: that of UTF-32-LE begins with that of UTF-16-LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Read as their larger Windows forms, as browsers do (WHATWG Encoding Standard) and writers mean.
_LARGER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
}
_SAMPLE = 200_000  # bytes on which a guess is based
_MIN_GUESSED = 256  # non-ASCII bytes from which a guess beats the most common encoding


def decode(data: bytes, declared: str | None = None) -> str:
    """Decode `data`; `declared` is the charset that it, or its container, declares.

    Raises `DocumentRejected` (undecodable) where no encoding fits.
    """
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    for encoding in (marked, _unmarked_wide(data), _codec(declared), "utf-8"):
        if encoding and (text := _try(data, encoding)) is not None:
            return text
    return _guess(data)


def decode_leniently(data: bytes, declared: str | None = None) -> str:
    """Decode a part of a document as `decode` does, with U+FFFD for bytes that fit no encoding.

    For parts such as a file name, for which the whole document must not be rejected.
    """
    try:
        return decode(data, declared)
    except DocumentRejected:
        return data.decode("utf-8", errors="replace")


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, UnicodeError):
        return None


def _unmarked_wide(data: bytes) -> str | None:
    """Detect UTF-16 or UTF-32 without a mark by where the zero bytes of Latin letters are."""
    sample = data[:4000]
    if len(sample) < 4 or b"\0" not in sample:
        return None
    # The share of zeros at each of the four positions of a 32-bit unit.
    zeros = [sample[place::4].count(0) * 4 / len(sample) for place in range(4)]
    if zeros[1] > 0.8 and zeros[2] > 0.8 and zeros[3] > 0.8:
        return "utf-32-le"
    if zeros[0] > 0.8 and zeros[1] > 0.8 and zeros[2] > 0.8:
        return "utf-32-be"
    if min(zeros[1], zeros[3]) > 0.4 > max(zeros[0], zeros[2]):
        return "utf-16-le"
    if min(zeros[0], zeros[2]) > 0.4 > max(zeros[1], zeros[3]):
        return "utf-16-be"
    return None


def _codec(declared: str | None) -> str | None:
    """Return the codec of a declared charset, None where there is none of that name."""
    if not declared:
        return None
    try:
        name = codecs.lookup(declared.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return None
    # A declaration that was found as ASCII cannot be true when it says UTF-16 or UTF-32.
    return None if name.startswith(("utf-16", "utf-32")) else _LARGER.get(name, name)


def _guess(data: bytes) -> str:
    repaired = data.decode("utf-8", "replace")
    letters = sum(character > "\x7f" for character in repaired)
    if repaired.count("\ufffd") * 20 < letters:
        # UTF-8 with a few broken bytes, which are lost in any other encoding too.
        return repaired
    sample = data[:_SAMPLE]
    if b"\0" not in sample and _is_short_western(sample):
        return data.decode("cp1252", "replace")
    # Any ASCII text is valid UTF-7, which nobody uses any more.
    best = from_bytes(sample, cp_exclusion=["utf_7"]).best()
    text = _try(data, best.encoding) if best else None
    if text is not None and "\0" not in text:
        return text
    if b"\0" in sample:
        raise DocumentRejected(
            Reason.UNDECODABLE, "the bytes are not text in any encoding that could be detected"
        )
    return data.decode("cp1252", "replace")


def _is_short_western(sample: bytes) -> bool:
    """Return whether a sample is ASCII with a few letters of Western European languages.

    There are too few of them for a guess, which would find rarer encodings.
    """
    high = [byte for byte in sample if byte >= 0x80]
    return (
        len(high) < _MIN_GUESSED
        and len(high) * 3 < len(sample)
        and all(byte >= 0xA0 or byte in b"\x80\x85\x91\x92\x93\x94\x95\x96\x97" for byte in high)
    )
