"""Name the documents that contribute most to a drift.

Each figure has a measure of a document: a part of it with the property that the figure is about, a
size, or a mean. Behind a drift are the documents whose measure moved as the figure did; where none
did, those that changed the rest, such as documents that are gone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from vouch.schemas.runs.record import Drift
from vouch.validators.batch.corpus_concerned import repeated, share_of_chunks
from vouch.validators.concerned import (
    Concerned,
    HasRows,
    by_document,
    concerned,
    in_words,
    newly_published,
    no_longer_published,
    published,
)
from vouch.validators.drift.drift_metrics import missing_key
from vouch.validators.quarantine import IN_QUARANTINE, is_stopped
from vouch.validators.row_parts import Rows, collect

_ID = "document_id"
# Names whose share rose at least half as much as that of the one that rose most.
_MUCH = 0.5


@dataclass(frozen=True, slots=True)
class _Measure:
    """A measure of documents.

    Attributes:
        rows: Of each document of a state `document_id`, `uri`, `value`, and `text`, which is the
            value in words; of a share also `rest`, which with the value makes the whole.
        kind: What the figure is of the values.
    """

    rows: Callable[[HasRows], pl.LazyFrame]
    kind: Literal["share", "mean", "sum"] = "share"


def contributions(
    drift: Drift, before: HasRows, after: HasRows, boilerplate: frozenset[str]
) -> Concerned | None:
    """Return the documents behind a drift between two states of its scope, largest share first.

    `after` is the whole state, or only what the run brings, as the drift's part says. None where
    the figure is measured on samples of texts and vectors.
    """
    if drift.figure == "documents":
        fewer = collect(published(after).select(pl.len())).item() < (
            collect(published(before).select(pl.len())).item()
        )
        return (no_longer_published if fewer else newly_published)(before, after)
    measure = _measure(drift, before, after, boilerplate)
    if measure is None:
        return None
    return _moved(measure, before, after, only_new=drift.part == "arrivals")


def _measure(
    drift: Drift, before: HasRows, after: HasRows, boilerplate: frozenset[str]
) -> _Measure | None:
    title, depth, language = pl.col("title"), pl.col("heading_depth"), pl.col("language")
    flags, text = pl.col("flags"), pl.col("text_sha256")
    hashes = pl.Series(sorted(boilerplate), dtype=pl.String).implode()
    key = missing_key(drift)
    keys = pl.col("metadata").list.eval(pl.element().struct.field("key"))
    measures: Mapping[str, Callable[[], _Measure]] = {
        "chunks": lambda: _Measure(_chunk_counts, "sum"),
        "chunk_tokens": lambda: _chunk_mean("token_count", "tokens a chunk"),
        "heading_depth": lambda: _chunk_mean("heading_depth", "headings above a chunk"),
        "document_chars": lambda: _Measure(_lengths, "mean"),
        "languages": lambda: _languages(before, after),
        "formats": lambda: _among(before, after, "media_type"),
        "sources": lambda: _among(before, after, "source"),
        "untitled": lambda: _documents(title.is_null(), "no title", "a title"),
        "missing": lambda: _documents(~keys.list.contains(key), f"no {key}", f"with {key}"),
        "without_heading": lambda: _chunks(depth == 0, "without a heading"),
        "unknown_language": lambda: _chunks(language.is_null(), "in no detected language"),
        "repeated": lambda: _Measure(_repeated),
        "boilerplate": lambda: _chunks(text.is_in(hashes), "that many documents have"),
        "garbled": lambda: _chunks(flags.list.contains("garbled"), "that look wrongly decoded"),
        "flagged": lambda: _chunks(
            flags.list.set_difference(["garbled"]).list.len() > 0, "flagged by the policy"
        ),
        "quarantined": lambda: _Measure(_quarantined),
        "left_out": lambda: _Measure(_left_out),
    }
    find = measures.get(drift.figure)
    return find() if find else None


def _moved(measure: _Measure, before: HasRows, after: HasRows, *, only_new: bool) -> Concerned:
    """Return the documents whose value moved as the figure did, by how far it moved."""
    old, new = measure.rows(before), measure.rows(after)
    old_figure, new_figure = (_figure(side, measure.kind) for side in (old, new))
    sign = 1.0 if new_figure >= old_figure else -1.0
    if only_new:
        old = old.join(new.select(_ID), on=_ID, how="semi")
    both = old.join(new, on=_ID, how="full", coalesce=True, suffix="_now")
    both = both.with_columns(uri=pl.coalesce("uri_now", "uri"))
    # What comes or goes moves a mean by its distance from it.
    unit = old_figure if measure.kind == "mean" else 0.0
    change = sign * (pl.col("value_now").fill_null(unit) - pl.col("value").fill_null(unit))
    changes = [change]
    if measure.kind == "share":
        changes.append(-sign * (pl.col("rest_now").fill_null(0) - pl.col("rest").fill_null(0)))
        # Nothing moved: the run brings documents that were so before.
        changes.append(pl.col("value_now" if sign > 0 else "rest_now").fill_null(0))
    for moved in changes:
        documents = both.filter(moved > 0)
        if collect(documents.select(pl.len())).item():
            return concerned(documents, _in_words(), moved)
    return concerned(both.filter(change > 0), _in_words(), change)


def _figure(rows: pl.LazyFrame, kind: str) -> float:
    value = pl.col("value")
    whole = value + pl.col("rest") if kind == "share" else value
    sums = rows.select(value.sum(), number=pl.len(), whole=whole.sum())
    total, number, sum_of_all = map(float, collect(sums).row(0))
    return total / {"sum": 1.0, "mean": number or 1.0, "share": sum_of_all or 1.0}[kind]


def _in_words() -> pl.Expr:
    """Return what a document is now, and what it was before where that differs."""
    now, before = pl.col("text_now"), pl.col("text")
    return (
        pl.when(now.is_null())
        .then(pl.format("no longer published, before: {}", before))
        .when(before.is_null())
        .then(pl.format("{}, new", now))
        .when(now == before)
        .then(now)
        .otherwise(pl.format("{}, before: {}", now, before))
    )


def _measured(
    rows: pl.LazyFrame, value: pl.Expr, text: pl.Expr, rest: pl.Expr | None = None
) -> pl.LazyFrame:
    parts = {"value": value.cast(pl.Float64), "text": text}
    if rest is not None:
        parts["rest"] = rest.cast(pl.Float64)
    return rows.select(_ID, "uri", **parts)


def _chunks(counted: pl.Expr, phrase: str) -> _Measure:
    """Return the measure of a share of chunks."""
    rest = pl.col("chunks") - pl.col("counted")
    return _Measure(
        lambda state: _measured(
            by_document(state, counted), pl.col("counted"), share_of_chunks(phrase), rest
        )
    )


def _documents(has: pl.Expr, yes: str, no: str) -> _Measure:
    """Return the measure of a share of published documents."""
    text = pl.when(has).then(pl.lit(yes)).otherwise(pl.lit(no))
    return _Measure(lambda state: _measured(published(state), has, text, ~has))


def _chunk_mean(column: str, unit: str) -> _Measure:
    def rows(state: HasRows) -> pl.LazyFrame:
        mean = by_document(state, pl.col(column)).with_columns(
            mean=pl.col("counted") / pl.col("chunks")
        )
        return _measured(mean, pl.col("mean"), _number("mean", unit))

    return _Measure(rows, "mean")


def _number(column: str, unit: str) -> pl.Expr:
    return pl.format("{} {}", pl.col(column).round(1), pl.lit(unit))


def _chunk_counts(state: HasRows) -> pl.LazyFrame:
    chunks = pl.col("chunks").cast(pl.Int64)
    return _measured(by_document(state, pl.lit(0)), chunks, pl.format("{} chunks", chunks))


def _lengths(state: HasRows) -> pl.LazyFrame:
    chars = pl.col("char_count")
    return _measured(published(state), chars, pl.format("{} characters", chars))


def _repeated(state: HasRows) -> pl.LazyFrame:
    again = pl.col("text_sha256").is_in(repeated(state.chunks, "text_sha256").implode())
    return _chunks(again, "with a text that is there twice").rows(state)


def _quarantined(state: HasRows) -> pl.LazyFrame:
    processed = state.documents.lazy().filter(pl.col("status") != "filtered").filter(~is_stopped())
    text = pl.when(IN_QUARANTINE).then(pl.format("in quarantine: {}", in_words("reason")))
    return _measured(processed, IN_QUARANTINE, text.otherwise(pl.lit("published")), ~IN_QUARANTINE)


def _left_out(state: HasRows) -> pl.LazyFrame:
    left_out, read = pl.col("left_out_chars"), pl.col("read_chars")
    share = (100 * left_out / read).round(1)
    text = pl.format("{} % of its characters not searched", share)
    return _measured(published(state).filter(read > 0), left_out, text, read - left_out)


def _languages(before: HasRows, after: HasRows) -> _Measure:
    risen = _risen(before.chunks, after.chunks, "language")
    return _chunks(pl.col("language").is_in(risen), f"in {', '.join(risen)}")


def _among(before: HasRows, after: HasRows, column: str) -> _Measure:
    """Return the measure of being among the names of which there are more now."""
    risen = _risen(published(before), published(after), column)
    has = pl.col(column).is_in(risen).fill_null(value=False)
    return _Measure(lambda state: _measured(published(state), has, pl.col(column), ~has))


def _risen(before: Rows, after: Rows, column: str) -> list[str]:
    """Return the names whose share rose most, in alphabetical order."""
    old, new = (_shares(rows, column) for rows in (before, after))
    rises = {name: share - old.get(name, 0.0) for name, share in new.items()}
    most = max(rises.values(), default=0.0)
    return sorted(name for name, rise in rises.items() if 0 < rise >= _MUCH * most)


def _shares(rows: Rows, column: str) -> dict[str, float]:
    counts = collect(rows.lazy().select(column).drop_nulls().group_by(column).len())
    whole = counts["len"].sum()
    return {str(name): number / whole for name, number in counts.iter_rows()}
