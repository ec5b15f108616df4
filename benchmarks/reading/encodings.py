"""How often a text is decoded as it was written, where nothing declares its encoding.

`chardet/` in CORPORA is the folder `tests` of the source distribution of chardet 5.2 (LGPL 2.1; the
pages are their publishers'): a folder for each encoding, which has its name.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import chardet
from charset_normalizer import from_bytes

from vouch.parsers.common.text.clean import clean
from vouch.parsers.common.text.encoding import decode
from vouch.schemas.errors import DocumentRejected

Sample = tuple[bytes, frozenset[str]]  # bytes, and the texts that they may be read as
_PYTHON_NAMES = {"IBM855": "cp855", "IBM866": "cp866", "MacCyrillic": "mac-cyrillic"}
# A label also stands for the larger encoding that browsers read instead.
_LARGER = {
    "big5": ("big5", "cp950", "big5hkscs"),
    "euc-kr": ("euc-kr", "cp949"),
    "gb2312": ("gb2312", "gb18030"),
    "iso-8859-1": ("iso-8859-1", "cp1252"),
    "shift_jis": ("shift_jis", "cp932"),
}
_XQUAD = {
    "ar": ("cp1256", "iso8859-6"),
    "de": ("cp1252", "cp850", "mac-roman"),
    "es": ("cp1252", "iso8859-15"),
    "ru": ("cp1251", "koi8-r", "iso8859-5", "cp866"),
    "zh": ("gb18030",),
}
_START = 40  # characters


def tables(corpora: Path) -> Iterator[str]:
    """Yield a table of the labelled files and one of XQuAD's paragraphs."""
    folder = corpora / "chardet"
    if folder.is_dir():
        yield "Labelled files of chardet's tests:"
        yield _table({"files": list(_labelled(folder))})
    else:
        yield "chardet/ is missing: the folder `tests` of chardet's source distribution (LGPL 2.1)."
    yield "Paragraphs of XQuAD in the encodings that were usual for their languages:"
    yield _table(
        {
            "paragraphs": list(_encoded(corpora / "xquad", 10_000)),
            f"their first {_START} characters": list(_encoded(corpora / "xquad", _START)),
        }
    )


def _labelled(folder: Path) -> Iterator[Sample]:
    """Yield the files whose bytes are valid in the encoding of their folder."""
    for file in sorted(folder.glob("*/*")):
        # The language is in the name of some folders: iso-8859-2-polish.
        words = file.parent.name.split("-")
        label = "-".join(words[:-1] if words[-1].isalpha() and words[-1] in _LANGUAGES else words)
        name = _PYTHON_NAMES.get(label, label)
        data = file.read_bytes()
        texts = frozenset(_texts(data, _LARGER.get(name.lower(), (name,))))
        if texts:
            yield data, texts


_LANGUAGES = frozenset(
    "arabic bulgarian croatian czech greek hebrew hungarian polish romanian russian slovak slovene"
    " turkish".split()
)


def _texts(data: bytes, encodings: tuple[str, ...]) -> Iterator[str]:
    for encoding in encodings:
        try:
            yield clean(data.decode(encoding))
        except (UnicodeDecodeError, LookupError):
            continue


def _encoded(folder: Path, length: int) -> Iterator[Sample]:
    """Yield the first characters of paragraphs that have others than those of ASCII."""
    for language, encodings in _XQUAD.items():
        file = folder / f"xquad.{language}.json"
        for article in json.loads(file.read_text("utf-8"))["data"]:
            for part in article["paragraphs"]:
                for encoding in encodings:
                    data = part["context"][:length].encode(encoding, "ignore")
                    if not data.isascii():
                        yield data, frozenset({clean(data.decode(encoding))})


def _by_vouch(data: bytes) -> str:
    try:
        return decode(data)
    except DocumentRejected:
        return ""


def _by_chardet(data: bytes) -> str:
    return data.decode(chardet.detect(data)["encoding"] or "utf-8", "replace")


def _by_charset_normalizer(data: bytes) -> str:
    return str(from_bytes(data).best() or "")


_READERS: dict[str, Callable[[bytes], str]] = {
    "**Vouch**": _by_vouch,
    "chardet": _by_chardet,
    "charset-normalizer": _by_charset_normalizer,
}


def _table(sets: dict[str, list[Sample]]) -> str:
    lines = ["| texts | number | read by | equal texts | ms a text |", "|---|---:|---|---:|---:|"]
    for name, samples in sets.items():
        for reader, read in _READERS.items():
            start = time.process_time()
            equal = sum(
                clean(read(data).removeprefix("\ufeff")) in texts for data, texts in samples
            )
            milliseconds = (time.process_time() - start) * 1000 / len(samples)
            lines.append(
                f"| {name} | {len(samples):,} | {reader} | {equal:,} ({equal / len(samples):.1%})"
                f" | {milliseconds:.2f} |"
            )
    return "\n".join(lines)
