"""The documents behind a failed check of a source's contract as a whole."""

from collections.abc import Callable

import polars as pl

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check
from vouch.schemas.settings.source_contract import SourceContract
from vouch.validators.batch.corpus_concerned import quarantined, repeated
from vouch.validators.concerned import (
    SHOWN,
    Concerned,
    HasRows,
    concerned,
    newly_published,
    no_longer_published,
    published,
)
from vouch.validators.rows.source_contract import field_column, fields_of


def source_concerned(
    check: Check, before: HasRows, after: HasRows, contract: SourceContract
) -> Concerned | None:
    """Return the documents behind a failed check of `vouch.validators.batch.source_suite`; None for
    another check. `before` and `after` are the states of the source.
    """
    field = check.subject
    finders: dict[CheckId, Callable[[], Concerned]] = {
        CheckId.FIELD_MISSING_SHARE: lambda: _missing(after, contract, field),
        CheckId.FIELD_UNIQUE: lambda: _same_value(after, contract, field),
        CheckId.SOURCE_DOCUMENTS: lambda: _counted(check, before, after, contract),
        CheckId.SOURCE_AGE: lambda: _newest(after),
        CheckId.SOURCE_QUARANTINE_SHARE: lambda: quarantined(after.documents),
    }
    if check.id in (CheckId.FIELD_MISSING_SHARE, CheckId.FIELD_UNIQUE) and (
        field not in contract.fields
    ):
        return None
    finder = finders.get(check.id)
    return finder() if finder else None


def _missing(after: HasRows, contract: SourceContract, field: str) -> Concerned:
    values = published(after).select("uri", *fields_of(contract))
    return concerned(values.filter(pl.col(field_column(field)).is_null()), f"no {field}")


def _same_value(after: HasRows, contract: SourceContract, field: str) -> Concerned:
    column = field_column(field)
    values = published(after).select("uri", *fields_of(contract))
    twice = values.filter(pl.col(column).is_in(repeated(values, column).implode()))
    value = pl.col(column).str.slice(0, 80)
    return concerned(
        twice, pl.format("{} {} is also that of another document", pl.lit(field), value)
    )


def _counted(check: Check, before: HasRows, after: HasRows, contract: SourceContract) -> Concerned:
    """Return what came, where there are too many documents; what went, where there are too few."""
    most = contract.max_documents
    if most is not None and check.figure is not None and check.figure > most:
        return newly_published(before, after)
    return no_longer_published(before, after)


def _newest(after: HasRows) -> Concerned:
    """Return the newest few documents: all others are older."""
    time = pl.col("source_modified_at")
    dated = published(after).filter(time.is_not_null()).top_k(SHOWN, by=time)
    message = pl.format("modified {}", time.dt.strftime("%Y-%m-%d %H:%M UTC"))
    return concerned(dated, message, time.dt.timestamp("ms"))
