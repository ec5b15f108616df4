"""CSV and TSV (RFC 4180 and its dialects): one table, its delimiter and header detected."""

import csv
import io
from collections import Counter
from collections.abc import Sequence

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.clean import clean
from vouch.parsers.common.encoding import decode
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Metadata, Reason

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 200
_FIELD_LIMIT = 10_000_000  # characters; Python's default of 131,072 is less than genuine files have


def parse(data: bytes, hint: Hint) -> Document:
    """Parse a delimited file into one table. Raise `DocumentRejected` (undecodable, malformed)."""
    text = clean(decode(data))
    # An unclosed quotation mark makes the rest of the file one field.
    csv.field_size_limit(_FIELD_LIMIT)
    rows = _read(text, _delimiter(text, hint))
    builder = DocumentBuilder()
    builder.table(rows, header_rows=_header_rows(rows))
    return builder.build(Metadata(title=hint.name.rsplit("/", 1)[-1]))


def _read(text: str, delimiter: str, limit: int | None = None) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if limit and len(rows) >= limit:
                break
    except csv.Error as error:
        raise DocumentRejected(
            Reason.MALFORMED, f"row {len(rows) + 1} cannot be read: {error}"
        ) from error
    return rows


def _delimiter(text: str, hint: Hint) -> str:
    """Return the delimiter that gives most rows the same number of cells, above one.

    Where there is none, it is the one of the media type.
    """
    declared = "\t" if hint.media_type == "text/tab-separated-values" else ","
    scores = {
        delimiter: _regularity(_read(text, delimiter, _SAMPLE_ROWS))
        for delimiter in _DELIMITERS
        if delimiter in text
    }
    if not scores:
        return declared
    # A delimiter that is only part of the text splits rows irregularly. In a tie, trust the name.
    best = max(scores, key=lambda delimiter: (scores[delimiter], delimiter == declared))
    _, cells = scores[best]
    return best if cells > 1 else declared


def _regularity(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """Return the share of rows with the most common number of cells, and that number."""
    counts = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    if not counts:
        return 0.0, 0
    cells, times = counts.most_common(1)[0]
    return (round(times / counts.total(), 2), cells) if cells > 1 else (0.0, cells)


def _header_rows(rows: Sequence[Sequence[str]]) -> int:
    """Return the number of header rows: 1 where the first row names columns, else 0.

    Names are neither empty nor repeated nor numbers. A caption above them is a header row too, so
    that both are above the data.
    """
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if len(filled) < 2:
        return 0
    first = [cell.strip() for cell in filled[0]]
    if sum(map(bool, first)) == 1 < len(first):
        below = _header_rows(filled[1:])
        return below + 1 if below else 0
    return int(all(first) and len(set(first)) == len(first) and not any(map(_is_number, first)))


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "").strip("$€£% "))
    except ValueError:
        return False
    return True
