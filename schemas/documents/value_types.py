"""Types of values: what a text says by itself that it is, and what a contract declares."""

import math
import re
from datetime import date, datetime

from vouch.schemas.documents.values import MAX_INTEGER, Scalar, Value, texts
from vouch.schemas.settings.source_contract import FieldType

_NUMBER = re.compile(r"-?[0-9]+(?P<fraction>\.[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    _DATE.pattern + r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r" ?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
_SEPARATOR = re.compile(r"[,;]")


def typed(text: str) -> Scalar:
    """Return what a text is by itself: a number, `true` or `false`, an ISO date or time; else the
    text.

    A number is one only where its text is how it is written: `1.10`, `007` and `1e3` are texts, so
    that nothing is lost of a version, a code or an id.
    """
    if text in ("true", "false"):
        return text == "true"
    if number := _NUMBER.fullmatch(text):
        value = float(text) if number["fraction"] else int(text[:20])
        return value if str(value) == text and abs(value) < MAX_INTEGER else text
    moment = moment_of(text)
    return text if moment is None else moment


def moment_of(text: str) -> date | datetime | None:
    """Return the date or time of a text in ISO 8601; None where it is neither."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:  # of no calendar: 2026-02-31
        pass
    return None


def listed(text: str) -> tuple[str, ...]:
    """Return the entries of a list in one text, such as `staff, managers`."""
    return tuple(filter(None, (entry.strip() for entry in _SEPARATOR.split(text))))


def converted(value: Value, kind: FieldType, written: str | None = None) -> Value:
    """Return a value as a contract declares it; of a list, each entry.

    Where it is of another type, it stays as it is: the contract's rule reports it. `written` is how
    it is written, where that is not what its type says.
    """
    if kind.is_list:
        entries = value if isinstance(value, tuple) else (value,)
        if isinstance(value, str):
            entries = listed(value)
        elif not isinstance(value, tuple) and written:
            entries = (typed(written),)
        return tuple(_converted(entry, kind.entry, None) for entry in entries)
    if isinstance(value, tuple):
        return tuple(_converted(entry, kind, None) for entry in value)
    return _converted(value, kind, written)


def _converted(value: Scalar, kind: FieldType | None, written: str | None) -> Scalar:
    text = written or texts(value)[0]
    if kind is None:
        return value
    if kind is FieldType.TEXT:
        return text
    text = text.strip()
    if kind is FieldType.BOOLEAN:
        return _BOOLEANS.get(text.lower(), value)
    if kind is FieldType.DATE:
        moment = moment_of(text) or moment_of(text[:10])
        return value if moment is None else moment
    if _INTEGER.fullmatch(text):
        integer = int(text[:20])
        return integer if abs(integer) < MAX_INTEGER and len(text) <= 20 else value
    if kind is FieldType.NUMBER:
        try:
            number = float(text)
        except ValueError:
            return value
        return number if math.isfinite(number) else value
    return value
