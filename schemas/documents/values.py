"""Values of metadata: a text, number, truth value, date or time, or a list of these.

`metadata` of the tables keeps them as pairs of texts, one pair for each entry of a list.
`fields` keeps them with their types, as one JSON object:
`{"acl": ["staff", "hr"], "year": 2024, "published": {"time": "2026-01-31"}}`.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | date | datetime
Value: TypeAlias = Scalar | tuple[Scalar, ...]
Fields: TypeAlias = Mapping[str, Value]

TIME = "time"
"""The key under which JSON has a date (`2026-01-31`) or a time (`2026-01-31T09:30:00Z`)."""

MAX_INTEGER = 2**63
"""From here on the store rounds integers."""


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """A field of a document: its value, and the texts that it is written as, one for each entry of
    a list.
    """

    key: str
    value: Value
    texts: tuple[str, ...]


def texts(value: Value) -> tuple[str, ...]:
    """Return a value as people write it: one text, or one for each entry of a list."""
    if isinstance(value, tuple):
        return tuple(text for entry in value for text in texts(entry))
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, datetime):
        return (in_utc(value),)
    return (value.isoformat() if isinstance(value, date) else str(value),)


def joined(values: Iterable[Value | None]) -> tuple[Scalar, ...]:
    """Return the entries of values as one list, without what is empty."""
    entries: list[Scalar] = []
    for value in values:
        if isinstance(value, tuple):
            entries += value
        elif value is not None and value != "":
            entries.append(value)
    return tuple(entries)


def in_utc(moment: datetime) -> str:
    """Return a time as ISO 8601 in UTC, such as 2026-01-31T09:30:00Z, so that texts sort as times.

    A time without a zone is one in UTC. Fractions of a second are left out where they are zero.
    """
    utc = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat() + "Z"


def dump_fields(fields: Iterable[tuple[str, Value]]) -> str:
    """Encode fields as JSON with sorted keys. Of a key that is there twice, the values are joined
    to a list.
    """
    joined: dict[str, list[Scalar]] = {}
    lists: set[str] = set()
    for key, value in fields:
        entries = value if isinstance(value, tuple) else (value,)
        if isinstance(value, tuple) or key in joined:
            lists.add(key)
        joined.setdefault(key, []).extend(entries)
    encoded = {
        key: [*map(to_json, entries)] if key in lists else to_json(entries[0])
        for key, entries in joined.items()
    }
    return json.dumps(encoded, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def load_fields(text: str | None) -> dict[str, Value]:
    """Decode what `dump_fields` wrote; nothing where a version until 0.12.0 wrote the row."""
    return {key: from_json(value) for key, value in json.loads(text).items()} if text else {}


def to_json(value: Value) -> object:
    """Return a value as JSON has it."""
    if isinstance(value, tuple):
        return [to_json(entry) for entry in value]
    if isinstance(value, date):  # a datetime is one too
        return {TIME: texts(value)[0]}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no such number
    if isinstance(value, int) and abs(value) >= MAX_INTEGER:
        return str(value)
    return value


def from_json(value: object) -> Value:
    """Return the value that `to_json` has made JSON of."""
    if isinstance(value, list):
        return tuple(_scalar(entry) for entry in value)
    return _scalar(value)


def _scalar(value: object) -> Scalar:
    if isinstance(value, dict):
        text = str(value[TIME])
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    if isinstance(value, str | bool | int | float):
        return value
    return str(value)
