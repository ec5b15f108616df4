"""Decode bytes: by byte order mark, as UTF-8, by declared charset, and only then by a guess."""

import codecs
import re
from collections.abc import Mapping

import chardet
import webencodings

from vouch.parsers.common.text.clean import clean
from vouch.parsers.common.text.encoding_doubts import note_doubt, watched_doubts
from vouch.parsers.common.text.wide_encodings import unmarked_wide
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

# Longer marks first: that of UTF-32-LE begins with that of UTF-16-LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings of seven bits that switch their alphabet by escape sequences (ISO/IEC 2022).
_JAPANESE_ESCAPE = re.compile(rb"\x1b\$(?:[@AB]|\([A-DOPQ])")
_JAPANESE = ("iso2022_jp", "iso2022_jp_2", "iso2022_jp_ext", "iso2022_jp_2004")
_KOREAN_ESCAPE = b"\x1b$)C"
_CHINESE_ESCAPE = b"\x1b$)A"
_SHIFTED_OUT = re.compile(rb"\x0e([\x21-\x7e]*)\x0f?")
# Where two encodings differ in rare characters only, the one that browsers and writers mean.
_USUAL = {
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "shift_jis_2004": "cp932",
    "euc_jis_2004": "euc_jp",
}
# Never guessed: any ASCII text is valid UTF-7 and HZ, and the others are used by no document that
# does not declare them, but fit short texts of other encodings.
_UNUSED = ["utf-7", "hz", "cp1006", "hp-roman8", "cp856", "koi8-t", "ptcp154", "kz1048"]
# Python codecs that are no charsets: a document that declares one is read as if it declared none.
_NO_CHARSETS = ("punycode", "raw-unicode-escape", "unicode-escape")
_ERAS = chardet.EncodingEra.ALL & ~chardet.EncodingEra.MAINFRAME
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3,}")
_SAMPLE = 1_000_000  # bytes on which a guess is based
_SHORT = 20_000  # bytes in which a wrong alphabet shows
_CANDIDATES = 12  # guesses that are tried, the most probable first
_WESTERN = "cp1252"
_REPLACED = "\ufffd"
# Windows' encodings of the same letters, which also have signs where ISO has control characters.
_WINDOWS = {
    "iso8859-2": "cp1250",
    "iso8859-7": "cp1253",
    "iso8859-8": "cp1255",
    "iso8859-13": "cp1257",
}
_HIGH_CONTROLS = re.compile(rb"[\x80-\x84\x86-\x9f]")
# The beginning of a colour for terminals in eight bits, which no letter of any language has.
_EIGHT_BIT_COLOUR = re.compile(rb"\x9b(?=\d[\d;]*m)")
# The quotes, dashes, ellipses, signs of currency and degrees that all Windows encodings share.
_ASCII = bytes(range(0x80))
_PUNCTUATION = _ASCII + b"\x80\x82\x84\x85\x8b\x91\x92\x93\x94\x95\x96\x97\x99\x9b"
_PUNCTUATION += b"\xa0\xa7\xa9\xab\xae\xb0\xb1\xb7\xbb"
# What is not before small letters within Western words: capital letters, and signs other than
# apostrophes, dashes and middle dots. Quotation marks that open are not at the end of words.
_WITHIN_WORD = re.compile(
    "[A-Za-z](?:[€‚„…‹‘“”•™›\xa0§©«®°±»]|[À-ÖØ-ÞŠŒŽŸ])[a-z]|[a-z][‚„](?![\\w'’‘])|(?<!\\S)[‚„](?!\\S)"
)
_FEW = 10  # bytes beyond ASCII
_UNSURE = 0.05  # a probability of a guess that is hardly more than chance
_UNSURE_BYTE = 0.1  # the same where only one byte is beyond ASCII
# Those that texts have are white space, backspaces of manual pages, and escapes of colours.
_CONTROLS = "".join(chr(code) for code in range(32) if chr(code) not in "\t\n\r\f\v\x1b\x08")
# A letter of another alphabet right beside a Latin one.
_ALPHABETS = "\u0370-\u052f\u0590-\u08ff\u0e00-\u0e7f\u2200-\u25ff\ufb1d-\ufdff\ufe70-\ufefc"
# What East Asian encodings have for characters of somebody's own: a sign of a wrong guess.
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_MIXED = re.compile(f"[A-Za-z][{_ALPHABETS}]|[{_ALPHABETS}][A-Za-z]")


