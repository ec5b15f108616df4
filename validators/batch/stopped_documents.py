"""Documents that a contract or the content policy put into quarantine: a warning, and no drift."""

from typing import TypeAlias

import polars as pl

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Outcome, Severity
from vouch.validators.concerned import Concerned, HasRows, concerned, named, published
from vouch.validators.quarantine import IN_QUARANTINE, is_stopped_or_lost
from vouch.validators.row_parts import collect

_SHOWN = 3
_RULE = r"^(.*?)(?:, but is |: |$)"
_VALUE = r", but is '([^']*)'"
_LANGUAGE = "language is one of "

Counts: TypeAlias = list[tuple[str, int]]


def newly_stopped(before: HasRows, arrivals: HasRows, rejects: pl.DataFrame) -> pl.LazyFrame:
    """Return the documents of a run that a rule stopped and that were not in quarantine before, so
    that a run warns of each of them once.

    `rejects` has `document_id` and `message` of what the run put into quarantine. The columns are
    `source`, `uri`, `message`, and `was_published`.
    """
    in_quarantine = before.documents.lazy().filter(IN_QUARANTINE).select("document_id")
    first = rejects.unique("document_id", keep="first", maintain_order=True).lazy()
    earlier = published(before).select("document_id", was_published=pl.lit(value=True))
    return (
        arrivals.documents.lazy()
        .filter(is_stopped_or_lost())
        .join(in_quarantine, on="document_id", how="anti")
        .join(first.select("document_id", "message"), on="document_id", how="left")
        .join(earlier, on="document_id", how="left")
        .select(
            "source",
            "uri",
            pl.col("message").fill_null(pl.format("stopped by the {}", "reason")),
            pl.col("was_published").fill_null(value=False),
        )
    )


def stopped_concerned(stopped: pl.LazyFrame, source: str) -> Concerned:
    """Return the documents of one source that were stopped, with what the rule said."""
    return concerned(stopped.filter(pl.col("source") == source), pl.col("message"))


def stopped_checks(stopped: pl.LazyFrame) -> list[Check]:
    """Return a check for each source of which a rule stopped documents."""
    rules = stopped.with_columns(
        rule=pl.col("message").str.extract(_RULE),
        value=pl.when(pl.col("message").str.starts_with(_LANGUAGE)).then(
            pl.col("message").str.extract(_VALUE)
        ),
    )
    counts = collect(
        rules.group_by("source", "rule", "value").agg(pl.len(), pl.col("was_published").sum())
    )
    return [
        named(_check(source, counts.filter(pl.col("source") == source)),
              stopped_concerned(stopped, source))
        for source in sorted(counts["source"].unique())
    ]  # fmt: skip


def _check(source: str, counts: pl.DataFrame) -> Check:
    number, gone = int(counts["len"].sum()), int(counts["was_published"].sum())
    by_rule = _counts(counts, "rule")
    rules = "; ".join(
        f"{rule}: {count:,}{_languages(counts.filter(pl.col('rule') == rule))}"
        for rule, count in by_rule[:_SHOWN]
    )
    unnamed = f"; {len(by_rule) - _SHOWN} more rules" if len(by_rule) > _SHOWN else ""
    lost = f". {gone:,} of them were published until now" if gone else ""
    return Check(
        id=CheckId.CONTRACT_REJECTS,
        name=f"{source}: stopped by contract or policy",
        scope=source,
        owner="vouch",
        severity=Severity.WARN,
        outcome=Outcome.FAILED,
        figure=number,
        threshold=0,
        message=f"{number:,} documents of this run are in quarantine: {rules}{unnamed}{lost}",
    )


def _languages(counts: pl.DataFrame) -> str:
    languages = _counts(counts.filter(pl.col("value").is_not_null()), "value")[:_SHOWN]
    return f" ({', '.join(f'{name} {count:,}' for name, count in languages)})" if languages else ""


def _counts(counts: pl.DataFrame, column: str) -> Counts:
    """Return the numbers of documents by a column's values, the most frequent first."""
    sums = counts.group_by(column).agg(pl.col("len").sum())
    ordered = sums.sort("len", column, descending=[True, False])
    return [(str(name), int(count)) for name, count in ordered.iter_rows()]
