"""Streams the rows of a table file: memory holds a batch of rows, never the whole file."""

import csv
import json
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Values = dict[str, Any]
OnColumns = Callable[[list[str]], None]
"""Called with the columns of a file before its first row, and again where rows add columns."""

_MAX_FIELD_CHARS = 10_000_000
_MAX_ROW_CHARS = 20_000_000
# From here on, a column that grows by this factor when it is read is taken for a bomb.
_BOMB_BYTES = 100_000_000
_BOMB_RATIO = 200
_BATCH_ROWS = 1_000
_FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_COMPRESSED = (".gz", ".bz2", ".xz")


class Unreadable(Exception):
    """A file that cannot be read further; the message states the line or row, and why."""


def format_of(uri: str) -> str | None:
    """Return the format by a file's name, None where it is not a table.

    A compressed file has the format of its content.
    """
    name = uri.lower()
    for suffix in _COMPRESSED:
        name = name.removesuffix(suffix)
    return next((kind for suffix, kind in _FORMATS.items() if name.endswith(suffix)), None)


def read_delimited(file: IO[str], delimiter: str, on_columns: OnColumns) -> Iterator[Values]:
    """Yield the cells of each row by column, as text; empty cells are null.

    Raises `Unreadable` with a line number for a row with more or fewer cells than the header.
    """
    csv.field_size_limit(_MAX_FIELD_CHARS)
    pieces = _Lines(file)
    lines = csv.reader(pieces, delimiter=delimiter, strict=True)
    names: list[str] | None = None
    try:
        for cells in lines:
            pieces.start_row()
            if not cells:
                continue
            if names is None:
                names = _header(cells)
                on_columns(names)
            elif len(cells) != len(names):
                raise Unreadable(
                    f"line {lines.line_num}: {len(cells)} cells, but the header has {len(names)}"
                )
            else:
                yield {name: cell or None for name, cell in zip(names, cells, strict=True)}
    except csv.Error as error:
        raise Unreadable(f"line {lines.line_num}: {error}") from error
    except UnicodeError as error:
        raise Unreadable(f"after line {lines.line_num}: {error}; set `encoding`") from error
    if names is None:
        raise Unreadable("line 1: there is no header")


class _Lines:
    """Yields the lines of a file, of which a row may have many. Memory holds one row at most.

    Raises `Unreadable` for a row longer than `_MAX_ROW_CHARS`: a few kilobytes may decompress to
    gigabytes without a line end.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._number = 0
        self._row_chars = 0

    def start_row(self) -> None:
        """Count from here: the lines so far are read."""
        self._row_chars = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(_MAX_ROW_CHARS)
        if not line:
            raise StopIteration
        self._number += 1
        self._row_chars += len(line)
        if self._row_chars >= _MAX_ROW_CHARS:
            raise Unreadable(
                f"line {self._number}: the row has {_MAX_ROW_CHARS:,} characters or more; at most "
                "that many are read"
            )
        return line


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    invalid = sorted({name for name in names if not name or names.count(name) > 1})
    if invalid:
        raise Unreadable(
            f"line 1: the header names {invalid[0]!r} {names.count(invalid[0])} times; every "
            "column needs its own name"
        )
    return names


def read_json_lines(file: IO[str], on_columns: OnColumns) -> Iterator[Values]:
    """Yield the object of each line. Raises `Unreadable` with a line number."""
    columns: set[str] = set()
    number = 0
    try:
        lines = _Lines(file)
        for number, line in enumerate(lines, 1):  # noqa: B007 - reported after the loop
            lines.start_row()
            if line.strip():
                row = json.loads(
                    line,
                    object_pairs_hook=_object,
                    parse_float=_decimal,
                    parse_constant=lambda _: None,
                )
                if not isinstance(row, dict):
                    raise ValueError("it is not a JSON object")
                if not row.keys() <= columns:
                    columns |= row.keys()
                    on_columns(list(row))
                yield row
    except UnicodeError as error:
        raise Unreadable(f"after line {number}: {error}; set `encoding`") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"line {number}: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> Values:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name is repeated in an object")
    return values


def _decimal(text: str) -> Decimal:
    """Parse a number exactly, as float would round its last digits."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text[:60]} is a number out of range") from error


def read_parquet(file: IO[bytes], on_columns: OnColumns) -> Iterator[Values]:
    """Yield the rows. Raises `Unreadable` with the number of rows that could be read."""
    number = 0
    try:
        metadata = pq.ParquetFile(file).metadata
        for row in _parquet_rows(file, metadata, on_columns):
            yield row
            number += 1
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unreadable(f"after row {number}: {error}") from error


def _parquet_rows(
    file: IO[bytes], metadata: pq.FileMetaData, on_columns: OnColumns
) -> Iterator[Values]:
    _refuse_parquet_bomb(metadata)
    columns = [metadata.schema.column(number) for number in range(metadata.num_columns)]
    # Texts stay as they are stored, each once: a batch of copies might fill the memory.
    texts = [
        column.path
        for column in columns
        if column.physical_type == "BYTE_ARRAY" and column.logical_type.type != "DECIMAL"
    ]
    parquet = pq.ParquetFile(file, metadata=metadata, read_dictionary=texts)
    names = parquet.schema_arrow.names
    if len(set(names)) < len(names):
        raise Unreadable("two columns have the same name")
    on_columns(names)
    for batch in parquet.iter_batches(batch_size=_BATCH_ROWS):
        size = max(_MAX_ROW_CHARS // max(_longest_row(batch), 1), 1)
        for start in range(0, batch.num_rows, size):
            yield from batch.slice(start, size).to_pylist()


def _longest_row(batch: pa.RecordBatch) -> int:
    """Return how many bytes a row may have at most. Raises `ValueError` for too many."""
    longest = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary)
            longest += pc.max(lengths).as_py() or 0
        else:
            longest += column.nbytes // max(batch.num_rows, 1)
    if longest > _MAX_ROW_CHARS:
        raise ValueError(
            f"a row has more than {_MAX_ROW_CHARS:,} bytes; at most that many are read"
        )
    return longest


def _refuse_parquet_bomb(metadata: pq.FileMetaData) -> None:
    """Raise `Unreadable` where a file declares that a few bytes become very many."""
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            packed, unpacked = column.total_compressed_size, column.total_uncompressed_size
            if _grows(packed, unpacked) or _grows(unpacked, column.num_values):
                raise Unreadable(
                    f"the column {column.path_in_schema} would grow from {packed:,} bytes to "
                    f"{column.num_values:,} values of {unpacked:,} bytes, as a bomb does"
                )


def _grows(small: int, large: int) -> bool:
    return large > _BOMB_BYTES and large > _BOMB_RATIO * small
