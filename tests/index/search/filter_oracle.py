"""What filters on metadata mean, in plain Python: what the store's SQL is compared with."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from vouch.schemas.documents.values import Scalar, Value, texts
from vouch.schemas.filter_syntax import value_text
from vouch.schemas.filters import AllOf, AnyOf, Comparison, Filter, Not, Operator

_COMPLEMENTS = {Operator.NOT_EQUAL: Operator.EQUAL, Operator.NOT_IN: Operator.IN}


def matches(searched: Filter, fields: Mapping[str, Value], kinds: Mapping[str, set[type]]) -> bool:
    """Return whether a document with these fields is what a filter looks for.

    `kinds` are the types that the values of each key have in all documents.
    """
    if isinstance(searched, Not):
        return not matches(searched.part, fields, kinds)
    if isinstance(searched, AllOf | AnyOf):
        each = [matches(part, fields, kinds) for part in searched.parts]
        return all(each) if isinstance(searched, AllOf) else any(each)
    if operator := _COMPLEMENTS.get(searched.operator):
        return not matches(Comparison(searched.name, operator, searched.values), fields, kinds)
    key = searched.name.removeprefix("metadata.")
    value = fields.get(key, ())
    entries = value if isinstance(value, tuple) else (value,)
    alone = not isinstance(value, tuple)
    return any(
        _compares(entry, searched.operator, value_text(operand), kinds[key], alone)
        for entry in entries
        for operand in searched.values
    )


def kind(entry: Scalar) -> type:
    """Return the type that an entry counts as: of a date and a time it is `date`."""
    if isinstance(entry, bool | str):
        return type(entry)
    return date if isinstance(entry, date) else float


def _compares(entry: Scalar, operator: Operator, text: str, kinds: set[type], alone: bool) -> bool:
    if operator in (Operator.EQUAL, Operator.IN):
        return _equals(entry, text, kinds)
    if operator == Operator.CONTAINS:
        inside = alone and isinstance(entry, str) and text in entry
        return inside or _equals(entry, text, kinds)
    if operator == Operator.PREFIX:
        return isinstance(entry, str) and entry.startswith(text)
    if kind(entry) is float:
        number = _number(text)
        return number is not None and _ordered(entry, operator, number, number)
    if kind(entry) is date:
        span = _span(text)
        return span is not None and _ordered(_moment(entry), operator, *span)
    return False


def _ordered(entry, operator: Operator, first, last) -> bool:
    """Compare with what begins at `first`; `last` is the end of a day, or `first` again."""
    if operator == Operator.LESS:
        return entry < first
    if operator == Operator.AT_LEAST:
        return entry >= first
    is_moment = first == last
    before_end = entry <= last if is_moment else entry < last
    return before_end if operator == Operator.AT_MOST else not before_end


def _equals(entry: Scalar, text: str, kinds: set[type]) -> bool:
    if texts(entry) == (text,):
        return True
    if kind(entry) is float:
        number = _number(text)
        strict = str in kinds and texts(number) != (text,) if number is not None else True
        return not strict and number == entry
    if kind(entry) is date:
        span = _span(text)
        if span is None:
            return False
        first, last = span
        moment = _moment(entry)
        return moment == first if first == last else first <= moment < last
    return isinstance(entry, bool) and str not in kinds and text.lower() == texts(entry)[0]


def _number(text: str) -> float | int | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None


def _moment(value: date) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _span(text: str) -> tuple[datetime, datetime] | None:
    try:
        if len(text) == len("2026-01-31"):
            day = _moment(date.fromisoformat(text))
            return day, day + timedelta(days=1)
        moment = _moment(datetime.fromisoformat(text))
        return moment, moment
    except (ValueError, OverflowError):
        return None
