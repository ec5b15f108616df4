"""The contract of a source: rules for each row and for the data set.

The Pandera schema of a row and the Great Expectations suite of the data set are both built from it.
"""

from datetime import date
from enum import StrEnum

from pydantic import Field, field_validator, model_validator

from vouch.schemas.strict import Share, Strict


class OnBreak(StrEnum):
    """What happens to a document that breaks the rule: it is reported (warn), quarantined, or the
    run is rejected (block).

    Rules for the data set as a whole name no document: for them, `quarantine` means `block`.
    """

    WARN = "warn"
    QUARANTINE = "quarantine"
    BLOCK = "block"


class OnChange(StrEnum):
    """What happens when a document has an undeclared field, or a value of another type.

    evolve: undeclared fields are accepted, other types break the field's rule. freeze: the run is
    rejected. discard_row: the document is quarantined. discard_value: only the value is left out.
    """

    EVOLVE = "evolve"
    FREEZE = "freeze"
    DISCARD_ROW = "discard_row"
    DISCARD_VALUE = "discard_value"


class FieldType(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    LIST = "list"
    LIST_OF_TEXTS = "list of text"
    LIST_OF_INTEGERS = "list of integer"
    LIST_OF_NUMBERS = "list of number"
    LIST_OF_BOOLEANS = "list of boolean"
    LIST_OF_DATES = "list of date"

    @property
    def is_list(self) -> bool:
        """Whether a value is a list, also where it has one entry, or is a text with commas."""
        return self.value.startswith("list")

    @property
    def entry(self) -> "FieldType | None":
        """The type of each value; None where it may be any."""
        kind = self.value.removeprefix("list").removeprefix(" of ")
        return FieldType(kind) if kind else None


class FieldContract(Strict):
    """Rules for a field of a source's documents: a column such as `title`, or a metadata key.

    `type`, `required`, `min`, `max`, `pattern` and `allowed` are checked for each value,
    `max_missing` and `unique` over all documents of the source.
    """

    type: FieldType | None = Field(
        default=None,
        description=(
            "text, integer, number, boolean, date (ISO 8601), list, or list of one of these "
            "(list of text, …): as what `fields` has the value. A text with commas is split only "
            "where a list is declared"
        ),
    )
    required: bool = Field(default=False, description="Every document must have a value")
    min: float | date | None = Field(default=None, description="Minimum value: a number, or a date")
    max: float | date | None = Field(default=None, description="Maximum value: a number, or a date")
    pattern: str | None = Field(
        default=None, description="Regular expression that must match the whole value"
    )
    allowed: tuple[str, ...] = Field(default=(), description="Allowed values; empty: any")
    max_missing: Share | None = Field(
        default=None, description="Maximum share of documents without a value"
    )
    unique: bool = Field(default=False, description="No two documents may have the same value")
    severity: OnBreak = OnBreak.QUARANTINE

    @field_validator("pattern")
    @classmethod
    def _pattern_compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            # Imported here, because parser processes read settings too, and polars starts threads.
            import polars as pl

            try:
                pl.Series(["x"]).str.contains(pattern)
            except pl.exceptions.ComputeError as error:
                raise ValueError(
                    f"{pattern!r} is no regular expression that polars supports (its syntax is "
                    "that of Rust, without look-around)"
                ) from error
        return pattern

    @model_validator(mode="after")
    def _bounds_match_type(self) -> "FieldContract":
        dates = [isinstance(bound, date) for bound in (self.min, self.max) if bound is not None]
        kind = self.type.entry if self.type and self.type.is_list else self.type
        # Otherwise a date would be compared with a text or a number, and every row would fail.
        if any(dates) and kind is not FieldType.DATE:
            raise ValueError("min and max are dates, so the type must be date")
        if kind is FieldType.DATE and not all(dates):
            raise ValueError("min and max of a date are dates, such as 2026-01-31")
        if dates and kind not in (FieldType.DATE, FieldType.NUMBER, FieldType.INTEGER):
            raise ValueError("min and max need the type number, integer or date")
        return self


class SourceContract(Strict):
    """Rules for the documents of a source."""

    fields: dict[str, FieldContract] = Field(
        default_factory=dict,
        description="Rules by field: a column of `documents` or a metadata key",
    )
    on_change: OnChange = OnChange.EVOLVE
    languages: tuple[str, ...] = Field(
        default=(), description="Allowed languages as ISO 639-1 codes; empty: any"
    )
    min_chars: int | None = Field(
        default=None, ge=0, description="Minimum length of a document's text"
    )
    max_chars: int | None = Field(
        default=None, ge=1, description="Maximum length of a document's text"
    )
    max_mb: float | None = Field(
        default=None, gt=0, description="Maximum size of a document's file"
    )
    min_documents: int | None = Field(
        default=None, ge=0, description="Minimum number of published documents"
    )
    max_documents: int | None = Field(
        default=None, ge=0, description="Maximum number of published documents"
    )
    max_age_h: float | None = Field(
        default=None, gt=0, description="Maximum age in hours of the newest document"
    )
    max_quarantine_share: Share | None = Field(
        default=None,
        description=(
            "Maximum share of quarantined documents, also of those that this contract or the "
            "content policy stops; unsupported types do not count. Without it, new documents "
            "that they stop never reject a run"
        ),
    )
    severity: OnBreak = Field(
        default=OnBreak.QUARANTINE,
        description="What happens when a rule here (not that of a field) is broken",
    )
