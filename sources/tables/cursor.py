"""Values of a cursor compared as what they are: numbers, times, or texts."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation

from vouch.sources.tables.values import time_of

_NUMBER, _TIME, _TEXT = range(3)


def newest(values: Iterable[str]) -> str | None:
    """The greatest; None where there is none."""
    return max(values, key=_order, default=None)


def at_or_past(value: str, since: str) -> bool:
    """Values that cannot be compared count as past, so that no row is passed over."""
    mine, held = _order(value), _order(since)
    return mine[0] != held[0] or mine >= held


def is_number(value: str) -> bool:
    """Whether it is compared as a number."""
    return _order(value)[0] == _NUMBER


def _order(value: str) -> tuple[int, Decimal | datetime | str]:
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
