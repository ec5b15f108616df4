"""Filters that a person types, `language=en` or `metadata.author~Knuth`, to SQL in which no value can do harm.

Values are quoted by LanceDB's own literals, and names are taken from the schema, so nothing that is typed is run.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

import pyarrow as pa
from lancedb.expr import Expr, col, lit

from vouch.schemas.errors import SettingsError

_FILTER = re.compile(
    r"(?P<name>[A-Za-z_]\w*(?:\.[^=!<>~]+)?)\s*(?P<operator>!=|>=|<=|=|<|>|~)\s*(?P<value>.*)",
    re.DOTALL,
)
_HELP = "write NAME OPERATOR VALUE, such as language=en, page_start>=3, title~contract, metadata.author=Ada"


def where(filters: Iterable[str], schema: pa.Schema) -> str | None:
    """All filters joined by AND, or None where there are none. Raises `SettingsError` for one that cannot be read."""
    clauses = [_clause(text, schema) for text in filters]
    return " AND ".join(f"({clause})" for clause in clauses) or None


def _clause(text: str, schema: pa.Schema) -> str:
    match = _FILTER.fullmatch(text.strip())
    if match is None:
        raise SettingsError(f"the filter {text!r} cannot be read; {_HELP}")
    name, operator, value = match["name"], match["operator"], match["value"].strip()
    if name.startswith("metadata."):
        return _metadata(name.removeprefix("metadata."), operator, value)
    if name not in schema.names or name == "vector":
        known = ", ".join(column for column in schema.names if column != "vector")
        raise SettingsError(
            f"the filter {text!r} names no column; there are {known} and metadata.KEY"
        )
    kind = schema.field(name).type
    if pa.types.is_list(kind):
        return _member(name, operator, value)
    return _compare(col(name), operator, _literal(value, kind, text)).to_sql()


def _metadata(key: str, operator: str, value: str) -> str:
    pair = f"named_struct('key', {lit(key).to_sql()}, 'value', {lit(value).to_sql()})"
    return _contains(f"array_has(metadata, {pair})", operator, f"metadata.{key}")


def _member(name: str, operator: str, value: str) -> str:
    return _contains(f"array_has({name}, {lit(value).to_sql()})", operator, name)


def _contains(clause: str, operator: str, name: str) -> str:
    if operator not in ("=", "!="):
        raise SettingsError(f"the filter on {name} can only use = or !=")
    return clause if operator == "=" else f"NOT {clause}"


def _literal(value: str, kind: pa.DataType, text: str) -> str | int | datetime:
    try:
        if pa.types.is_integer(kind):
            return int(value)
        if pa.types.is_timestamp(kind):
            time = datetime.fromisoformat(value)
            return time if time.tzinfo else time.replace(tzinfo=UTC)
    except ValueError as error:
        raise SettingsError(
            f"the filter {text!r} has a value that is not {kind}: {error}"
        ) from error
    return value


def _compare(column: Expr, operator: str, value: str | int | datetime) -> Expr:
    compare = {
        "=": column.eq,
        "!=": column.ne,
        "<": column.lt,
        "<=": column.lte,
        ">": column.gt,
        ">=": column.gte,
        "~": column.contains,
    }
    return compare[operator](value)
