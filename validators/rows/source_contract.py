"""A source's contract, row by row: Pandera owns what is true of one document and its fields."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandera.polars as pa
import polars as pl

from vouch.schemas.contract import FieldContract, FieldType, OnBreak, OnChange, SourceContract
from vouch.validators.rows.row_contracts import failures

COLUMNS = (
    "title",
    "author",
    "language",
    "media_type",
    "uri",
    "size",
    "char_count",
    "source_modified_at",
)
"""Columns of `documents` that a contract may name as fields; any other name is a key of the metadata."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A document that breaks a rule: its place in the frame, the rule, what follows, and both in words."""

    index: int
    rule: str
    severity: OnBreak
    message: str


def fields_of(contract: SourceContract) -> list[pl.Expr]:
    """The contract's fields of documents rows as text columns, null where a document is without one."""
    return [_value(name).alias(field_column(name)) for name in contract.fields]


def field_column(name: str) -> str:
    """The column of a field: apart from all other columns, whatever it is called."""
    return f"field {name}"


def _value(name: str) -> pl.Expr:
    if name in COLUMNS:
        return pl.col(name).cast(pl.String)
    pair = pl.element().filter(pl.element().struct.field("key") == name).struct.field("value")
    return pl.col("metadata").list.eval(pair).list.first()


def check_fields(documents: pl.DataFrame, contract: SourceContract) -> list[Broken]:
    """Which documents break which rules of the contract: its fields' and its own. `documents` has the table's columns."""
    rules = severities(contract)
    if not rules:
        return []
    frame = documents.select(
        pl.col("language").alias("(language)"),
        pl.col("char_count").alias("(chars)"),
        (pl.col("size").cast(pl.Float64) / 1e6).alias("(size)"),
        *fields_of(contract),
    )
    found = failures(row_schema(contract), frame)
    values = {rule: frame[column] for rule, column in _columns(contract).items()}
    return [
        Broken(index, rule, rules[rule], f"{rule}, but is {str(values[rule][index])[:80]!r}")
        for index in found
        for rule in found[index]
    ]


def _columns(contract: SourceContract) -> dict[str, str]:
    """Of each rule the column that it is about."""
    columns = {
        rule: field_column(name)
        for name, field in contract.fields.items()
        for rule in _field_rules(name, field)
    }
    return columns | {name: column for name, column, _ in _own(contract)}


def severities(contract: SourceContract) -> dict[str, OnBreak]:
    """Every row rule of the contract by name, with what follows when it is broken."""
    own = dict.fromkeys(_own_rules(contract), contract.severity)
    return own | {
        rule: field.severity
        for name, field in contract.fields.items()
        for rule in _field_rules(name, field)
    }


def row_schema(contract: SourceContract) -> pa.DataFrameSchema:
    """Of the frame that `check_fields` makes."""
    columns = {field_column(name): pa.Column(pl.String, nullable=True) for name in contract.fields}
    checks = {
        name: check
        for field, one in contract.fields.items()
        for name, check in _field_rules(field, one).items()
    }
    every = _own_rules(contract) | checks
    return pa.DataFrameSchema(
        columns, checks=[pa.Check(_holds(rule), error=name) for name, rule in every.items()]
    )


def _own_rules(contract: SourceContract) -> dict[str, pl.Expr]:
    rules = {name: rule for name, _, rule in _own(contract)}
    return {name: rule for name, rule in rules.items() if rule is not None}


def _own(contract: SourceContract) -> list[tuple[str, str, pl.Expr | None]]:
    """The rules that are no field's: name, column, and what must hold."""
    languages = ", ".join(contract.languages)
    known = pl.col("(language)").is_in(list(contract.languages)) if languages else None
    return [
        (f"language is one of {languages}", "(language)", known),
        (
            f"text has at least {contract.min_chars} characters",
            "(chars)",
            _at_least("(chars)", contract.min_chars),
        ),
        (
            f"text has at most {contract.max_chars} characters",
            "(chars)",
            _at_most("(chars)", contract.max_chars),
        ),
        (f"file has at most {contract.max_mb} MB", "(size)", _at_most("(size)", contract.max_mb)),
    ]


def _field_rules(name: str, field: FieldContract) -> dict[str, pl.Expr]:
    value = pl.col(field_column(name))
    typed = _typed(value, field.type)
    rules = {
        f"{name} is there": value.is_not_null() if field.required else None,
        f"{name} is of type {field.type}": typed.is_not_null() | value.is_null()
        if field.type
        else None,
        f"{name} is at least {_said(field.min)}": typed >= pl.lit(field.min)
        if field.min is not None
        else None,
        f"{name} is at most {_said(field.max)}": typed <= pl.lit(field.max)
        if field.max is not None
        else None,
        f"{name} matches {field.pattern}": value.str.contains(f"^(?:{field.pattern})$")
        if field.pattern
        else None,
        f"{name} is one of {', '.join(field.allowed[:10])}": value.is_in(list(field.allowed))
        if field.allowed
        else None,
    }
    return {rule: holds for rule, holds in rules.items() if holds is not None}


def _typed(value: pl.Expr, kind: FieldType | None) -> pl.Expr:
    """The value as its type, null where it is of none."""
    casts = {
        FieldType.INTEGER: value.str.strip_chars().cast(pl.Int64, strict=False),
        FieldType.NUMBER: _finite(value.str.strip_chars().cast(pl.Float64, strict=False)),
        FieldType.BOOLEAN: pl.when(
            value.str.to_lowercase().is_in(["true", "false", "1", "0", "yes", "no"])
        ).then(value),
        FieldType.DATE: value.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
    }
    return casts.get(kind, value) if kind else value


def _finite(number: pl.Expr) -> pl.Expr:
    return pl.when(number.is_finite()).then(number)


def _said(bound: float | date | None) -> str:
    return f"{bound:g}" if isinstance(bound, int | float) else str(bound)


def _at_least(column: str, bound: float | None) -> pl.Expr | None:
    return None if bound is None else pl.col(column) >= bound


def _at_most(column: str, bound: float | None) -> pl.Expr | None:
    return None if bound is None else pl.col(column) <= bound


def _holds(rule: pl.Expr) -> Callable[[pa.PolarsData], pl.LazyFrame]:
    """What is not there breaks only the rule that it must be there."""
    return lambda data: data.lazyframe.select(rule.fill_null(value=True))


def unknown_values(
    metadata: Sequence[Mapping[str, str]], contract: SourceContract
) -> list[dict[str, str]]:
    """Of each document's metadata the keys that the contract does not name, or whose values have another type; with why.

    Only for a contract that names fields, and means to hold them.
    """
    if not contract.fields or contract.on_change is OnChange.EVOLVE:
        return [{} for _ in metadata]
    types = {name: field.type for name, field in contract.fields.items() if field.type}
    strange = {
        name: _of_another_type([one.get(name) for one in metadata], kind)
        for name, kind in types.items()
    }
    found = []
    for index, one in enumerate(metadata):
        told = {key: "the contract does not name it" for key in one if key not in contract.fields}
        wrong = [key for key in one if key in strange and strange[key][index]]
        found.append(
            told | {key: f"{one[key][:60]!r} is not of type {types[key]}" for key in wrong}
        )
    return found


def _of_another_type(values: Sequence[str | None], kind: FieldType) -> list[bool]:
    """Which of the values that are there are of another type."""
    value = pl.col("value")
    frame = pl.DataFrame({"value": values}, schema={"value": pl.String})
    return frame.select(_typed(value, kind).is_null() & value.is_not_null()).to_series().to_list()