def decode(data: bytes, declared: str | None = None) -> str:
    """Decode `data`; `declared` is the charset that it, or its container, declares.

    Valid UTF-8 is read as such, whatever is declared: other encodings hardly ever look like it.
    Raises `DocumentRejected` (undecodable) where the bytes are no text.
    """
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    charset = _codec(declared)
    if charset == _WESTERN and not _may_be_western(data):
        charset = None
    if charset in _WINDOWS and _HIGH_CONTROLS.search(data):
        charset = _WINDOWS[charset]
    # Encodings of seven bits are ASCII, and so UTF-8 too.
    first = (charset, _escaped(data)) if data.isascii() else ()
    if first and _CHINESE_ESCAPE in data:
        return _decode_chinese(data)
    wide = marked or unmarked_wide(data)
    sure = [wide, *first, "utf-8", charset]
    for encoding in filter(None, sure):
        if (text := _try(data, encoding)) is not None:
            return text
    # A few broken bytes would be lost in any other encoding too.
    for encoding in filter(None, (wide, "utf-8", charset)):
        if (text := _try_broken(data, encoding)) is not None:
            _note_replaced(text, encoding)
            return text
    return _guess(data)


def decode_leniently(data: bytes, declared: str | None = None) -> str:
    """Decode a part of a document as `decode` does, with U+FFFD for bytes that fit no encoding.

    For parts such as a file name, for which the whole document must not be rejected.
    """
    with watched_doubts():
        try:
            return decode(data, declared)
        except DocumentRejected:
            return data.decode("utf-8", errors="replace")


def is_binary(text: str) -> bool:
    """Return whether a decoded text is binary data: genuine text has few control characters.

    Binary data decodes in many an 8-bit encoding.
    """
    return sum(map(text.count, _CONTROLS)) * 50 > len(text)


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except (UnicodeError, LookupError):
        return None


def _try_broken(data: bytes, encoding: str) -> str | None:
    """Decode data of which less than one character in 20 is broken, of those that can be.

    The last one may be cut off in any case.
    """
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    is_wide = encoding.startswith(("utf-16", "utf-32"))
    breakable = len(text) if is_wide else len(text) - len(text.encode("ascii", "ignore"))
    broken = text.count(_REPLACED)
    is_cut = broken == 1 < breakable and text.endswith(_REPLACED)
    return text if is_cut or broken * 20 < breakable else None


def _note_replaced(text: str, encoding: str) -> None:
    note_doubt(
        f"read as {encoding}, which lacks some of its characters ({text.count(_REPLACED):,})"
    )


def _escaped(data: bytes) -> str | None:
    """Return the encoding of seven bits whose escape sequences `data` has."""
    if _KOREAN_ESCAPE in data:
        return "iso2022_kr"
    if _JAPANESE_ESCAPE.search(data):
        return next((name for name in _JAPANESE if _try(data, name) is not None), None)
    return None


def _decode_chinese(data: bytes) -> str:
    """Decode ISO-2022-CN (RFC 1922), which Python lacks, by setting the eighth bit."""
    data = data.replace(_CHINESE_ESCAPE, b"")
    return _SHIFTED_OUT.sub(lambda match: bytes(byte | 0x80 for byte in match[1]), data).decode(
        "gb18030", "replace"
    )


def _codec(declared: str | None) -> str | None:
    """Return the codec of a declared charset, None where there is none of that name.

    Names mean what they mean to browsers (WHATWG Encoding Standard): latin1 is Windows-1252.
    """
    label = (declared or "").strip().strip("\"'")
    encoding = webencodings.lookup(label)
    try:
        name = codecs.lookup(label).name
        b"a".decode(name, "replace")  # fails for what decodes no text, such as zlib or idna
    except (LookupError, ValueError):
        name = ""
    if name in _NO_CHARSETS:
        name = ""
    # Python knows charsets that browsers do not know, or refuse.
    if encoding and encoding.name not in ("replacement", "x-user-defined"):
        name = encoding.codec_info.name if name != "ascii" else ""
    # A declaration that was found as ASCII cannot be true when it says UTF-16 or UTF-32, nor when
    # it says ASCII and other bytes follow.
    return None if name.startswith(("utf-16", "utf-32")) else _USUAL.get(name, name) or None


