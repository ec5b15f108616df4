"""The index as it would be after publishing: what is audited before anything changes."""

from dataclasses import dataclass

import polars as pl

from index.staging import Staging
from index.tables import Tables, frame
from schemas.arrow import DOCUMENTS

_DOCUMENTS = tuple(name for name in DOCUMENTS.names if name not in ("canonical_text", "metadata"))
_CHUNKS = (
    "chunk_id", "document_id", "source", "language", "token_count", "char_start", "char_end", "text_sha256",
    "embedding_fingerprint", "chunk_fingerprint", "run_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """`documents` without texts, `chunks` without texts and vectors."""

    documents: pl.DataFrame
    chunks: pl.DataFrame


def candidate(tables: Tables, staging: Staging, replaced: list[str], removed: list[str]) -> Candidate:
    """The published rows less those replaced and removed, and the staged ones."""
    staged = staging.frame("documents", _DOCUMENTS)
    rewritten = pl.Series([*staged["document_id"], *removed], dtype=pl.String)
    documents = frame(tables.documents, _DOCUMENTS).filter(~pl.col("document_id").is_in(rewritten.implode()))
    gone = pl.Series([*replaced, *removed], dtype=pl.String)
    chunks = frame(tables.chunks, _CHUNKS).filter(~pl.col("document_id").is_in(gone.implode()))
    return Candidate(pl.concat([documents, staged]), pl.concat([chunks, staging.frame("chunks", _CHUNKS)]))
