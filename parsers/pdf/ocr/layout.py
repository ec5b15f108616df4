"""Turn what tesseract reads in an image into lines with places, by paragraph, without noise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean, median

from vouch.parsers.pdf.ocr.tesseract import Engine, find_engine, read_image
from vouch.parsers.pdf.page import Run
from vouch.parsers.pdf.text.lines import Line
from vouch.schemas.settings.vouch_yaml import ParsingSettings

# Tesseract's own confidence, in percent. In a line that is not good on average, words below
# MIN_WORD are dropped: specks, rules and stamps read as letters. Lines and pages that are below
# their limits even then are photographs, drawings or handwriting.
MIN_WORD = 30.0
MIN_LINE = 55.0
GOOD_LINE = 75.0
MIN_PAGE = 60.0
# In line heights: a wider gap separates two cells. Justified scans stretch spaces to about one.
CELL_GAP = 2.0
POINTS_PER_INCH = 72.0
_WORD_LEVEL = "5"
_COLUMNS = 12
INSTALL = "install tesseract (on Debian tesseract-ocr) and it is read in the next run"


@dataclass(frozen=True, slots=True)
class _Word:
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

    def paragraphs(
        self, image: bytes, dpi: int | None, height: float = 0.0
    ) -> list[tuple[int, tuple[Line, ...]]]:
        """Return the paragraphs of an image in reading order, each with its page, from 1.

        Places are in points, `y` from the bottom of a page of `height` points. Without `dpi`
        a pixel counts as a point. Raises `DocumentRejected`.
        """
        tsv = read_image(self.engine, self.languages, image, dpi)
        return list(_paragraphs(tsv, dpi or POINTS_PER_INCH, height))


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


def _paragraphs(tsv: str, dpi: float, height: float) -> Iterator[tuple[int, tuple[Line, ...]]]:
    for page, words in groupby(_words(tsv), key=lambda word: word.place[0]):
        lines = list(_legible_lines(words))
        if not lines or _confidence([word for line in lines for word in line]) < MIN_PAGE:
            continue
        for _, block in groupby(lines, key=lambda line: line[0].place[:2]):
            rows = [(line[0].place[2], _cells(line, dpi, height)) for line in block]
            right = max(cells[-1].x1 for _, cells in rows)
            for _, paragraph in groupby(rows, key=lambda row: row[0]):
                yield page, tuple(Line(cells, right) for _, cells in paragraph)


def _words(tsv: str) -> Iterator[_Word]:
    for row in tsv.splitlines()[1:]:
        fields = row.split("\t")
        if len(fields) != _COLUMNS or fields[0] != _WORD_LEVEL or not fields[11].strip():
            continue
        left, top, width, height = (float(field) for field in fields[6:10])
        yield _Word(
            place=tuple(int(field) for field in fields[1:5]),
            x0=left,
            top=top,
            x1=left + width,
            bottom=top + height,
            confidence=float(fields[10]),
            text=fields[11],
        )


def _legible_lines(words: Iterator[_Word]) -> Iterator[list[_Word]]:
    """Yield the lines with letters or digits that tesseract is confident of.

    A doubtful word is kept where the rest of its line is certain: it is a rare word or a name.
    """
    for _, group in groupby(words, key=lambda word: word.place):
        line = list(group)
        if _confidence(line) < GOOD_LINE:
            line = [word for word in line if word.confidence >= MIN_WORD]
        has_text = any(character.isalnum() for word in line for character in word.text)
        if has_text and _confidence(line) >= MIN_LINE:
            yield line


def _confidence(words: Sequence[_Word]) -> float:
    return fmean(word.confidence for word in words) if words else 0.0


def _cells(words: Sequence[_Word], dpi: float, height: float) -> tuple[Run, ...]:
    """Return a line cut into cells at wide gaps."""
    # The median word height, because a word with neither ascenders nor descenders is lower.
    size = median(word.bottom - word.top for word in words)
    cells: list[list[_Word]] = [[words[0]]]
    for word in words[1:]:
        if word.x0 - cells[-1][-1].x1 > CELL_GAP * size:
            cells.append([])
        cells[-1].append(word)
    scale = POINTS_PER_INCH / dpi
    y = height - max(word.bottom for word in words) * scale
    return tuple(
        Run(
            " ".join(word.text for word in cell),
            cell[0].x0 * scale,
            cell[-1].x1 * scale,
            y,
            size * scale,
            bold=False,
        )
        for cell in cells
    )
