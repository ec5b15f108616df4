"""Which measure notices garbled text: `python -m benchmarks.reading.garbled_pdf CORPORA`.

Ordinary texts are the pages of public PDFs, paragraphs of XQuAD, PEPs and guides, and lists of keys
and codes that are made here. Garbled ones are made of the same pages: by other characters in place
of theirs, as a wrong table of a font has them, and by removing the tables from the files (where
pypdf is installed). Pages with fewer than 100 characters are left out: they are never judged.
"""

import base64
import io
import json
import random
import string
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import pypdfium2 as pdfium
from ftfy.badness import badness

from vouch.parsers.pdf.text.garbled_text import is_garbled
from vouch.parsers.pdf.text.letter_pairs import bits_a_pair
from vouch.parsers.registry import read
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.validators.rows.language_detection import detect_languages

_FOLDERS = ("markitdown", "pdf_samples", "pypdf", "unstructured", "pdfs")
_MAX_PAGES, _MAX_MB = 12, 15  # of a file
_MIN_CHARS = 100
_PIECE = 3_000  # characters of a long text
_MAX_PIECES = 4
_EXAMPLES = 200  # garbled pages of each kind
_KEYS = 20  # of each kind of list
_WITHOUT_OCR = ParsingSettings(ocr="off")
_CHANGED = 0.4  # of the characters


def tables(corpora: Path) -> Iterator[str]:
    """Yield a table of ordinary texts, one of garbled ones, and one of files without tables."""
    ordinary = {"pages of PDF": list(_pages(_files(corpora)))} | dict(_texts(corpora))
    yield "Ordinary texts that are taken for garbled:"
    yield _table(ordinary)
    chance = random.Random(1)
    pages = ordinary["pages of PDF"] + [
        text for name, texts in ordinary.items() if name.startswith("XQuAD") for text in texts
    ]
    chance.shuffle(pages)
    yield "Garbled texts that are noticed:"
    yield _table(
        {
            name: [garbled for page in pages[:_EXAMPLES] if _differs(garbled := garble(page), page)]
            for name, garble in _GARBLES.items()
        }
    )
    if find_spec("pypdf"):
        yield _without_tables(_files(corpora))
    else:
        yield "pypdf is not installed: tables were not removed from files."


def _files(corpora: Path) -> list[Path]:
    files = (file for folder in _FOLDERS for file in (corpora / folder).rglob("*.[pP][dD][fF]"))
    return sorted(
        file for file in files if file.is_file() and file.stat().st_size < _MAX_MB * 1_000_000
    )


