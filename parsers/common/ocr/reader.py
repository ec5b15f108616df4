"""Read the words of an image by the OCR of this machine, and keep the lines that are no noise."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean

from vouch.parsers.common.ocr.tesseract import CPU_S, Engine, find_engine, read_image
from vouch.schemas.settings.parsing import ParsingSettings

# Tesseract's own confidence, in percent. In a line that is not good on average, words below
# MIN_WORD are dropped: specks, rules and stamps read as letters. Lines that are below their limit
# even then are photographs, drawings or handwriting.
MIN_WORD = 30.0
MIN_LINE = 55.0
GOOD_LINE = 75.0
_WORD_LEVEL = "5"
_COLUMNS = 12
INSTALL = "install tesseract (on Debian tesseract-ocr) and it is read in the next run"


@dataclass(frozen=True, slots=True)
class Word:
    """A row of tesseract's TSV.

    `place` is page, block, paragraph and line; the box is in pixels from the upper left corner.
    """

    place: tuple[int, ...]
    x0: float
    top: float
    x1: float
    bottom: float
    confidence: float
    text: str


@dataclass(frozen=True, slots=True)
class Reader:
    """An OCR engine and the languages that it reads with."""

    engine: Engine
    languages: tuple[str, ...]

    @property
    def name(self) -> str:
        """The engine, its version and languages, as documents' metadata names them."""
        return f"tesseract {self.engine.version} ({'+'.join(self.languages)})"

    def words(self, image: bytes, dpi: int | None, cpu_s: int = CPU_S) -> list[Word]:
        """Return the words of an image in reading order, within `cpu_s` of processor time.

        Raises `DocumentRejected`.
        """
        return list(_words(read_image(self.engine, self.languages, image, dpi, cpu_s)))


def find_reader(settings: ParsingSettings) -> Reader | str:
    """Return the reader that the settings and this machine allow, or why there is none.

    Raises `DocumentRejected` (needs_ocr) where the settings name languages that are not installed.
    """
    if settings.ocr == "off":
        return "parsing.ocr is off; set it to auto"
    engine = find_engine()
    if engine is None:
        return f"tesseract, which could read it, is not installed: {INSTALL}"
    languages = engine.languages(settings.ocr_languages)
    if not languages:
        return "tesseract has no language data; install some"
    return Reader(engine, languages)


def legible_lines(
    words: Iterable[Word], min_word: float = MIN_WORD, min_line: float = MIN_LINE
) -> Iterator[list[Word]]:
    """Yield the lines with letters or digits that tesseract is confident of.

    A doubtful word is kept where the rest of its line is certain: it is a rare word or a name.
    """
    for _, group in groupby(words, key=lambda word: word.place):
        line = list(group)
        if confidence(line) < GOOD_LINE:
            line = [word for word in line if word.confidence >= min_word]
        has_text = any(character.isalnum() for word in line for character in word.text)
        if has_text and confidence(line) >= min_line:
            yield line


def confidence(words: Sequence[Word]) -> float:
    """Return the mean confidence of words in percent, 0 for none."""
    return fmean(word.confidence for word in words) if words else 0.0


def _words(tsv: str) -> Iterator[Word]:
    for row in tsv.splitlines()[1:]:
        fields = row.split("\t")
        if len(fields) != _COLUMNS or fields[0] != _WORD_LEVEL or not fields[11].strip():
            continue
        left, top, width, height = (float(field) for field in fields[6:10])
        yield Word(
            place=tuple(int(field) for field in fields[1:5]),
            x0=left,
            top=top,
            x1=left + width,
            bottom=top + height,
            confidence=float(fields[10]),
            text=fields[11],
        )