def _may_be_western(data: bytes) -> bool:
    """Return whether a declaration of latin1, which many make out of habit, can be true.

    Western languages seldom have three accented letters in a row, other alphabets always.
    """
    data = data[:_SAMPLE]
    high = len(data.translate(None, _ASCII))
    in_runs = sum(len(run) for run in _HIGH_RUN.findall(data) if len(set(run)) > 1)
    return in_runs * 2 <= high


def _guess(data: bytes) -> str:
    data = _EIGHT_BIT_COLOUR.sub(b"\x1b[", data)
    sample = _evidence(data)
    guesses = _guesses(sample) or {_WESTERN: 0}
    texts = ((name, text) for name in guesses if (text := _try(data, name)) is not None)
    name, text = next(texts, (next(iter(guesses)), ""))
    if not text:
        text = data.decode(name, "replace")
        _note_replaced(text, name)
    elif _is_doubtful(data, sample, guesses, name):
        note_doubt(f"read as {name}, which is a guess")
    if is_binary(text):
        raise DocumentRejected(
            Reason.UNDECODABLE, "the bytes are not text in any encoding that could be detected"
        )
    return text


def _is_doubtful(
    data: bytes, sample: bytes, confidence: Mapping[str, float | None], guess: str
) -> bool:
    """Return whether a guess is hardly more than chance, or less probable than another text."""
    if confidence[guess] is None:
        return False
    head = sample[:_SHORT]
    text = clean(head.decode(guess, "ignore"))
    readings = {name: clean(head.decode(name, "ignore")) for name in confidence}
    own = max(confidence[name] or 0 for name, reading in readings.items() if reading == text)
    return own < _UNSURE or any(
        (confidence[name] or 0) > own and reading != text and _try(data, name) is not None
        for name, reading in readings.items()
    )


def _guesses(sample: bytes) -> dict[str, float | None]:
    """Return the codecs that a sample may be encoded in, the one to read it in first.

    Each has the probability that chardet gives it, None where all encodings agree.
    """
    if not sample.translate(None, _PUNCTUATION) and _reads_as_western(sample):
        return {_WESTERN: None}
    candidates = chardet.detect_all(
        sample,
        ignore_threshold=True,
        max_bytes=len(sample),
        compat_names=False,
        encoding_era=_ERAS,
        exclude_encodings=_UNUSED,
    )
    # Each beside the larger encoding that browsers read instead, which comes first.
    guesses = [
        (name, guess["confidence"])
        for guess in candidates[:_CANDIDATES]
        for name in (_codec(guess["encoding"]), guess["encoding"])
        if name
    ]
    likely = [name for name, _ in guesses if not _is_unlikely(sample, name)]
    # Where each guess is unlikely, so is the text.
    names = [*likely, *(name for name, _ in guesses)]
    confidence = dict(reversed(guesses))
    if names and _is_unsure(sample, confidence, names[0]):
        names.insert(0, _WESTERN)
    return {name: confidence.get(name, 0) for name in names}


def _is_unsure(sample: bytes, confidence: Mapping[str, float], guess: str) -> bool:
    """Return whether a guess from few bytes is hardly more than chance.

    The most common encoding is better then.
    """
    high = len(sample.translate(None, _ASCII))
    if high > _FEW or not _reads_as_western(sample):
        return False
    if high == 1:
        return confidence[guess] < _UNSURE_BYTE
    return confidence[guess] < min(_UNSURE, 2 * confidence.get(_WESTERN, 0))


def _reads_as_western(sample: bytes) -> bool:
    return not _WITHIN_WORD.search(sample[:_SHORT].decode(_WESTERN, "ignore"))


def _evidence(data: bytes) -> bytes:
    """Return a sample of `data`: lines beyond ASCII from its beginning to its end."""
    if len(data) <= _SAMPLE:
        return data
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    size = sum(map(len, lines))
    sample = b"\n".join(lines[:: max(1, -(-size // _SAMPLE))])
    return sample[:_SAMPLE] if sample else data[:_SAMPLE]


def _is_unlikely(sample: bytes, encoding: str) -> bool:
    """Return whether words mix Latin letters with others, as after a wrong guess.

    So do characters for private use, of which no more than one in twenty is expected, and control
    characters where Windows has signs.
    """
    if encoding in _WINDOWS and _HIGH_CONTROLS.search(sample):
        return True
    text = sample[:_SHORT].decode(encoding, "ignore")
    high = len(text) - len(text.encode("ascii", "ignore"))
    return len(_MIXED.findall(text)) * 4 > high or len(_PRIVATE.findall(text)) * 20 > high
