"""Generations: which model made the published vectors, and what it gave for the probe text."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from lancedb.expr import Expr, col, lit

from vouch.embedders.fingerprint import ModelCard
from vouch.embedders.model import Vectors
from vouch.index.store.tables import Tables, dicts, upsert
from vouch.schemas.arrow import GENERATIONS
from vouch.schemas.errors import IndexError_
from vouch.schemas.settings import EmbeddingSettings


def published_probe(tables: Tables, fingerprint: str) -> Vectors | None:
    """The probe's vector as it was when this generation was begun; None for a generation that is new."""
    found = dicts(tables.generations, col("embedding_fingerprint") == lit(fingerprint))
    return np.array(found[0]["probe"], dtype=np.float32) if found else None


def record_generation(tables: Tables, card: ModelCard, probe: Vectors, run_id: str) -> None:
    """Note a new generation before its first vectors are published."""
    row = {
        "embedding_fingerprint": card.fingerprint,
        "settings": card.anywhere().model_dump_json(),
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
    """The generation that the published chunks belong to: its fingerprint, and the settings that made it."""
    made = sorted(
        dicts(tables.generations, "true"), key=lambda row: row["created_at"], reverse=True
    )
    for row in made:
        if _some(tables, col("embedding_fingerprint") == lit(row["embedding_fingerprint"])):
            return row["embedding_fingerprint"], EmbeddingSettings.model_validate_json(
                row["settings"]
            )
    raise IndexError_(
        f"nothing has been published in {tables.folder} yet; run `vouch ingest` first"
    )


def is_alone(tables: Tables, fingerprint: str) -> bool:
    """Whether no chunk belongs to another generation."""
    return not _some(tables, col("embedding_fingerprint") != lit(fingerprint))


def _some(tables: Tables, condition: Expr) -> bool:
    return bool(
        tables.chunks.search().where(condition).select(["chunk_id"]).limit(1).to_arrow().num_rows
    )
