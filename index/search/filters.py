"""Translate filters that a person types, such as `language=en`, to SQL that is safe to run.

Texts are quoted by `vouch.index.store.sql`, numbers and times are parsed first, and names are taken
from the schema, so nothing that is typed is executed.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

import pyarrow as pa
from lancedb.expr import lit

from vouch.index.store.sql import quoted
from vouch.schemas.errors import SettingsError

_FILTER = re.compile(
    r"(?P<name>[A-Za-z_]\w*(?:\.[^=!<>~]+)?)\s*(?P<operator>!=|>=|<=|=|<|>|~)\s*(?P<value>.*)",
    re.DOTALL,
)
_HELP = (
    "write NAME OPERATOR VALUE, such as language=en, page_start>=3, title~contract, "
    "metadata.author=Ada"
)


def where(filters: Iterable[str], schema: pa.Schema) -> str | None:
    """Return all filters joined by AND as an SQL condition; None without filters.

    A filter is NAME OPERATOR VALUE. Names are columns or `metadata.KEY`; operators are `=`, `!=`,
    `<`, `<=`, `>`, `>=` and `~` (contains). Lists and metadata take `=` and `!=` only.

    Raises:
        SettingsError: A filter cannot be read.
    """
    clauses = [_clause(text, schema) for text in filters]
    return " AND ".join(f"({clause})" for clause in clauses) or None


def _clause(text: str, schema: pa.Schema) -> str:
    match = _FILTER.fullmatch(text.strip())
    if match is None:
        raise SettingsError(f"the filter {text!r} cannot be read; {_HELP}")
    name, operator, value = match["name"], match["operator"], match["value"].strip()
    if name.startswith("metadata."):
        key = quoted(name.removeprefix("metadata."))
        pair = f"named_struct('key', {key}, 'value', {quoted(value)})"
        return _contains(f"array_has(metadata, {pair})", operator, name)
    if name not in schema.names or name == "vector":
        columns = ", ".join(column for column in schema.names if column != "vector")
        raise SettingsError(
            f"the filter {text!r} names no column; there are {columns} and metadata.KEY"
        )
    kind = schema.field(name).type
    if pa.types.is_list(kind):
        return _contains(f"array_has({name}, {quoted(value)})", operator, name)
    literal = _literal(value, kind, text)
    if operator == "~":
        if not pa.types.is_string(kind):
            raise SettingsError(f"the filter {text!r} uses ~ (contains), but {name} is no text")
        return f"contains({name}, {literal})"
    return f"{name} {operator} {literal}"


def _contains(clause: str, operator: str, name: str) -> str:
    if operator not in ("=", "!="):
        raise SettingsError(f"the filter on {name} can only use = or !=")
    return clause if operator == "=" else f"NOT {clause}"


def _literal(value: str, kind: pa.DataType, text: str) -> str:
    """Return a value as an SQL literal of a column's type."""
    try:
        if pa.types.is_integer(kind):
            return str(pa.scalar(int(value), kind))
        if pa.types.is_timestamp(kind):
            time = datetime.fromisoformat(value)
            return lit(time if time.tzinfo else time.replace(tzinfo=UTC)).to_sql()
    except (ValueError, OverflowError) as error:
        raise SettingsError(
            f"the filter {text!r} has a value that is not {kind}: {error}"
        ) from error
    return quoted(value)
