"""Detect how a delimited text is written: its delimiter, its quotation mark, how that is escaped.

Each dialect that the text may have reads the beginning of it. The best one gives rows of equal
length with cells that look like values; van den Burg, Nazábal and Sutton, "Wrangling messy CSV
files by detecting row and type patterns" (2019), measure the same two.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import _csv

Rows: TypeAlias = Sequence[Sequence[str]]

_COMMON = ",;\t|"
# Characters that delimit cells in some files, but are part of values in far more.
_RARE = "~^¦§#&!:"
_MIN_SHARE = 0.5  # of the rows that have a delimiter
_MIN_RARE_CELLS = 3
_MIN_RARE_SHARE = 0.9  # of the rows, or of the delimiters
_MIN_RARE_ROWS = 2
_BLANK = " "
_NEVER_DOUBLED = ",; "  # two of them are an empty cell, or a wider gap
_LIKELY = 0.4  # a score of common delimiters above which no others are tried
_EQUAL = 1e-9
_SAMPLE = 100_000  # characters
_SAMPLE_ROWS = 300
_SAMPLE_CELLS = 50  # of each row
# In place of no delimiter, and of one of two characters, which the csv module lacks: no cleaned
# text has it.
STAND_IN = "\x1f"
_ESCAPED = "\x19"  # in place of a delimiter behind a backslash
_NUMBER = r"[-+]?[$€£¥]?\ ?[-+]?[\d.,'\ ]*\d[\d.,]*(?:[eE][-+]?\d+)?\ ?[%€$£]?"  # 1.234,5 and $5
_TIME = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\ ?[AaPp][Mm]|Z|[-+]\d\d:?\d\d)?"
_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
_LINK = r"(?:https?|ftp)://\S+|[\w.+-]+@[\w-]+\.[\w.-]+"
_VALUE = re.compile(f"{_NUMBER}|(?:{_DATE}[T ]?)?{_TIME}|{_DATE}|{_LINK}")
_MAX_VALUE = 200  # characters
_DELIMITING = re.compile("[,;\t|\n]")
_SINGLE_QUOTED = re.compile(r"(?:^|[,;\t| ])'[^'\n]*'(?=[,;\t| ]|$)", re.MULTILINE)
_DOUBLE_QUOTED = re.compile(r'(?:^|[,;\t| ])"[^"\n]*"(?=[,;\t| ]|$)', re.MULTILINE)
_DIRECTIVE = re.compile(r"sep=(.)\n", re.IGNORECASE)  # of Excel, as the first line
_ESCAPED_QUOTE = re.compile(r'(?<!\\)((?:\\\\)*)\\"')
# A backslash before anything but what programs escape: one of a path.
_NO_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[^\\nrtN0\"',;|\t\n]")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text is written.

    A quotation mark is escaped by another. With `backslash`, that escapes quotation marks,
    delimiters and newlines.
    """

    delimiter: str
    quote: str = '"'
    backslash: bool = False

    def prepared(self, text: str) -> str:
        """Return the text with one-character delimiters and doubled quotation marks."""
        if len(self.delimiter) > 1:
            text = text.replace(self.delimiter, STAND_IN)
        if self.backslash:
            has_names = _NO_ESCAPE.search(text) is None  # of the characters that are escaped
            escaped = re.compile(rf"\\([\\nrt]|{re.escape(self.character)}|\n)")
            text = _ESCAPED_QUOTE.sub(r'\1""', text)
            text = escaped.sub(lambda match: self._unescaped(match[1], has_names), text)
        return text

    def _unescaped(self, escaped: str, has_names: bool) -> str:
        """Return what a character behind a backslash stands for."""
        if escaped == self.character:
            return _ESCAPED
        if escaped == "\n":
            return " "
        if not has_names:
            return "\\" + escaped  # of a path
        return "\\" if escaped == "\\" else " "

    def restored(self, cell: str) -> str:
        """Return a cell of a prepared text as it was written."""
        return cell.replace(_ESCAPED, self.delimiter).replace(STAND_IN, self.delimiter)

    @property
    def character(self) -> str:
        """The delimiter in a prepared text."""
        return STAND_IN if len(self.delimiter) > 1 else self.delimiter

    def reader(self, lines: Iterable[str], *, strict: bool = False) -> "_csv.Reader":
        """Return a reader of prepared lines; a blank after a delimiter is no part of a cell."""
        return csv.reader(
            lines,
            delimiter=self.character,
            quotechar=self.quote,
            skipinitialspace=self.character != "\t",
            strict=strict,
        )


def without_directive(text: str) -> tuple[str, str | None]:
    """Return the text without the line by which Excel names its delimiter, and that delimiter."""
    match = _DIRECTIVE.match(text)
    return (text[match.end() :], match[1]) if match else (text, None)


