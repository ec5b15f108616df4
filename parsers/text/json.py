"""JSON and JSON lines: records as `path: value` lines, arrays of flat objects as tables.

Strict: a file that is not JSON by RFC 8259 is rejected, never read half.
"""

import json
from collections.abc import Iterator
from typing import Any, NoReturn, TypeAlias

from vouch.parsers.base import Hint
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.encoding import decode
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Metadata, Reason

_DEPTH = 200
_COLUMNS = 30
_TITLES = ("title", "name", "subject", "headline")


class Pairs(list[tuple[str, Any]]):
    """An object as its pairs, so that doubled keys are kept."""


Value: TypeAlias = Any


def parse(data: bytes, hint: Hint) -> Document:
    """Raises `DocumentRejected` (malformed, undecodable, unsafe)."""
    text = _decode(data)
    builder = DocumentBuilder()
    if hint.media_type == "application/x-ndjson":
        for value in _lines(text):
            _add(builder, value)
        return builder.build()
    value = _load(text)
    _add(builder, value)
    return builder.build(Metadata(title=_title(value)))


def _decode(data: bytes) -> str:
    """JSON is UTF-8, UTF-16 or UTF-32; anything else is told as such, not guessed."""
    try:
        return data.decode(json.detect_encoding(data)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        text = decode(data)
        if "\ufffd" in text:
            raise DocumentRejected(
                Reason.MALFORMED, f"it is not valid Unicode at byte {error.start}"
            ) from error
        raise DocumentRejected(
            Reason.MALFORMED, f"JSON must be UTF-8, and byte {error.start} is not"
        ) from error


def _load(text: str) -> Value:
    try:
        return json.loads(
            text, object_pairs_hook=Pairs, parse_constant=_refuse, parse_int=str, parse_float=str
        )
    except RecursionError as error:
        raise DocumentRejected(Reason.UNSAFE, "it is nested deeper than can be read") from error
    except ValueError as error:
        raise DocumentRejected(Reason.MALFORMED, f"it is not JSON: {error}") from error


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _lines(text: str) -> Iterator[Value]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield _load(line)
            except DocumentRejected as rejected:
                raise DocumentRejected(
                    rejected.reason, f"line {number}: {rejected.message}"
                ) from rejected


def _add(builder: DocumentBuilder, value: Value) -> None:
    """One element for a record, one for each record of an array, a table for an array of flat objects alike."""
    if isinstance(value, list) and not isinstance(value, Pairs):
        table = _as_table(value)
        if table:
            builder.table(table, header_rows=1)
            return
        for one in value:
            builder.paragraph("\n".join(_told(one, "", 0)))
    else:
        builder.paragraph("\n".join(_told(value, "", 0)))


def _as_table(values: list[Value]) -> list[list[str]]:
    """Header and rows where every value is a flat object and they share most keys; else nothing."""
    if len(values) < 2 or not all(isinstance(value, Pairs) and _is_flat(value) for value in values):
        return []
    names = list(dict.fromkeys(key for value in values for key, _ in value))
    cells = sum(len(value) for value in values)
    if not names or len(names) > _COLUMNS or cells * 2 < len(names) * len(values):
        return []
    rows = [dict(value) for value in values]
    return [names, *([_scalar(row[name]) if name in row else "" for name in names] for row in rows)]


def _is_flat(value: Pairs) -> bool:
    return all(not isinstance(one, list) and len(str(one)) < 500 for _, one in value)


def _told(value: Value, path: str, depth: int) -> Iterator[str]:
    """Lines `path: value` for everything in a value; an array of scalars is one line."""
    if depth > _DEPTH:
        raise DocumentRejected(Reason.UNSAFE, f"it is nested deeper than {_DEPTH} levels")
    if isinstance(value, Pairs):
        for key, one in value:
            yield from _told(one, f"{path}.{key}" if path else key, depth + 1)
        if not value and path:
            yield f"{path}: {{}}"
    elif isinstance(value, list):
        yield from _told_list(value, path, depth)
    else:
        yield f"{path}: {_scalar(value)}" if path else _scalar(value)


def _told_list(values: list[Value], path: str, depth: int) -> Iterator[str]:
    if all(not isinstance(one, list) for one in values):
        joined = ", ".join(_scalar(one) for one in values)
        yield f"{path}: {joined}" if path else joined
        return
    for number, one in enumerate(values):
        yield from _told(one, f"{path}[{number}]", depth + 1)


def _scalar(value: Value) -> str:
    return (
        {None: "null", True: "true", False: "false"}[value]
        if value is None or isinstance(value, bool)
        else str(value)
    )


def _title(value: Value) -> str | None:
    found = dict(value) if isinstance(value, Pairs) else {}
    return next(
        (found[key] for key in _TITLES if isinstance(found.get(key), str) and found[key].strip()),
        None,
    )
