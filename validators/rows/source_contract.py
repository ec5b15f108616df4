"""Check a source's contract row by row: Pandera owns what is true of one document."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandera.polars as pa
import polars as pl

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.settings.source_contract import (
    FieldContract,
    FieldType,
    OnBreak,
    OnChange,
    SourceContract,
)
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
"""Columns of `documents` that a contract may name as fields; other names are metadata keys."""

_BOOLEANS = ["true", "false", "1", "0", "yes", "no"]


@dataclass(frozen=True, slots=True)
class Broken:
    """A document that breaks a rule: its place in the frame, and what follows from that.

    `subject` is the field that the rule is about; `rule` is its display text.
    """

    index: int
    id: CheckId
    subject: str
    rule: str
    severity: OnBreak
    message: str


@dataclass(frozen=True, slots=True)
class _RowRule:
    """A rule by its display name, the column that it is about, and what must be true of it."""

    id: CheckId
    subject: str
    name: str
    column: str
    is_met: pl.Expr
    severity: OnBreak


def fields_of(contract: SourceContract) -> list[pl.Expr]:
    """Return the contract's fields as text columns of documents rows, null where one is missing.

    The entries of a list are joined by commas.
    """
    columns = []
    for name in contract.fields:
        if name in COLUMNS:
            value = pl.col(name).cast(pl.String)
        else:
            entries = _entries(name)
            value = pl.when(entries.list.len() > 0).then(entries.list.join(", "))
        columns.append(value.alias(field_column(name)))
    return columns


def _entries(name: str) -> pl.Expr:
    """Return the texts of a field, a list a document."""
    if name in COLUMNS:
        return pl.concat_list(pl.col(name).cast(pl.String))
    is_field = pl.element().struct.field("key") == name
    return pl.col("metadata").list.eval(pl.element().filter(is_field).struct.field("value"))


def _entries_column(name: str) -> str:
    return f"entries of {field_column(name)}"


def field_column(name: str) -> str:
    """Return the column of a field, which no other column can be called, whatever the field is."""
    return f"field {name}"


def check_fields(documents: pl.DataFrame, contract: SourceContract) -> list[Broken]:
    """Return the documents that break rules of the contract, its fields' and its own.

    `documents` has the columns of the documents table.
    """
    rules = {rule.name: rule for rule in _rules(contract)}
    if not rules:
        return []
    frame = documents.select(
        pl.col("language").alias("(language)"),
        pl.col("char_count").alias("(chars)"),
        (pl.col("size").cast(pl.Float64) / 1e6).alias("(size)"),
        *fields_of(contract),
        *(
            _entries(name).alias(_entries_column(name))
            for name, field in contract.fields.items()
            if field.type and field.type.is_list
        ),
    )
    broken = []
    schema = pa.DataFrameSchema(
        {field_column(name): pa.Column(pl.String, nullable=True) for name in contract.fields},
        checks=[pa.Check(_passes(rule.is_met), error=rule.name) for rule in rules.values()],
    )
    for index, names in failures(schema, frame).items():
        for name in names:
            rule = rules[name]
            value = str(frame[rule.column][index])[:80]
            message = f"{name}, but is {value!r}"
            broken.append(Broken(index, rule.id, rule.subject, name, rule.severity, message))
    return broken


def severities(contract: SourceContract) -> dict[str, OnBreak]:
    """Return what follows when a row rule of the contract is broken, by the rule's name."""
    return {rule.name: rule.severity for rule in _rules(contract)}


def _passes(is_met: pl.Expr) -> Callable[[pa.PolarsData], pl.LazyFrame]:
    """Let a missing value break only the rule that it must be there."""
    return lambda data: data.lazyframe.select(is_met.fill_null(value=True))


def _rules(contract: SourceContract) -> list[_RowRule]:
    """Return the contract's own rules, then those of its fields."""
    languages = list(contract.languages)
    least, most, megabytes = contract.min_chars, contract.max_chars, contract.max_mb
    chars, size = pl.col("(chars)"), pl.col("(size)")
    own = (
        (CheckId.DOCUMENT_LANGUAGE, f"language is one of {', '.join(languages)}", "(language)",
         pl.col("(language)").is_in(languages) if languages else None),
        (CheckId.DOCUMENT_MIN_CHARS, f"text has at least {least} characters", "(chars)",
         chars >= least if least is not None else None),
        (CheckId.DOCUMENT_MAX_CHARS, f"text has at most {most} characters", "(chars)",
         chars <= most if most is not None else None),
        (CheckId.DOCUMENT_MAX_MB, f"file has at most {megabytes} MB", "(size)",
         size <= megabytes if megabytes is not None else None),
    )  # fmt: skip
    rules = [
        _RowRule(check_id, "", name, column, is_met, contract.severity)
        for check_id, name, column, is_met in own
        if is_met is not None
    ]
    for name, field in contract.fields.items():
        rules += _field_rules(name, field)
    return rules


