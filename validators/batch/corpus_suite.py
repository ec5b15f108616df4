"""The audit of a candidate as a whole: Great Expectations owns what is true of the data set, once a run."""

import polars as pl

from vouch.schemas.records import Reason
from vouch.schemas.run import Severity
from vouch.schemas.settings import BatchContract
from vouch.validators.batch.expectations import Audited, Rule, run_rules, share_rule

# Not a fault of the documents' quality: nobody can read these here, and each says what is missing.
NOT_READABLE = (Reason.UNSUPPORTED_TYPE, Reason.NEEDS_LIBREOFFICE, Reason.NEEDS_OCR)


def run_suite(
    documents: pl.DataFrame,
    chunks: pl.DataFrame,
    contract: BatchContract,
    embedding_fingerprint: str,
) -> Audited:
    """Each rule over all candidate documents and chunks (`vouch.index.publishing.candidate.Candidate`)."""
    every = rules(contract, embedding_fingerprint)
    frames = _frames(documents, chunks)
    return Audited.all_of(
        run_rules(scope, frame, [rule for rule in every if rule.scope == scope])
        for scope, frame in frames.items()
    )


def rules(contract: BatchContract, embedding_fingerprint: str) -> tuple[Rule, ...]:
    """What must be true of the data set."""
    import great_expectations.expectations as gxe

    reject, warn = Severity.REJECT, Severity.WARN
    most, some = contract.max_quarantine_share, contract.warn_quarantine_share
    untitled, unknown = contract.warn_untitled_share, contract.warn_unknown_language_share
    repeated = contract.warn_duplicate_share
    generation = [embedding_fingerprint]
    return (
        Rule(
            "document ids are unique",
            "documents",
            reject,
            0,
            gxe.ExpectColumnValuesToBeUnique(column="document_id"),
        ),
        Rule(
            "quarantined share",
            "documents",
            reject,
            most,
            share_rule("outcome", ["quarantined"], most),
        ),
        Rule(
            "quarantined share to look at",
            "documents",
            warn,
            some,
            share_rule("outcome", ["quarantined"], some),
        ),
        Rule(
            "published documents",
            "published",
            reject,
            contract.min_documents,
            gxe.ExpectTableRowCountToBeBetween(min_value=contract.min_documents),
        ),
        Rule(
            "every document has the chunks that it counts",
            "published",
            reject,
            0,
            gxe.ExpectColumnPairValuesToBeEqual(column_A="chunk_count", column_B="chunks_held"),
        ),
        Rule(
            "untitled share",
            "published",
            warn,
            untitled,
            gxe.ExpectColumnValuesToNotBeNull(column="title", mostly=1 - untitled),
        ),
        Rule(
            "chunk ids are unique",
            "chunks",
            reject,
            0,
            gxe.ExpectColumnValuesToBeUnique(column="chunk_id"),
        ),
        Rule(
            "every chunk belongs to a published document",
            "chunks",
            reject,
            0,
            gxe.ExpectColumnValuesToBeInSet(column="document_status", value_set=["published"]),
        ),
        Rule(
            "all chunks are of one generation",
            "chunks",
            reject,
            0,
            gxe.ExpectColumnValuesToBeInSet(column="embedding_fingerprint", value_set=generation),
        ),
        Rule(
            "share of repeated texts",
            "chunks",
            warn,
            repeated,
            gxe.ExpectColumnValuesToBeUnique(column="text_sha256", mostly=1 - repeated),
        ),
        Rule(
            "share of unknown language",
            "chunks",
            warn,
            unknown,
            gxe.ExpectColumnValuesToNotBeNull(column="language", mostly=1 - unknown),
        ),
    )


def _frames(documents: pl.DataFrame, chunks: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """What the rules look at: the candidate's columns, and those that join the two tables."""
    readable = ~pl.col("reason").is_in([str(reason) for reason in NOT_READABLE]).fill_null(
        value=False
    )
    outcome = (
        pl.when(readable).then(pl.col("status")).otherwise(pl.lit("not readable")).alias("outcome")
    )
    held = chunks.group_by("document_id").agg(pl.len().cast(pl.Int32).alias("chunks_held"))
    published = documents.filter(pl.col("status") == "published")
    status = documents.select("document_id", pl.col("status").alias("document_status")).unique(
        "document_id"
    )
    return {
        "documents": documents.filter(pl.col("status") != "filtered").select(
            "document_id", outcome
        ),
        "published": published.join(held, on="document_id", how="left")
        .with_columns(pl.col("chunks_held").fill_null(0))
        .select("title", "chunk_count", "chunks_held"),
        "chunks": chunks.select(
            "chunk_id", "document_id", "embedding_fingerprint", "text_sha256", "language"
        )
        .join(status, on="document_id", how="left")
        .with_columns(pl.col("document_status").fill_null("missing"))
        .drop("document_id"),
    }
