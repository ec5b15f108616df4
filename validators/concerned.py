"""The documents behind a failed check: which they are, and what is wrong with each.

They are looked up only where a check has failed, by queries that are read in a stream.
"""

from collections.abc import Iterable
from typing import Protocol, TypeAlias

import polars as pl

from vouch.schemas.runs.record import Check, Example
from vouch.validators.row_parts import Rows, collect

Concerned: TypeAlias = pl.LazyFrame
"""A row for each document: its `uri`, a `message` of a few words, and a `rank`, the highest of
which comes first.
"""

SHOWN = 3
"""So many documents are named in a check."""


class HasRows(Protocol):
    """A state of the index, or a part of it: see `vouch.index.publishing.states.State`."""

    @property
    def documents(self) -> Rows: ...

    @property
    def chunks(self) -> Rows: ...


def concerned(rows: Rows, message: pl.Expr | str, rank: pl.Expr | float = 0.0) -> Concerned:
    """Return rows that have `uri` as documents that are behind a check."""
    text = pl.lit(message) if isinstance(message, str) else message
    order = rank if isinstance(rank, pl.Expr) else pl.lit(rank)
    return rows.lazy().select("uri", message=text, rank=order.cast(pl.Float64))


def named(check: Check, behind: Concerned) -> Check:
    """Return the check with the number of the documents behind it, and the first three."""
    number = int(collect(behind.select(pl.len())).item())
    return check.model_copy(update={"concerned": number, "examples": listed(behind, SHOWN)})


def listed(behind: Concerned, most: int | None = None) -> tuple[Example, ...]:
    """Return the documents, those with the highest rank first, then by uri."""
    ordered = behind.sort("rank", "uri", descending=[True, False], nulls_last=True)
    rows = collect(ordered if most is None else ordered.head(most))
    return tuple(
        Example(uri=uri, message=message)
        for uri, message in rows.select("uri", "message").iter_rows()
    )


def first_examples(examples: Iterable[Example]) -> tuple[Example, ...]:
    """Return those of some examples that a check shows: the first three by uri, each once."""
    by_uri: dict[str, Example] = {}
    for example in examples:
        by_uri.setdefault(example.uri, example)
    return tuple(by_uri[uri] for uri in sorted(by_uri)[:SHOWN])


def by_document(state: HasRows, counted: pl.Expr) -> pl.LazyFrame:
    """Count the chunks of each published document (`chunks`), and those of them that are `counted`;
    `document_id`, `uri` and `source` say which document it is.
    """
    counts = (
        state.chunks.lazy()
        .group_by("document_id")
        .agg(chunks=pl.len().cast(pl.Float64), counted=counted.sum().cast(pl.Float64))
    )
    return published(state).select("document_id", "uri", "source").join(counts, on="document_id")


def published(state: HasRows) -> pl.LazyFrame:
    """Return the published documents of a state."""
    return state.documents.lazy().filter(pl.col("status") == "published")


def no_longer_published(before: HasRows, after: HasRows) -> Concerned:
    """Return the documents that were published, and why they would be so no longer."""
    now = after.documents.lazy().select("document_id", "status", "reason")
    gone = published(before).select("document_id", "uri").join(now, on="document_id", how="left")
    gone = gone.filter((pl.col("status") != "published").fill_null(value=True))
    return concerned(gone, what_became_of_it())


def newly_published(before: HasRows, after: HasRows) -> Concerned:
    """Return the documents that were not published before."""
    earlier = published(before).select("document_id")
    return concerned(published(after).join(earlier, on="document_id", how="anti"), "new")


def what_became_of_it() -> pl.Expr:
    """Return in words, of a document's `status` and `reason` now, why it is not published."""
    return (
        pl.when(pl.col("status") == "quarantined")
        .then(pl.format("in quarantine: {}", in_words("reason")))
        .when(pl.col("status") == "filtered")
        .then(pl.format("filtered: {}", in_words("reason")))
        .otherwise(pl.lit("no longer listed"))
    )


def in_words(column: str) -> pl.Expr:
    """Return a stored code, such as a reason, as people read it."""
    return pl.col(column).str.replace_all("_", " ").fill_null("no reason is stored")
