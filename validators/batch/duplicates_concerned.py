"""The documents that repeat other documents: which repeats which."""

from pathlib import Path

import polars as pl

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.settings.gates import PolicySettings
from vouch.validators.batch.corpus_concerned import share_of_chunks
from vouch.validators.concerned import Concerned, HasRows, by_document, concerned
from vouch.validators.row_parts import part_count, parts_by
from vouch.validators.rows.near_duplicates import near_duplicates, repeated_over_documents


def duplicates_concerned(
    check_id: CheckId, after: HasRows, policy: PolicySettings, folder: Path | None
) -> Concerned | None:
    """Return the documents behind a check of duplicates; None for another check.

    `folder` is for temporary files.
    """
    if check_id is CheckId.POLICY_EXACT_DUPLICATES:
        return _with_other(after, _exact(after, policy.boilerplate_documents), "are also in")
    if check_id is CheckId.POLICY_NEAR_DUPLICATES:
        pairs = _near(after, policy.near_duplicate_similarity, folder)
        return _with_other(after, pairs, "are much like chunks of")
    if check_id is CheckId.POLICY_BOILERPLATE:
        repeated = repeated_over_documents(after.chunks, policy.boilerplate_documents)
        counted = pl.col("text_sha256").is_in(repeated["text_sha256"].implode())
        rows = by_document(after, counted).filter(pl.col("counted") > 0)
        message = share_of_chunks(f"are in {policy.boilerplate_documents} documents or more")
        return concerned(rows, message, pl.col("counted"))
    return None


def _exact(after: HasRows, boilerplate: int) -> pl.DataFrame:
    """Return, of each chunk whose text several documents have, its document and another one."""
    columns = ("text_sha256", "document_id")
    owner = pl.col("document_id")
    partner = pl.when(owner == pl.col("first")).then("last").otherwise("first")
    pairs = []
    for part in parts_by(after.chunks, "text_sha256", columns, part_count(after.chunks)):
        texts = part.group_by("text_sha256").agg(
            number=owner.n_unique(), first=owner.min(), last=owner.max()
        )
        texts = texts.filter(pl.col("number").is_between(2, boilerplate - 1))
        pairs.append(part.join(texts, on="text_sha256").select("document_id", partner=partner))
    return pl.concat(pairs)


def _near(after: HasRows, similarity: float, folder: Path | None) -> pl.DataFrame:
    """Return, of each chunk that is similar to one of another document, the documents of both."""
    pairs = near_duplicates(after.chunks, similarity, folder)
    places = pl.concat([pairs["left"], pairs["right"]]).unique().implode()
    numbered = after.chunks.lazy().select("document_id").with_row_index("place")
    owners = numbered.filter(pl.col("place").is_in(places)).collect()
    both = pairs.join(owners, left_on="left", right_on="place").join(
        owners, left_on="right", right_on="place", suffix="_right"
    )
    first, second = pl.col("document_id"), pl.col("document_id_right")
    return pl.concat(
        [
            both.select(document_id=second, partner=first),
            both.select(document_id=first, partner=second),
        ]
    )


def _with_other(after: HasRows, pairs: pl.DataFrame, phrase: str) -> Concerned:
    """Name each document with the one that it shares most chunks with."""
    shared = (
        pairs.group_by("document_id", "partner")
        .len()
        .sort("len", "partner", descending=[True, False])
    )
    first = shared.group_by("document_id", maintain_order=True).first()
    documents = after.documents.lazy().select("document_id", "uri")
    rows = first.lazy().join(documents, on="document_id")
    rows = rows.join(
        documents.select(partner="document_id", partner_uri="uri"), on="partner", how="left"
    )
    message = pl.format(
        "{} of its chunks {} {}", "len", pl.lit(phrase), pl.coalesce("partner_uri", "partner")
    )
    return concerned(rows, message, pl.col("len"))
