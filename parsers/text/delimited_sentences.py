"""Sentences above and below a delimited table, which have its delimiter as a sign of their own."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from vouch.parsers.text.csv_dialect import Dialect

_MAX_AROUND = 12  # lines above and below a table
_SAMPLE = 40  # lines of a table
_MIN_SHARE = 0.8  # of the lines of a table
_MIN_ROWS = 2
_SIGNS = (",", ";")
_WORDS = re.compile(r"[^\W\d_]{2,}[^\W\d]* +\S|\S:? +[^\W\d_]{2,}")


def with_whole_sentences(text: str, dialect: Dialect) -> str:
    """Return a text with quotation marks around the sentences at its beginning and its end.

    In a sentence a blank follows each comma; in the table beside it, none does.
    """
    if dialect.delimiter not in _SIGNS or f"{dialect.delimiter} " not in text:
        return text
    lines = text.split("\n")
    table = [line for line in lines[: _MAX_AROUND + _SAMPLE] if dialect.delimiter in line]
    rows = [line for line in table if not _may_be_sentence(line, dialect)]
    if len(rows) < _MIN_ROWS or len(rows) < _MIN_SHARE * (len(table) - _MAX_AROUND):
        return text
    widths = Counter(line.count(dialect.delimiter) for line in rows)
    width = widths.most_common(1)[0][0]
    ends = (range(len(lines))[:_MAX_AROUND], range(len(lines))[: -_MAX_AROUND - 1 : -1])
    for place in (place for end in ends for place in _outside(lines, end, dialect, width)):
        lines[place] = f"{dialect.quote}{lines[place]}{dialect.quote}"
    return "\n".join(lines)


def _outside(
    lines: Sequence[str], places: Iterable[int], dialect: Dialect, width: int
) -> Iterator[int]:
    """Yield the places of sentences up to the first row of a table or quoted cell."""
    for place in places:
        line = lines[place]
        count = line.count(dialect.delimiter)
        if dialect.quote in line or (count >= width and not _may_be_sentence(line, dialect)):
            return
        if count != width and _may_be_sentence(line, dialect):
            yield place


def _may_be_sentence(line: str, dialect: Dialect) -> bool:
    """Return whether a line has words, and its delimiters before blanks only."""
    count = line.count(dialect.delimiter)
    return (
        0 < count == line.count(f"{dialect.delimiter} ")
        and not line.startswith((" ", dialect.delimiter))
        and _WORDS.search(line) is not None
    )
