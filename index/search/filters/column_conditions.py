"""Conditions on columns of `chunks`: texts, whole numbers, times, and lists of texts."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
from lancedb.expr import lit

from vouch.index.search.filters.operands import Span, number_of, time_of
from vouch.index.store.sql import quoted
from vouch.schemas.errors import SettingsError
from vouch.schemas.filters import Operator

_HIDDEN = ("vector", "minhash", "metadata", "fields")


def filtered_columns(schema: pa.Schema) -> list[str]:
    """Return the names of the columns that filters can use."""
    return [name for name in schema.names if name not in _HIDDEN]


def described(kind: pa.DataType) -> str:
    """Return the type of a column in words."""
    if pa.types.is_list(kind):
        return "list of texts"
    if pa.types.is_timestamp(kind):
        return "date or time"
    return "whole number" if pa.types.is_integer(kind) else "text"


def column_condition(
    name: str, kind: pa.DataType, operator: Operator, values: Sequence[str]
) -> str:
    """Return the condition that a column compares so with values, as people write them.

    `operator` is none of `!=` and `not in`. The condition is null where the column is.

    Raises:
        SettingsError: The operator or a value does not fit the type of the column.
    """
    if operator == Operator.IN and not values:
        return "false"
    if pa.types.is_list(kind):
        return _on_list(name, kind, operator, values)
    if pa.types.is_timestamp(kind):
        return " OR ".join(_on_time(name, kind, operator, value) for value in values)
    if pa.types.is_integer(kind):
        if operator in (Operator.CONTAINS, Operator.PREFIX):
            raise _unfit(name, kind, operator)
        literals = [_whole(name, kind, value) for value in values]
    else:
        literals = [quoted(value) for value in values]
    if operator == Operator.IN:
        return f"{name} IN ({', '.join(literals)})"
    (literal,) = literals
    if operator == Operator.CONTAINS:
        return f"contains({name}, {literal})"
    if operator == Operator.PREFIX:
        return f"starts_with({name}, {literal})"
    return f"{name} {operator} {literal}"


def _on_list(name: str, kind: pa.DataType, operator: Operator, values: Sequence[str]) -> str:
    literals = [quoted(value) for value in values]
    if operator == Operator.IN:
        return f"array_has_any({name}, make_array({', '.join(literals)}))"
    if operator not in (Operator.EQUAL, Operator.CONTAINS):
        raise _unfit(name, kind, operator)
    return f"array_has({name}, {literals[0]})"


def _on_time(name: str, kind: pa.DataType, operator: Operator, value: str) -> str:
    if operator in (Operator.CONTAINS, Operator.PREFIX):
        raise _unfit(name, kind, operator)
    span = time_of(value)
    if span is None:
        raise SettingsError(
            f"the filter on {name} compares with {value[:100]!r}, which is no date or time; write "
            "2026-01-31 or 2026-01-31T09:30"
        )
    return f"({_within(name, operator, span)})"


def _within(name: str, operator: Operator, span: Span) -> str:
    start, end = _moment(span.start), span.end and _moment(span.end)
    if operator in (Operator.EQUAL, Operator.IN):
        return f"{name} >= {start} AND {name} < {end}" if end else f"{name} = {start}"
    if operator == Operator.AT_MOST and end:
        return f"{name} < {end}"
    if operator == Operator.GREATER and end:
        return f"{name} >= {end}"
    return f"{name} {operator} {start}"


def _moment(time: datetime) -> str:
    return str(lit(time).to_sql())


def _whole(name: str, kind: pa.DataType, value: str) -> str:
    number = number_of(value)
    try:
        if number is not None and number == int(number):
            return str(pa.scalar(int(number), kind))
    except (pa.ArrowInvalid, OverflowError):
        pass
    raise SettingsError(
        f"the filter on {name} compares with {value[:100]!r}, which is no whole number of {kind}; "
        "write 3"
    )


def _unfit(name: str, kind: pa.DataType, operator: Operator) -> SettingsError:
    return SettingsError(f"the filter on {name}, a {described(kind)}, cannot use {operator}")
