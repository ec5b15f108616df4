"""The index as it would be after publishing: what is audited before anything changes."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from index.publish import index_texts
from index.staging import Staging
from index.stamp import Stamp, now, stamped_chunks
from index.tables import Tables, frame, is_in
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


def build_candidate(tables: Tables, staging: Staging, gone: list[str], folder: Path) -> Tables:
    """The candidate's chunks as tables of their own in `folder`, ready to be searched: published less gone, and staged.

    Nothing of the published tables is changed. Where the vectors' length is another, all chunks must be staged.
    """
    dimension = staging.schemas["chunks"].field("vector").type.list_size
    made = Tables.create(folder, dimension)
    stamp = Stamp("candidate", now())
    made.chunks.add(stamped_chunks(staging, made.chunks.schema, stamp))
    if dimension == tables.dimension:
        kept = tables.chunks.search()
        if gone:
            kept = kept.where(~is_in("document_id", gone))
        schema = made.chunks.schema
        batches = (batch.cast(schema) for batch in kept.select(schema.names).to_batches())
        made.chunks.add(pa.RecordBatchReader.from_batches(schema, batches))
    index_texts(made.chunks)
    return made
