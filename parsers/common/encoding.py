"""Bytes to text: by their mark, by what they declare, as UTF-8, and only then by a guess."""

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
# Browsers read these names as their larger Windows forms, and so do the people who write them.
_LARGER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
}
_SAMPLE = 200_000  # bytes that a guess looks at
_FEW = 256  # bytes from which a guess is better than the most common encoding


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of `data`; `declared` is the charset that it, or what it came in, claims.

    Raises `DocumentRejected` (undecodable) where no encoding fits.
    """
    for encoding in (_marked(data), _wide(data), _known(declared), "utf-8"):
        if encoding and (text := _try(data, encoding)) is not None:
            return text
    return _guess(data)


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, UnicodeError):
        return None


def _marked(data: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)


def _wide(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, told by where the zero bytes of Latin letters are."""
    sample = data[:4000]
    if len(sample) < 4 or b"\0" not in sample:
        return None
    zeros = [sample[place::4].count(0) * 4 / len(sample) for place in range(4)]
    if zeros[1] > 0.8 and zeros[2] > 0.8 and zeros[3] > 0.8:
        return "utf-32-le"
    if zeros[0] > 0.8 and zeros[1] > 0.8 and zeros[2] > 0.8:
        return "utf-32-be"
    if min(zeros[1], zeros[3]) > 0.4 > max(zeros[0], zeros[2]):
        return "utf-16-le"
    return "utf-16-be" if min(zeros[0], zeros[2]) > 0.4 > max(zeros[1], zeros[3]) else None


def _known(declared: str | None) -> str | None:
    """The codec of a declared charset, None where there is none of that name."""
    if not declared:
        return None
    try:
        name = codecs.lookup(declared.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return None
    # A text that declares UTF-16 in single bytes is lying: it was read far enough to find the declaration.
    return None if name.startswith(("utf-16", "utf-32")) else _LARGER.get(name, name)


def _guess(data: bytes) -> str:
    repaired = data.decode("utf-8", "replace")
    letters = sum(character > "\x7f" for character in repaired)
    if repaired.count("\ufffd") * 20 < letters:
        # UTF-8 with a few broken bytes: those are lost, whatever encoding is guessed.
        return repaired
    sample = data[:_SAMPLE]
    if b"\0" not in sample and _is_short_western(sample):
        return data.decode("cp1252", "replace")
    best = from_bytes(sample, cp_exclusion=["utf_7"]).best()
    text = _try(data, best.encoding) if best else None
    if text is not None and "\0" not in text:
        return text
    if b"\0" in sample:
        raise DocumentRejected(
            Reason.UNDECODABLE, "the bytes are not text in any encoding that could be told"
        )
    return data.decode("cp1252", "replace")


def _is_short_western(sample: bytes) -> bool:
    """A few accented letters in ASCII are Western European; there is not enough to tell anything rarer."""
    high = [byte for byte in sample if byte >= 0x80]
    return (
        len(high) < _FEW
        and len(high) * 3 < len(sample)
        and all(byte >= 0xA0 or byte in b"\x80\x85\x91\x92\x93\x94\x95\x96\x97" for byte in high)
    )
