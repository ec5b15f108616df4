"""Check a candidate as a whole: Great Expectations owns what is true of the data set."""

from typing import TypeAlias

import polars as pl

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Severity
from vouch.schemas.settings.contracts import BatchContract
from vouch.validators.batch.expectations import Rule, Suite, SuiteResult
from vouch.validators.batch.titles import lacks_title
from vouch.validators.quarantine import is_readable, is_stopped
from vouch.validators.row_parts import Rows, part_count, parts_by

QUARANTINED = {"column": "outcome", "value_set": ["quarantined"]}
"""Arguments of `ColumnValuesToNotBeInSet` for a quarantine share."""

_DOCUMENT_COLUMNS = ("document_id", "status", "reason", "media_type", "title", "chunk_count")
_CHUNK_COLUMNS = ("document_id", "embedding_fingerprint", "language")
_ID: TypeAlias = CheckId


def run_suite(
    documents: Rows,
    chunks: Rows,
    contract: BatchContract,
    embedding_fingerprint: str,
) -> SuiteResult:
    """Check all documents and chunks of a `vouch.index.publishing.candidate.Candidate`.

    Few are in memory together: those of some documents, and for a rule that compares rows with each
    other those with some values.
    """
    rules = corpus_rules(contract, embedding_fingerprint)
    scopes = {"documents": documents, "published": documents, "chunks": chunks}
    suites = {
        scope: Suite(scope, [rule for rule in rules if rule.scope == scope]) for scope in scopes
    }
    parts = part_count(documents, chunks)
    pairs = zip(
        parts_by(documents, "document_id", _DOCUMENT_COLUMNS, parts),
        parts_by(chunks, "document_id", _CHUNK_COLUMNS, parts),
        strict=True,
    )
    for some_documents, some_chunks in pairs:
        for scope, frame in _frames(some_documents, some_chunks).items():
            suites[scope].validate(frame, [rule for rule in suites[scope].rules if not rule.key])
    for scope, rows in scopes.items():
        if scope == "documents":
            rows = rows.filter(pl.col("status") != "filtered")
        for rule in suites[scope].rules:
            if rule.key:
                for frame in parts_by(rows, rule.key, [rule.key], parts):
                    suites[scope].validate(frame, [rule])
    return SuiteResult.concat(suite.result for suite in suites.values())


def corpus_rules(contract: BatchContract, embedding_fingerprint: str) -> tuple[Rule, ...]:
    """Return the rules of the data set: id, name, frame, severity, threshold, expectation."""
    reject, warn = Severity.REJECT, Severity.WARN
    least = contract.min_documents
    return (
        Rule(_ID.DOCUMENT_ID_UNIQUE, "unique document ids", "documents", reject, 0,
             "ColumnValuesToBeUnique", {"column": "document_id"}),
        Rule(_ID.QUARANTINE_SHARE, "quarantine share", "documents", reject,
             contract.max_quarantine_share, "ColumnValuesToNotBeInSet", QUARANTINED),
        Rule(_ID.QUARANTINE_SHARE_WARN, "quarantine share (warn)", "documents", warn,
             contract.warn_quarantine_share, "ColumnValuesToNotBeInSet", QUARANTINED),
        Rule(_ID.PUBLISHED_DOCUMENTS, "published documents", "published", reject, least,
             "TableRowCountToBeBetween", {"min_value": least}),
        Rule(_ID.CHUNK_COUNT, "chunk count of each document", "published", reject, 0,
             "ColumnPairValuesToBeEqual", {"column_A": "chunk_count", "column_B": "chunks"}),
        Rule(_ID.UNTITLED_SHARE, "untitled share", "published", warn,
             contract.warn_untitled_share, "ColumnValuesToNotBeNull", {"column": "titled"}),
        Rule(_ID.CHUNK_ID_UNIQUE, "unique chunk ids", "chunks", reject, 0,
             "ColumnValuesToBeUnique", {"column": "chunk_id"}),
        Rule(_ID.CHUNK_HAS_DOCUMENT, "published document of each chunk", "chunks", reject, 0,
             "ColumnValuesToBeInSet", {"column": "document_status", "value_set": ["published"]}),
        Rule(_ID.SINGLE_GENERATION, "single embedding generation", "chunks", reject, 0,
             "ColumnValuesToBeInSet",
             {"column": "embedding_fingerprint", "value_set": [embedding_fingerprint]}),
        Rule(_ID.REPEATED_TEXT_SHARE, "repeated text share", "chunks", warn,
             contract.warn_duplicate_share, "ColumnValuesToBeUnique", {"column": "text_sha256"}),
        Rule(_ID.UNKNOWN_LANGUAGE_SHARE, "unknown language share", "chunks", warn,
             contract.warn_unknown_language_share, "ColumnValuesToNotBeNull",
             {"column": "language"}),
    )  # fmt: skip


def _outcome() -> pl.Expr:
    """Return an expression: what became of a document, as the quarantine share counts it.

    What a contract or the policy stopped does not count: that is what they are for. A source's own
    contract may limit how much of it there may be.
    """
    return (
        pl.when(~is_readable())
        .then(pl.lit("not readable"))
        .when(is_stopped())
        .then(pl.lit("stopped"))
        .otherwise("status")
    )


def _frames(documents: pl.DataFrame, chunks: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the rows by scope, with the columns that join the two tables.

    `documents` are some of them, `chunks` all of theirs, and those of documents that there are not.
    """
    counts = chunks.group_by("document_id").agg(pl.len().cast(pl.Int32).alias("chunks"))
    published = documents.filter(pl.col("status") == "published")
    status = documents.select("document_id", pl.col("status").alias("document_status"))
    return {
        "documents": documents.filter(pl.col("status") != "filtered").select(outcome=_outcome()),
        "published": published.join(counts, on="document_id", how="left")
        .with_columns(pl.col("chunks").fill_null(0), titled=pl.when(~lacks_title()).then(True))
        .select("titled", "chunk_count", "chunks"),
        "chunks": chunks.join(status.unique("document_id"), on="document_id", how="left").select(
            "embedding_fingerprint",
            "language",
            pl.col("document_status").fill_null("missing"),
        ),
    }
