"""The documents behind a failed check of the corpus."""

from collections.abc import Callable

import polars as pl

from vouch.schemas.runs.check_ids import CheckId
from vouch.validators.batch.titles import lacks_title
from vouch.validators.concerned import (
    Concerned,
    HasRows,
    by_document,
    concerned,
    in_words,
    no_longer_published,
    published,
)
from vouch.validators.quarantine import IN_QUARANTINE, is_readable, is_stopped
from vouch.validators.row_parts import Rows, part_count, parts_by


def corpus_concerned(
    check_id: CheckId, before: HasRows, after: HasRows, embedding_fingerprint: str
) -> Concerned | None:
    """Return the documents behind a failed check of `vouch.validators.batch.corpus_suite`; None for
    another check.
    """
    finders: dict[CheckId, Callable[[], Concerned]] = {
        CheckId.DOCUMENT_ID_UNIQUE: lambda: _same_id(after),
        CheckId.QUARANTINE_SHARE: lambda: quarantined(_not_stopped(after)),
        CheckId.QUARANTINE_SHARE_WARN: lambda: quarantined(_not_stopped(after)),
        CheckId.PUBLISHED_DOCUMENTS: lambda: no_longer_published(before, after),
        CheckId.CHUNK_COUNT: lambda: _other_count(after),
        CheckId.UNTITLED_SHARE: lambda: _untitled(after),
        CheckId.CHUNK_ID_UNIQUE: lambda: _of_chunks(
            after, _repeats(after.chunks, "chunk_id"), "share their id with another"
        ),
        CheckId.CHUNK_HAS_DOCUMENT: lambda: _without_document(after),
        CheckId.SINGLE_GENERATION: lambda: _of_chunks(
            after, pl.col("embedding_fingerprint") != embedding_fingerprint, "are of another model"
        ),
        CheckId.REPEATED_TEXT_SHARE: lambda: _of_chunks(
            after, _repeats(after.chunks, "text_sha256"), "have a text that is there twice"
        ),
        CheckId.UNKNOWN_LANGUAGE_SHARE: lambda: _of_chunks(
            after, pl.col("language").is_null(), "have no detected language"
        ),
    }
    finder = finders.get(check_id)
    return finder() if finder else None


def quarantined(documents: Rows) -> Concerned:
    """Return the documents in quarantine, except those that this machine cannot read."""
    rejects = documents.lazy().filter(IN_QUARANTINE & is_readable())
    return concerned(rejects, pl.format("in quarantine: {}", in_words("reason")))


def repeated(rows: Rows, column: str) -> pl.Series:
    """Return the values that several rows have: rows with some of the values at a time."""
    parts = [
        part.drop_nulls().group_by(column).len().filter(pl.col("len") > 1)[column]
        for part in parts_by(rows, column, [column], part_count(rows))
    ]
    return pl.concat(parts)


def _not_stopped(after: HasRows) -> pl.LazyFrame:
    return after.documents.lazy().filter(~is_stopped())


def _repeats(rows: Rows, column: str) -> pl.Expr:
    return pl.col(column).is_in(repeated(rows, column).implode())


def _same_id(after: HasRows) -> Concerned:
    message = pl.format("its id {} is that of another document", "document_id")
    return concerned(
        after.documents.lazy().filter(_repeats(after.documents, "document_id")), message
    )


def _other_count(after: HasRows) -> Concerned:
    counts = after.chunks.lazy().group_by("document_id").agg(chunks=pl.len().cast(pl.Int32))
    joined = published(after).join(counts, on="document_id", how="left")
    joined = joined.with_columns(pl.col("chunks").fill_null(0))
    message = pl.format("counts {} chunks, has {}", "chunk_count", "chunks")
    return concerned(joined.filter(pl.col("chunk_count") != pl.col("chunks")), message)


def _untitled(after: HasRows) -> Concerned:
    return concerned(published(after).filter(lacks_title()), "no title")


def _of_chunks(after: HasRows, counted: pl.Expr, phrase: str) -> Concerned:
    rows = by_document(after, counted).filter(pl.col("counted") > 0)
    return concerned(rows, share_of_chunks(phrase), pl.col("counted"))


def share_of_chunks(phrase: str) -> pl.Expr:
    """Return in words how many of a document's `chunks` are `counted`."""
    counts = (pl.col(name).cast(pl.Int64) for name in ("counted", "chunks"))
    return pl.format("{} of {} chunks {}", *counts, pl.lit(phrase))


def _without_document(after: HasRows) -> Concerned:
    owners = published(after).select("document_id")
    orphans = after.chunks.lazy().join(owners, on="document_id", how="anti")
    counts = orphans.group_by("document_id").agg(chunks=pl.len())
    named = after.documents.lazy().select("document_id", "uri")
    named = counts.join(named, on="document_id", how="left")
    uri = pl.coalesce("uri", pl.format("document {}", "document_id"))
    message = pl.format("{} chunks of a document that is not published", "chunks")
    return concerned(named.with_columns(uri=uri), message, pl.col("chunks"))
