"""Translate filters that a person types, such as `language=en`, to SQL that is safe to run.

Values are quoted by LanceDB's own literals, and names are taken from the schema, so nothing that
is typed is executed.
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
        key = lit(name.removeprefix("metadata.")).to_sql()
        pair = f"named_struct('key', {key}, 'value', {lit(value).to_sql()})"
        return _contains(f"array_has(metadata, {pair})", operator, name)
    if name not in schema.names or name == "vector":
        columns = ", ".join(column for column in schema.names if column != "vector")
        raise SettingsError(
            f"the filter {text!r} names no column; there are {columns} and metadata.KEY"
        )
    kind = schema.field(name).type
    if pa.types.is_list(kind):
        return _contains(f"array_has({name}, {lit(value).to_sql()})", operator, name)
    return _compare(col(name), operator, _literal(value, kind, text)).to_sql()


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
