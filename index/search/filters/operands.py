"""What a typed value may mean: a number, a date or a time, beside the text that it is."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from vouch.schemas.documents.values import in_utc, texts
from vouch.schemas.filters import Operator

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MAX_NUMBER = 400  # characters
_LARGEST = 2**63


def number_of(text: str) -> int | float | None:
    """Return the number that a text is, or None."""
    if len(text) > _MAX_NUMBER or not _NUMBER.fullmatch(text):
        return None
    if text.lstrip("+-").isdigit():
        return int(text)
    number = float(text)
    return None if abs(number) == float("inf") else number


def number_literal(number: int | float) -> str:
    """Return a number as the store's JSON path reads it.

    It reads the whole part of `1.5` as a number and then fails, so that fractions begin with the
    point: `.15e1`.
    """
    if number == int(number) and abs(number) < _LARGEST:
        return str(int(number))
    sign, digits, exponent = Decimal(repr(float(number))).as_tuple()
    written = "".join(map(str, digits))
    return f"{'-' * sign}.{written}e{int(exponent) + len(written)}"


@dataclass(frozen=True, slots=True)
class Span:
    """A day, or a moment: then `end` is None. Both times are in UTC."""

    start: datetime
    end: datetime | None


def time_of(text: str) -> Span | None:
    """Return the day or the moment that a text is, or None. A time without a zone is in UTC."""
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text)
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            return Span(start, start + timedelta(days=1))
        if not _DATE.match(text):
            return None
        moment = datetime.fromisoformat(text)
        return Span(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC), None)
    except (ValueError, OverflowError):
        return None


def time_predicate(operator: Operator, span: Span) -> str:
    """Return the condition of a JSON path on the text of a date or time, `@`.

    Texts are compared, of which `2026-01-31` is the first moment of the day, and a second without
    a fraction ends with `Z`, which sorts behind the fractions of the same second.
    """
    day = f'"{span.start.date().isoformat()}"'
    if span.end is not None:
        after = f'"{span.end.date().isoformat()}"'
        return {
            Operator.EQUAL: f"@ >= {day} && @ < {after}",
            Operator.LESS: f"@ < {day}",
            Operator.AT_MOST: f"@ < {after}",
            Operator.GREATER: f"@ >= {after}",
            Operator.AT_LEAST: f"@ >= {day}",
        }[operator]
    exact = f'"{in_utc(span.start)}"'
    second = span.start.replace(microsecond=0)
    start = f'"{in_utc(second)[:-1]}"'
    if span.start.microsecond:
        whole = f'"{in_utc(second)}"'
        return {
            Operator.EQUAL: f"@ == {exact}",
            Operator.LESS: f"@ < {exact} || @ == {whole}",
            Operator.AT_MOST: f"@ <= {exact} || @ == {whole}",
            Operator.GREATER: f"@ > {exact} && @ != {whole}",
            Operator.AT_LEAST: f"@ >= {exact} && @ != {whole}",
        }[operator]
    first = day if (second.hour, second.minute, second.second) == (0, 0, 0) else start
    return {
        Operator.EQUAL: f"@ == {exact} || @ == {first}",
        Operator.LESS: f"@ < {first}",
        Operator.AT_MOST: f"@ < {start} || @ == {exact}",
        Operator.GREATER: f"@ >= {start} && @ != {exact}",
        Operator.AT_LEAST: f"@ >= {first}",
    }[operator]


def canonical(number: int | float) -> str:
    """Return a number as metadata write it."""
    return texts(number)[0]
