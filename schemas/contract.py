"""What a source promises: one declaration, from which the rules of a row (Pandera) and those of the data set (Great
Expectations) are made.
"""

from datetime import date
from enum import StrEnum

from pydantic import Field, field_validator, model_validator

from vouch.schemas.strict import Share, Strict


class OnBreak(StrEnum):
    """What follows when a rule is broken. A rule of the data set cannot name rows: there, `quarantine` blocks."""

    WARN = "warn"
    QUARANTINE = "quarantine"
    BLOCK = "block"


class OnChange(StrEnum):
    """What follows when a document has a field that the contract does not name, or a value of another type.

    evolve: unknown fields are taken, other types break the field's rule. freeze: the run is blocked. discard_row: the document
    is quarantined. discard_value: the value is left out, the rest goes on.
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


class FieldContract(Strict):
    """Of one field of a source's documents: a column such as `title`, or a key of their metadata.

    `type` to `allowed` must hold for each value, `max_missing` and `unique` for all together.
    """

    type: FieldType | None = Field(
        default=None, description="text, integer, number, boolean or date (ISO 8601)"
    )
    required: bool = Field(default=False, description="No document may be without it")
    min: float | date | None = Field(
        default=None, description="The least value: a number, or a date"
    )
    max: float | date | None = Field(
        default=None, description="The greatest value: a number, or a date"
    )
    pattern: str | None = Field(
        default=None, description="A regular expression that the whole value matches"
    )
    allowed: tuple[str, ...] = Field(
        default=(), description="The values that it may have; empty allows all"
    )
    max_missing: Share | None = Field(
        default=None, description="Most documents, as a share, that may be without it"
    )
    unique: bool = Field(default=False, description="No two documents may have the same value")
    severity: OnBreak = OnBreak.QUARANTINE

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            # Not at the top: whoever reads settings would load it, parser processes too, and it brings threads.
            import polars as pl

            try:
                pl.Series(["x"]).str.contains(pattern)
            except pl.exceptions.ComputeError as error:
                raise ValueError(
                    f"{pattern!r} is no regular expression that polars knows (Rust's: no look-around)"
                ) from error
        return pattern

    @model_validator(mode="after")
    def _bounds_fit(self) -> "FieldContract":
        dates = [isinstance(bound, date) for bound in (self.min, self.max) if bound is not None]
        if any(dates) and self.type is not FieldType.DATE:
            raise ValueError("min and max are dates where the type is date")
        if self.type is FieldType.DATE and not all(dates):
            raise ValueError("min and max of a date are dates, such as 2026-01-31")
        if dates and self.type not in (FieldType.DATE, FieldType.NUMBER, FieldType.INTEGER):
            raise ValueError("min and max need the type number, integer or date")
        return self


class SourceContract(Strict):
    """What must hold for the documents of one source."""

    fields: dict[str, FieldContract] = Field(
        default_factory=dict, description="By column of `documents` or metadata key"
    )
    on_change: OnChange = OnChange.EVOLVE
    languages: tuple[str, ...] = Field(
        default=(), description="ISO 639-1 codes that a document may be in; empty allows all"
    )
    min_chars: int | None = Field(
        default=None, ge=0, description="Least length of a document's text"
    )
    max_chars: int | None = Field(
        default=None, ge=1, description="Greatest length of a document's text"
    )
    max_mb: float | None = Field(
        default=None, gt=0, description="Greatest size of a document's file"
    )
    min_documents: int | None = Field(
        default=None, ge=0, description="Fewest documents that may be published"
    )
    max_documents: int | None = Field(
        default=None, ge=0, description="Most documents that may be published"
    )
    max_age_h: float | None = Field(
        default=None, gt=0, description="The newest document may be this many hours old"
    )
    max_quarantine_share: Share | None = Field(
        default=None, description="Of its documents, unsupported types not counted"
    )
    severity: OnBreak = Field(
        default=OnBreak.QUARANTINE, description="Of the rules that are no field's"
    )