def _pages(files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        try:
            with pdfium.PdfDocument(file) as document:
                for number in range(min(len(document), _MAX_PAGES)):
                    textpage = document[number].get_textpage()
                    text = textpage.get_text_range() if textpage.count_chars() else ""
                    if len("".join(text.split())) >= _MIN_CHARS:
                        yield text
        except pdfium.PdfiumError:
            continue


def _texts(corpora: Path) -> Iterator[tuple[str, list[str]]]:
    for file in sorted(corpora.glob("xquad/*.json")):
        articles = json.loads(file.read_text("utf-8"))["data"]
        paragraphs = [part["context"] for article in articles for part in article["paragraphs"]]
        yield f"XQuAD {file.stem.removeprefix('xquad.')}", paragraphs
    for name, pattern in (("PEPs", "peps/base/**/*.rst"), ("guides", "prefect_docs/base/**/*.mdx")):
        files = sorted(corpora.glob(pattern))
        yield name, [piece for file in files for piece in _pieces(file.read_text("utf-8"))]
    python = sorted(Path(json.__file__).parents[1].glob("*.py"))
    yield "Python", [piece for file in python for piece in _pieces(file.read_text("utf-8"))]
    yield "keys and codes", list(_keys())


def _pieces(text: str) -> list[str]:
    pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    return [piece for piece in pieces if len("".join(piece.split())) >= _MIN_CHARS][:_MAX_PIECES]


def _keys() -> Iterator[str]:
    """Yield lists of base64, hexadecimal digits, UUIDs, serial numbers, keys, genes and figures."""
    chance = random.Random(2)

    def drawn(alphabet: str, length: int) -> str:
        return "".join(chance.choices(alphabet, k=length))

    capitals, digits = string.ascii_uppercase, string.digits
    kinds: dict[str, Callable[[], str]] = {
        "\n": lambda: base64.b64encode(chance.randbytes(57)).decode(),
        " ": lambda: base64.b64encode(chance.randbytes(6)).decode(),
        "  ": lambda: chance.randbytes(2).hex(),
        "\n\n": lambda: str(uuid.UUID(int=chance.getrandbits(128))),
        "\n ": lambda: f"{drawn(capitals, 2)}-{drawn(capitals + digits, 4)}-{drawn(digits, 5)}",
        "\t": lambda: "-".join(drawn(capitals, 5) for _ in range(5)),
        " \n": lambda: drawn("acgt", 10),
        "   ": lambda: drawn(capitals, 3),
        "\t\t": lambda: f"{chance.randrange(10**6) / 100:,}",
        "\n\t": lambda: f"{drawn(capitals, 3)}{drawn(digits, 4)} {chance.randrange(99)} pcs bolt",
    }
    for separator, make in kinds.items():
        for _ in range(_KEYS):
            yield separator.join(make() for _ in range(150))


def _differs(garbled: str, text: str) -> bool:
    return sum(a != b for a, b in zip(garbled, text, strict=False)) > _CHANGED * len(text)


def _mapped(text: str, of: Callable[[str], str]) -> str:
    """Return a text with another character in place of each, always the same one."""
    table = {each: of(each) for each in dict.fromkeys(text) if not each.isspace()}
    return "".join(table.get(each, each) for each in text)


def _shifted(text: str) -> str:
    return "".join(
        chr(max(ord(character) - 29, 1)) if "!" <= character < "ɐ" else character
        for character in text
    )


def _with_spaces_shifted(text: str) -> str:
    return _shifted(text).replace(" ", "\x03")


def _exchanged(text: str) -> str:
    letters = random.Random(3).sample(string.ascii_lowercase, 26)
    small = "".join(letters)
    return text.translate(str.maketrans(string.ascii_letters, small + small.upper()))


def _numbered(text: str) -> str:
    numbers = iter(range(0x21, 0x110000))
    return _mapped(text, lambda _: chr(next(numbers)))


def _permuted(text: str) -> str:
    characters = sorted({each for each in text if not each.isspace()})
    shuffled = iter(random.Random(4).sample(characters, len(characters)))
    return _mapped(text, lambda _: next(shuffled))


def _random(first: int, last: int) -> Callable[[str], str]:
    def garble(text: str) -> str:
        chance = random.Random(5)
        return _mapped(text, lambda _: chr(chance.randrange(first, last)))

    return garble


_GARBLES: Mapping[str, Callable[[str], str]] = {
    "shifted by 29": _shifted,
    "shifted by 29, spaces too": _with_spaces_shifted,
    "letters exchanged": _exchanged,
    "all characters exchanged": _permuted,
    "glyphs by number from 33": _numbered,
    "random up to U+024F": _random(0x21, 0x250),
    "random up to U+2000": _random(0x100, 0x2000),
    "private use": lambda text: _mapped(text, lambda each: chr(0xF000 + ord(each) % 256)),
    "(cid:N)": lambda text: _mapped(text, lambda each: f"(cid:{max(ord(each) - 29, 1)})"),
    "two of three replaced": lambda text: "".join(
        "\ufffd" if number % 3 and not each.isspace() else each for number, each in enumerate(text)
    ),
}


def _is_unreadable(text: str) -> bool:
    """Return whether most characters are controls, of private use or replacements: the old rule."""
    unreadable = sum(
        (each < " " and not each.isspace()) or "\ue000" <= each <= "\uf8ff" or each == "\ufffd"
        for each in text
    )
    return unreadable * 2 > len("".join(text.split()))


_MEASURES: Mapping[str, Callable[[str], bool]] = {
    "unreadable characters": _is_unreadable,
    "ftfy's badness": lambda text: badness(text) + text.count("\ufffd") > 0.01 * len(text),
    "no language (fastText)": lambda text: detect_languages([text]) == [None],
    "letter pairs (langdetect)": lambda text: bits_a_pair(text) > 10,
    "Vouch": is_garbled,
}


def _table(groups: Mapping[str, list[str]]) -> str:
    lines = [
        f"| | texts | {' | '.join(_MEASURES)} |",
        "|---|---|" + "---|" * len(_MEASURES),
    ]
    totals = dict.fromkeys(_MEASURES, 0)
    seconds = dict.fromkeys(_MEASURES, 0.0)
    for name, texts in groups.items():
        counts = []
        for measure, judge in _MEASURES.items():
            started = time.process_time()
            counts.append(sum(map(judge, texts)))
            seconds[measure] += time.process_time() - started
            totals[measure] += counts[-1]
        lines.append(f"| {name} | {len(texts):,} | {' | '.join(map(str, counts))} |")
    number = sum(map(len, groups.values()))
    shares = (f"{total / number:.2%}" for total in totals.values())
    lines.append(f"| all | {number:,} | {' | '.join(shares)} |")
    times = (f"{spent / number * 1000:.2f}" for spent in seconds.values())
    lines.append(f"| ms a text | | {' | '.join(times)} |")
    return "\n".join(lines)


def _without_tables(files: Iterable[Path]) -> str:
    """Return what is noticed of files whose fonts lose their tables of characters."""
    broken = noticed = 0
    for file in files:
        try:
            before = read(file.read_bytes(), file.name, settings=_WITHOUT_OCR).document
            stripped = _stripped(file)
        except Exception:  # noqa: BLE001 - pypdf raises anything for damaged files
            continue
        try:
            after = read(stripped, file.name, settings=_WITHOUT_OCR).document
        except DocumentRejected:  # no page has readable text
            broken, noticed = broken + 1, noticed + 1
            continue
        if len(before.text) >= _MIN_CHARS and _differs(after.text, before.text):
            broken += 1
            noticed += bool({"garbled_pages", "scanned_pages"} & dict(after.metadata.extra).keys())
    return f"Files whose text changes when the tables are removed: {broken}; noticed: {noticed}."


def _stripped(file: Path) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(file))
    for page in writer.pages:
        fonts = page.get("/Resources", {}).get_object().get("/Font", {}).get_object()
        for font in fonts.values():
            font.get_object().pop("/ToUnicode", None)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


if __name__ == "__main__":
    for part in tables(Path(sys.argv[1])):
        print(part, end="\n\n", flush=True)