def _field_rules(name: str, field: FieldContract) -> list[_RowRule]:
    column = pl.col(field_column(name))
    is_list = field.type is not None and field.type.is_list
    value = pl.element() if is_list else column
    typed = _typed(value, field.type)
    least, most = field.min, field.max
    rules = (
        (CheckId.FIELD_REQUIRED, f"{name} is there",
         column.is_not_null() if field.required else None),
        (CheckId.FIELD_TYPE, f"{name} is of type {field.type}",
         typed.is_not_null() | value.is_null() if field.type else None),
        (CheckId.FIELD_MIN, f"{name} is at least {_format(least)}",
         typed >= pl.lit(least) if least is not None else None),
        (CheckId.FIELD_MAX, f"{name} is at most {_format(most)}",
         typed <= pl.lit(most) if most is not None else None),
        (CheckId.FIELD_PATTERN, f"{name} matches {field.pattern}",
         value.str.contains(f"^(?:{field.pattern})$") if field.pattern else None),
        (CheckId.FIELD_ALLOWED, f"{name} is one of {', '.join(field.allowed[:10])}",
         value.is_in(list(field.allowed)) if field.allowed else None),
    )  # fmt: skip
    return [
        _RowRule(
            check_id,
            name,
            rule,
            field_column(name),
            _of_each(name, is_met)
            if is_list and check_id is not CheckId.FIELD_REQUIRED
            else is_met,
            field.severity,
        )
        for check_id, rule, is_met in rules
        if is_met is not None
    ]


def _of_each(name: str, is_met: pl.Expr) -> pl.Expr:
    """Return whether each entry of a list meets a rule."""
    return pl.col(_entries_column(name)).list.eval(is_met.fill_null(value=True)).list.all()


def _typed(value: pl.Expr, kind: FieldType | None) -> pl.Expr:
    """Return the value as its type, null where it is not of that type."""
    number = value.str.strip_chars().cast(pl.Float64, strict=False)
    casts = {
        FieldType.INTEGER: value.str.strip_chars().cast(pl.Int64, strict=False),
        FieldType.NUMBER: pl.when(number.is_finite()).then(number),
        FieldType.BOOLEAN: pl.when(value.str.to_lowercase().is_in(_BOOLEANS)).then(value),
        FieldType.DATE: value.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
    }
    if kind is not None and kind.is_list:
        kind = kind.entry
    return casts.get(kind, value) if kind else value


def _format(bound: float | date | None) -> str:
    return f"{bound:g}" if isinstance(bound, int | float) else str(bound)


def unknown_values(
    metadata: Sequence[Mapping[str, Sequence[str]]], contract: SourceContract
) -> list[dict[str, str]]:
    """Return, for each document's metadata, the keys that the contract does not allow, and why.

    `metadata` has the texts of each key: several of a list.

    A key is not allowed if the contract does not name it, or if its value has another type. A
    contract that names no fields, or lets them evolve, allows every key.
    """
    if not contract.fields or contract.on_change is OnChange.EVOLVE:
        return [{} for _ in metadata]
    types = {name: field.type for name, field in contract.fields.items() if field.type}
    has_other_type = {
        name: _has_other_type([values.get(name) for values in metadata], kind)
        for name, kind in types.items()
    }
    reasons = []
    for index, values in enumerate(metadata):
        unnamed = {
            key: "the contract does not name it" for key in values if key not in contract.fields
        }
        mistyped = {
            key: f"{', '.join(values[key])[:60]!r} is not of type {types[key]}"
            for key in values
            if key in types and has_other_type[key][index]
        }
        reasons.append(unnamed | mistyped)
    return reasons


def _has_other_type(values: Sequence[Sequence[str] | None], kind: FieldType) -> list[bool]:
    """Return for each value whether it is there and is not of this type."""
    texts = [
        entries if entries is None or kind.is_list else [", ".join(entries)] for entries in values
    ]
    frame = pl.DataFrame({"value": texts}, schema={"value": pl.List(pl.String)})
    is_other = pl.col("value").list.eval(_typed(pl.element(), kind).is_null()).list.any()
    return frame.select(is_other.fill_null(value=False)).to_series().to_list()
