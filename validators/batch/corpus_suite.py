"""Check a candidate as a whole: Great Expectations owns what is true of the data set."""

from typing import TypeAlias

import polars as pl

from vouch.schemas.check_ids import CheckId
from vouch.schemas.records import Reason
from vouch.schemas.run import Severity
from vouch.schemas.settings import BatchContract
from vouch.validators.batch.expectations import Rule, SuiteResult, run_rules

# These rejects say nothing of the documents' quality: this machine cannot read them, and each
# reason names what is missing.
NOT_READABLE = (Reason.UNSUPPORTED_TYPE, Reason.NEEDS_LIBREOFFICE, Reason.NEEDS_OCR)

QUARANTINED = {"column": "outcome", "value_set": ["quarantined"]}
"""Arguments of `ColumnValuesToNotBeInSet` for a quarantine share."""

_ID: TypeAlias = CheckId


def run_suite(
    documents: pl.DataFrame,
    chunks: pl.DataFrame,
    contract: BatchContract,
    embedding_fingerprint: str,
) -> SuiteResult:
    """Check all documents and chunks of a `vouch.index.publishing.candidate.Candidate`."""
    rules = corpus_rules(contract, embedding_fingerprint)
    return SuiteResult.concat(
        run_rules(scope, frame, [rule for rule in rules if rule.scope == scope])
        for scope, frame in _frames(documents, chunks).items()
    )


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
             contract.warn_untitled_share, "ColumnValuesToNotBeNull", {"column": "title"}),
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


def is_readable() -> pl.Expr:
    """Return an expression over `reason`: false where this machine lacks the document's reader."""
    reasons = [str(reason) for reason in NOT_READABLE]
    return ~pl.col("reason").is_in(reasons).fill_null(value=False)


def _frames(documents: pl.DataFrame, chunks: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the frames of the rules by scope, with the columns that join the two tables."""
    outcome = pl.when(is_readable()).then("status").otherwise(pl.lit("not readable"))
    counts = chunks.group_by("document_id").agg(pl.len().cast(pl.Int32).alias("chunks"))
    published = documents.filter(pl.col("status") == "published")
    status = documents.select("document_id", pl.col("status").alias("document_status"))
    return {
        "documents": documents.filter(pl.col("status") != "filtered").select(
            "document_id", outcome=outcome
        ),
        "published": published.join(counts, on="document_id", how="left")
        .with_columns(pl.col("chunks").fill_null(0))
        .select("title", "chunk_count", "chunks"),
        "chunks": chunks.join(status.unique("document_id"), on="document_id", how="left").select(
            "chunk_id",
            "embedding_fingerprint",
            "text_sha256",
            "language",
            pl.col("document_status").fill_null("missing"),
        ),
    }
