"""Compares cursor values by what they are: numbers, times or texts."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation

from vouch.sources.tables.values import time_of

_NUMBER, _TIME, _TEXT = range(3)


def newest(values: Iterable[str]) -> str | None:
    """Return the greatest value, None where there are none."""
    return max(values, key=_sort_key, default=None)


def at_or_past(value: str, since: str) -> bool:
    """Return whether a value is not before `since`.

    Values of different kinds cannot be compared and count as past, so that no row is skipped.
    """
    key, since_key = _sort_key(value), _sort_key(since)
    return key[0] != since_key[0] or key >= since_key


def is_number(value: str) -> bool:
    """Return whether a value is compared as a number."""
    return _sort_key(value)[0] == _NUMBER


def _sort_key(value: str) -> tuple[int, Decimal | datetime | str]:
    try:
        number = Decimal(value)
        if number.is_finite():
            return _NUMBER, number
    except InvalidOperation:
        pass
    try:
        return _TIME, time_of(value)
    except ValueError:
        return _TEXT, value