def read(text: str, dialect: Dialect) -> Iterator[list[str]]:
    """Yield the rows of a text. Raises `csv.Error` for cells beyond the limit of the csv module."""
    for row in dialect.reader(io.StringIO(dialect.prepared(text), newline="")):
        yield list(map(dialect.restored, row))


def detect_dialect(text: str, usual: str) -> Dialect:
    """Return the dialect of a cleaned text; `usual` is the delimiter that its media type names."""
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    quotes = ['"', "'"] if _has_single_quotes(sample) else ['"']
    is_escaped = _ESCAPED_QUOTE.search(sample) is not None

    def best(delimiters: str, floor: float) -> tuple[Dialect | None, float]:
        """Return the best dialect above a score; of equals the first, which is the more usual."""
        chosen, top = None, floor
        for delimiter in dict.fromkeys(delimiters):
            if delimiter in sample:
                escapes = [False, True] if is_escaped or f"\\{delimiter}" in sample else [False]
                for quote, backslash in product(quotes, escapes):
                    dialect = Dialect(delimiter, quote, backslash)
                    score = _score(sample, dialect)
                    if score > top + _EQUAL:
                        chosen, top = dialect, score
        return chosen, top

    common, score = best(usual + _COMMON, 0.0)
    rare = best(_RARE + _BLANK, max(score, _LIKELY))[0] if score < _LIKELY else None
    # Without a delimiter, each line is a cell: a comma here and there is one of a sentence.
    dialect = rare or common or Dialect(STAND_IN, quotes[-1], is_escaped)
    escaping = replace(dialect, backslash=True)
    if is_escaped and not _is_well_formed(sample, dialect) and _is_well_formed(sample, escaping):
        dialect = escaping
    return _doubled(sample, dialect)


def _is_well_formed(sample: str, dialect: Dialect) -> bool:
    """Return whether each quotation mark in a sample is where it belongs."""
    lines = io.StringIO(dialect.prepared(sample), newline="")
    with suppress(csv.Error):
        return all(row is not None for row in dialect.reader(lines, strict=True))
    return False


def _has_single_quotes(sample: str) -> bool:
    """Return whether cells are between single quotation marks, and none between double ones."""
    single = len(_SINGLE_QUOTED.findall(sample))
    return single > 1 and single > len(_DOUBLE_QUOTED.findall(sample))


def _score(sample: str, dialect: Dialect) -> float:
    """Return how well a dialect fits, from 0 to 1: the share of its regular rows by that of values.

    More cells in a row are better. 0 where the rows have one cell.
    """
    rows = list(islice(filter(any, read(sample, dialect)), _SAMPLE_ROWS))
    lengths = Counter(len(row) for row in rows if len(row) > 1)
    if not lengths:
        return 0.0
    if lengths.total() < _MIN_SHARE * len(rows):
        return 0.0
    length, times = lengths.most_common(1)[0]
    cells = [cell for row in rows for cell in row[:_SAMPLE_CELLS]]
    values = sum(map(_is_value, cells)) / len(cells)
    share = times / len(rows)
    if dialect.delimiter in _RARE + _BLANK and not _is_convincing(rows, length, share, dialect):
        return 0.0
    return share * values * (1 - 1 / (2 * length))


def is_figure(cell: str) -> bool:
    """Return whether a cell is a number, a date, a time or a link: data rather than a name."""
    return len(cell) < _MAX_VALUE and _VALUE.fullmatch(cell.strip()) is not None


def _is_value(cell: str) -> bool:
    """Return whether a cell looks like one value: a figure, or words that no delimiter divides."""
    return not _DELIMITING.search(cell) or is_figure(cell)


def _is_convincing(rows: Rows, length: int, share: float, dialect: Dialect) -> bool:
    """Return whether a character that is part of many values delimits cells here.

    Nearly all rows are alike, and there are cells that are more than words of a sentence.
    """
    if share < _MIN_RARE_SHARE or len(rows) < _MIN_RARE_ROWS:
        return False
    if dialect.delimiter != _BLANK:
        return length >= _MIN_RARE_CELLS
    columns = zip(*(row for row in rows[1:] if len(row) == length), strict=True)
    return any(all(map(is_figure, column)) for column in columns)


def _doubled(sample: str, dialect: Dialect) -> Dialect:
    """Return the dialect with its delimiter doubled, where it always is in the sample."""
    twice = dialect.delimiter * 2
    count = sample.count(dialect.delimiter)
    is_doubled = 0 < count * _MIN_RARE_SHARE <= sample.count(twice) * 2
    if dialect.delimiter in _NEVER_DOUBLED or not is_doubled:
        return dialect
    rows = list(islice(filter(any, read(sample, dialect)), _SAMPLE_ROWS))
    between = [cell for row in rows for cell in row[1::2]]
    # Cells that are empty may be neighbours too, but not in every row.
    return replace(dialect, delimiter=twice) if rows and not any(between) else dialect
