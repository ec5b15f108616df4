"""Generations: which model made the published vectors, and its vector for the probe text."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from lancedb.expr import Expr, col, lit

from vouch.embedders.base import Vectors
from vouch.embedders.model_card import ModelCard
from vouch.index.store.tables import Tables, dicts, upsert
from vouch.schemas.arrow import GENERATIONS
from vouch.schemas.errors import IndexError_
from vouch.schemas.settings import EmbeddingSettings


def published_probe(tables: Tables, fingerprint: str) -> Vectors | None:
    """Return the probe text's vector from when this generation began; None for a new one."""
    rows = dicts(tables.generations, col("embedding_fingerprint") == lit(fingerprint))
    return np.array(rows[0]["probe"], dtype=np.float32) if rows else None


def record_generation(tables: Tables, card: ModelCard, probe: Vectors, run_id: str) -> None:
    """Record a new generation. Must happen before its first vectors are published."""
    row = {
        "embedding_fingerprint": card.fingerprint,
        "settings": card.portable_settings().model_dump_json(),
        "dimension": card.dimension,
        "weights_sha256": card.weights_sha256,
        "probe": probe.tolist(),
        "run_id": run_id,
        "created_at": datetime.now(UTC),
    }
    upsert(
        tables.generations, pa.Table.from_pylist([row], schema=GENERATIONS), "embedding_fingerprint"
    )


def newest(tables: Tables) -> tuple[str, EmbeddingSettings]:
    """Return the fingerprint and the embedding settings of the newest published generation.

    Raises:
        IndexError_: No chunk has been published yet.
    """
    generations = dicts(tables.generations, "true")
    for row in sorted(generations, key=lambda row: row["created_at"], reverse=True):
        # A generation is recorded before its chunks are committed, so the newest row may belong
        # to a run that never published.
        if _any_chunk(tables, col("embedding_fingerprint") == lit(row["embedding_fingerprint"])):
            return row["embedding_fingerprint"], EmbeddingSettings.model_validate_json(
                row["settings"]
            )
    raise IndexError_(
        f"nothing has been published in {tables.folder} yet; run `vouch ingest` first"
    )


def is_alone(tables: Tables, fingerprint: str) -> bool:
    """Return whether every published chunk belongs to this generation."""
    return not _any_chunk(tables, col("embedding_fingerprint") != lit(fingerprint))


def _any_chunk(tables: Tables, condition: Expr) -> bool:
    query = tables.chunks.search().where(condition).select(["chunk_id"])
    return bool(query.limit(1).to_arrow().num_rows)
