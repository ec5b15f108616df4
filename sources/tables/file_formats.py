"""Streams the rows of a table file: memory holds a batch of rows, never the whole file."""

import csv
import json
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

Values = dict[str, Any]
OnColumns = Callable[[list[str]], None]
"""Called with the columns of a file before its first row, and again where rows add columns."""

_MAX_FIELD_CHARS = 10_000_000
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
    lines = csv.reader(file, delimiter=delimiter, strict=True)
    names: list[str] | None = None
    try:
        for cells in lines:
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
        for number, line in enumerate(file, 1):  # noqa: B007 - reported after the loop
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
        parquet = pq.ParquetFile(file)
        names = parquet.schema_arrow.names
        if len(set(names)) < len(names):
            raise Unreadable("two columns have the same name")
        on_columns(names)
        for batch in parquet.iter_batches(batch_size=_BATCH_ROWS):
            yield from batch.to_pylist()
            number += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unreadable(f"after row {number}: {error}") from error
