"""Values of tables in one form: canonical JSON for a row, and the text of a value.

The form depends on the values alone: not on the order of the columns, nor on the library that read
them. Null, NaN and a missing column are the same. It is hashed into each row's etag, so any change
here makes all rows of all tables new.
"""

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, TypeAlias

from vouch.schemas.documents.values import Value as Field
from vouch.schemas.documents.values import joined

Value: TypeAlias = Any
"""A value of canonical JSON: str, int, Decimal, bool, list, dict or None.

Converted by the setting `types`, it is also date or datetime.
"""

_MAX_DEPTH = 100
# Numbers with larger exponents keep their exponent: 1E+1000000 would be a megabyte of zeros.
_MAX_PLAIN_EXPONENT = 20


def canonical_row(row: Mapping[str, Any]) -> bytes:
    """Return a row as ASCII JSON with sorted columns and without nulls.

    Raises `ValueError` for a value that is nested too deep.
    """
    encoded = ((str(name), _encode(value, 0)) for name, value in row.items())
    pairs = sorted((name, text) for name, text in encoded if text != "null")
    return ("{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in pairs) + "}").encode(
        "ascii"
    )


def read_row(data: bytes) -> dict[str, Value]:
    """Parse what `canonical_row` wrote; fractions become decimals, so that no digit is lost."""
    row: dict[str, Value] = json.loads(data, parse_float=Decimal)
    return row


def canonical_text(value: Any) -> str | None:  # noqa: ANN401 - whatever a library returns for a cell
    """Return the text of a cell as a library returned it, None for null.

    Raises `ValueError` for a value that is nested too deep.
    """
    parsed = json.loads(_encode(value, 0), parse_float=Decimal)
    return None if parsed is None else text_of(parsed)


def text_of(value: Value) -> str:
    """Return a value as a person writes it, "" for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal) and abs(value.adjusted()) < _MAX_PLAIN_EXPONENT:
        return format(value, "f")
    if isinstance(value, date | time):
        return value.isoformat()
    return _encode(value, 0) if isinstance(value, list | dict | tuple) else str(value)


def as_field(value: Value) -> Field:
    """Return a value as metadata have it: an object, or a list with lists or objects, as JSON."""
    if isinstance(value, list):
        if any(isinstance(entry, list | dict) for entry in value):
            return text_of(value)
        return joined(map(as_field, value))
    if isinstance(value, Decimal):
        if not value.as_tuple().exponent:
            return int(value)
        number = float(value)
        return number if math.isfinite(number) else text_of(value)
    if isinstance(value, bool | int | float | date | str):
        return value
    return text_of(value)


def time_of(text: str) -> datetime:
    """Parse a time in ISO 8601, in UTC where it has no time zone. Raises `ValueError`."""
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def convert(text: str, kind: str) -> Value:
    """Convert a text to a type of the settings. Raises `ValueError` naming the type."""
    try:
        return _CONVERTERS[kind](text.strip() if kind != "text" else text)
    except (ValueError, KeyError, InvalidOperation):
        raise ValueError(f"{text[:60]!r} is not a valid {kind}") from None


def _finite_decimal(text: str) -> Decimal:
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
_CONVERTERS: dict[str, Callable[[str], Value]] = {
    "text": str,
    "number": _finite_decimal,
    "integer": int,
    "boolean": lambda text: _BOOLEANS[text.lower()],
    "date": date.fromisoformat,
    "datetime": time_of,
}


def _encode(value: Any, depth: int) -> str:  # noqa: ANN401 - whatever a library returns for a cell
    if depth > _MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {_MAX_DEPTH} levels")
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Mapping):
        items = sorted((str(key), _encode(item, depth + 1)) for key, item in value.items())
        return "{" + ",".join(f"{json.dumps(key)}:{text}" for key, text in items) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_encode(item, depth + 1) for item in value) + "]"
    if isinstance(value, set | frozenset):
        return "[" + ",".join(sorted(_encode(item, depth + 1) for item in value)) + "]"
    return _encode_scalar(value)


def _encode_scalar(value: Any) -> str:  # noqa: ANN401 - as above
    if _is_null(value):
        return "null"
    if isinstance(value, bool | int | str):
        return json.dumps(value)
    if isinstance(value, float | Decimal):
        return _encode_number(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return json.dumps(bytes(value).hex())
    if isinstance(value, datetime) and value.tzinfo:
        # In UTC, so that the time zone of a database session does not change a row.
        value = value.astimezone(UTC)
    if isinstance(value, date | time):
        return json.dumps(value.isoformat())
    return json.dumps(str(value))


def _is_null(value: Any) -> bool:  # noqa: ANN401 - as above
    if isinstance(value, Decimal):
        return value.is_nan()
    # Only NaN, and the NaT of pandas, differ from themselves.
    return value is None or (isinstance(value, float | datetime) and value != value)


def _encode_number(value: float | Decimal) -> str:
    """Encode the digits as the value has them; infinity, which JSON lacks, as a text."""
    if value in (float("inf"), float("-inf")):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    text = str(value or abs(value))  # zero has no sign
    # Floats and decimals write exponents in different ways.
    return str(Decimal(text)) if "e" in text else text
