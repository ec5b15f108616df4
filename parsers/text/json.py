"""JSON and JSON lines: records as `path: value` lines, arrays of flat objects as tables.

Strict: what is not JSON by RFC 8259 is rejected. A line of JSON lines, and an end that is missing,
are damaged parts, which cost themselves alone.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NoReturn, TypeAlias

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.text.encoding import decode
from vouch.parsers.text.json_cut import completed
from vouch.schemas.documents.records import Document, Metadata, Reason
from vouch.schemas.errors import DocumentRejected

_NEXT_RECORD = re.compile(r"\s*(?=[{\[])")
_MAX_DEPTH = 200
_MAX_COLUMNS = 30
_MAX_CELL = 500  # characters
_UNDECODED = re.compile("[\udc80-\udcff]")
_TITLE_KEYS = ("title", "name", "subject", "headline")


class Pairs(list[tuple[str, Any]]):
    """An object as its pairs, so that repeated keys are kept."""


Value: TypeAlias = Any


def _refuse(name: str) -> NoReturn:
    # Python reads NaN and Infinity, which RFC 8259 does not have.
    raise ValueError(f"{name} is not JSON")


# As floats, 2.50 would become 2.5 and an id of twenty digits another one.
_DECODER = json.JSONDecoder(
    object_pairs_hook=Pairs, parse_constant=_refuse, parse_int=str, parse_float=str
)


def parse(data: bytes, hint: Hint) -> Document:
    """Parse JSON or JSON lines. Raise `DocumentRejected` (malformed, undecodable, unsafe)."""
    builder = DocumentBuilder()
    if hint.media_type == "application/x-ndjson":
        _add_lines(builder, data)
        return builder.build()
    text = _decode(data)
    try:
        value = _load(text)
    except DocumentRejected as rejected:
        # Log files of JSON lines are often named .json.
        if records := _records(text):
            for record in records:
                _add(builder, record)
            return builder.build()
        value = _load_cut(builder, text, rejected)
    _add(builder, value)
    return builder.build(Metadata(title=_title(value)))


def _load_cut(builder: DocumentBuilder, text: str, rejected: DocumentRejected) -> Value:
    """Load what is whole of a text whose end is missing; raise `rejected` for any other."""
    if cut := completed(text):
        with suppress(DocumentRejected):
            value = _load(cut[0])
            line = text.count("\n", 0, cut[1]) + 1
            builder.damaged_part("end", f"the file is cut off after line {line}")
            return value
    raise rejected


def _decode(data: bytes) -> str:
    """Decode UTF-8, UTF-16 or UTF-32; any other encoding is reported rather than guessed."""
    try:
        return data.decode(json.detect_encoding(data)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start:
            return _decode(data[: error.start])  # cut off within a character
        if "\ufffd" in decode(data):
            message = f"it is not valid Unicode at byte {error.start}"
        else:
            message = f"JSON must be UTF-8, and byte {error.start} is not"
        raise DocumentRejected(Reason.MALFORMED, message) from error


def _records(text: str) -> list[Value]:
    """Return the objects and arrays of a text, each beginning on a line of its own; else none."""
    records: list[Value] = []
    position = 0
    with suppress(ValueError, RecursionError):
        while match := _NEXT_RECORD.match(text, position):
            if records and "\n" not in match[0]:
                return []
            record, position = _DECODER.raw_decode(text, match.end())
            records.append(record)
        if len(records) > 1 and not text[position:].strip():
            return records
    return []


def _load(text: str) -> Value:
    """Load a value, with numbers as they are written."""
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise DocumentRejected(Reason.UNSAFE, "it is nested deeper than can be read") from error
    except ValueError as error:
        raise DocumentRejected(Reason.MALFORMED, f"it is not JSON: {error}") from error


def _add_lines(builder: DocumentBuilder, data: bytes) -> None:
    """Add the value of each line; one that cannot be read is a damaged part.

    Raises `DocumentRejected` where no line can be read, or a text of several lines is one value.
    """
    is_wide = not json.detect_encoding(data).startswith("utf-8")
    text = _decode(data) if is_wide else data.decode("utf-8-sig", "surrogateescape")
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    values: list[Value] = []
    damaged: list[tuple[int, DocumentRejected]] = []
    for number, line in lines:
        try:
            if _UNDECODED.search(line):
                raise DocumentRejected(Reason.MALFORMED, "it is not valid Unicode")
            values.append(_load(line))
        except DocumentRejected as rejected:
            damaged.append((number, rejected))
    if damaged and not _UNDECODED.search(text) and (records := _records(text)):
        values, damaged = records, []  # values of several lines each
    if not values:
        number, first = damaged[0]
        raise DocumentRejected(first.reason, f"line {number}: {first.message}") from first
    for value in values:
        _add(builder, value)
    for number, fault in damaged:
        builder.damaged_part(f"line {number}", fault.message, fault.reason)


def _add(builder: DocumentBuilder, value: Value) -> None:
    """Add a table for an array of similar flat objects, else a paragraph for each record."""
    if not isinstance(value, list) or isinstance(value, Pairs):
        builder.paragraph("\n".join(_flattened(value, "", 0)))
    elif table := _as_table(value):
        builder.table(table, header_rows=1)
    else:
        for item in value:
            builder.paragraph("\n".join(_flattened(item, "", 0)))


def _as_table(values: list[Value]) -> list[list[str]]:
    """Return header and rows where all values are flat objects that share most keys; else none."""
    if len(values) < 2 or not all(isinstance(value, Pairs) and _is_flat(value) for value in values):
        return []
    names = list(dict.fromkeys(key for value in values for key, _ in value))
    cells = sum(len(value) for value in values)
    if not names or len(names) > _MAX_COLUMNS or cells * 2 < len(names) * len(values):
        return []
    # A repeated key has one cell in a table; its last value counts, as in most JSON readers.
    rows = [dict(value) for value in values]
    return [names, *([_scalar(row[name]) if name in row else "" for name in names] for row in rows)]


def _is_flat(pairs: Pairs) -> bool:
    return all(not isinstance(value, list) and len(str(value)) < _MAX_CELL for _, value in pairs)


def _flattened(value: Value, path: str, depth: int) -> Iterator[str]:
    """Yield a line `path: value` for each scalar in a value, one line for an array of scalars."""
    if depth > _MAX_DEPTH:
        raise DocumentRejected(Reason.UNSAFE, f"it is nested deeper than {_MAX_DEPTH} levels")
    prefix = f"{path}: " if path else ""
    if isinstance(value, Pairs):
        for key, member in value:
            yield from _flattened(member, f"{path}.{key}" if path else key, depth + 1)
        if not value and path:
            yield f"{path}: {{}}"
    elif not isinstance(value, list):
        yield prefix + _scalar(value)
    elif any(isinstance(item, list) for item in value):
        for number, item in enumerate(value):
            yield from _flattened(item, f"{path}[{number}]", depth + 1)
    else:
        yield prefix + ", ".join(map(_scalar, value))


def _scalar(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _title(value: Value) -> str | None:
    members = dict(value) if isinstance(value, Pairs) else {}
    for key in _TITLE_KEYS:
        title = members.get(key)
        if isinstance(title, str) and title.strip():
            return title
    return None
