"""Values of tables in one form: canonical JSON for a row, and the text of a value.

The form depends on the values alone: not on the order of the columns, and not on which library read them. Null, NaN and a
missing column are the same.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, TypeAlias

Value: TypeAlias = Any
"""What canonical JSON holds, read back: str, int, Decimal, bool, list, dict, None; with `types`, also date and datetime."""

_DEPTH = 100
_PLAIN_DIGITS = 20


def canonical_row(row: Mapping[str, Any]) -> bytes:
    """A row as JSON, ASCII, columns sorted, nulls left out. Raises `ValueError` for what is nested too deep."""
    parts = ((str(name), _encoded(value, 0)) for name, value in row.items())
    told = sorted((name, text) for name, text in parts if text != "null")
    return ("{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in told) + "}").encode(
        "ascii"
    )


def read_row(data: bytes) -> dict[str, Value]:
    """What `canonical_row` wrote; numbers with a point or an exponent are decimals, so that no digit is lost."""
    row: dict[str, Value] = json.loads(data, parse_float=Decimal)
    return row


def canonical_text(value: Any) -> str | None:  # noqa: ANN401 - whatever a library gives for a cell
    """The text of a cell as a library gave it; None for null. Raises `ValueError` as `canonical_row`."""
    read = json.loads(_encoded(value, 0), parse_float=Decimal)
    return None if read is None else text_of(read)


def text_of(value: Value) -> str:
    """A value as a person writes it; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal) and abs(value.adjusted()) < _PLAIN_DIGITS:
        return format(value, "f")
    if isinstance(value, date | time):
        return value.isoformat()
    return _encoded(value, 0) if isinstance(value, list | dict | tuple) else str(value)


def time_of(text: str) -> datetime:
    """A time in ISO 8601, aware; without a zone it is UTC. Raises `ValueError`."""
    told = datetime.fromisoformat(text.strip())
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def convert(text: str, kind: str) -> Value:
    """A text as a type of the settings. Raises `ValueError` naming what it is not."""
    try:
        return _CONVERT[kind](text.strip() if kind != "text" else text)
    except (ValueError, KeyError, InvalidOperation):
        raise ValueError(f"{text[:60]!r} is no {kind}") from None


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


_BOOLEANS = {
    "true": True,
    "false": False,
    "yes": True,
    "no": False,
    "1": True,
    "0": False,
    "t": True,
    "f": False,
}
_CONVERT: dict[str, Callable[[str], Value]] = {
    "text": str,
    "number": _decimal,
    "integer": int,
    "boolean": lambda text: _BOOLEANS[text.lower()],
    "date": date.fromisoformat,
    "datetime": time_of,
}


def _encoded(value: Any, depth: int) -> str:  # noqa: ANN401 - whatever a library gives for a cell
    if depth > _DEPTH:
        raise ValueError(f"it is nested deeper than {_DEPTH} levels")
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Mapping):
        items = sorted((str(key), _encoded(one, depth + 1)) for key, one in value.items())
        return "{" + ",".join(f"{json.dumps(key)}:{text}" for key, text in items) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_encoded(one, depth + 1) for one in value) + "]"
    if isinstance(value, set | frozenset):
        return "[" + ",".join(sorted(_encoded(one, depth + 1) for one in value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:  # noqa: ANN401 - as above
    if _is_null(value):
        return "null"
    if isinstance(value, bool | int | str):
        return json.dumps(value)
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return json.dumps(bytes(value).hex())
    if isinstance(value, date | time):
        return json.dumps(_moment(value).isoformat())
    return json.dumps(str(value))


def _is_null(value: Any) -> bool:  # noqa: ANN401 - as above
    if isinstance(value, Decimal):
        return value.is_nan()
    return value is None or (
        isinstance(value, float | datetime) and value != value
    )  # NaN, and pandas' NaT


def _number(value: float | Decimal) -> str:
    """Digits as the value has them; what JSON has no number for is a text."""
    if value in (float("inf"), float("-inf")):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    text = str(value or abs(value))  # no sign for zero
    return (
        str(Decimal(text)) if "e" in text else text
    )  # floats write exponents in another way than decimals


def _moment(value: date | time) -> date | time:
    """Aware times in UTC, so that the zone of a session does not change a row."""
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value
