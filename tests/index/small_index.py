"""Documents of one chunk each, with vectors of four numbers, staged and published as a run does."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from vouch.index.publishing.publish import publish
from vouch.index.store.row_builders import chunk_rows, document_row, with_vectors
from vouch.index.store.run_log import Intent
from vouch.index.store.staging import ShardSummary, Staging
from vouch.index.store.tables import Tables, rows
from vouch.schemas.documents.arrow import DOCUMENTS, QUARANTINE, chunks_schema
from vouch.schemas.documents.ids import document_id
from vouch.schemas.documents.records import (
    Chunk,
    Document,
    ElementType,
    Fingerprints,
    Metadata,
    Origin,
)
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.settings.sources import FilesSource
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.storage.location import Location

DIMENSION = 4
SETTINGS = Settings(sources=(FilesSource(name="docs", path="documents"),))
FIRST, SECOND = "20260101T000000-aaaaaa", "20260102T000000-bbbbbb"
GENERATION = "e" * 16
TEXTS = {"a.md": "alpha", "b.md": "beta", "c.md": "gamma"}
_FINGERPRINTS = Fingerprints("c" * 16, GENERATION, "k" * 16, "l" * 16, {"docs": "f" * 16})


def record(run: str) -> RunRecord:
    """Return the record of a run that has just begun."""
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return RunRecord(run_id=run, started_at=at, settings_sha256="s", code_version="v")


def stage(
    folder: Path | Location,
    run: str,
    texts: Mapping[str, str],
    summary: ShardSummary = ShardSummary(),
) -> Staging:
    """Stage a document of one chunk for each uri and text."""
    staging = Staging(folder / "work", DIMENSION, [f"shard-{run}"])
    chunks, documents = [], []
    for uri, text in texts.items():
        origin = Origin(
            document_id("docs", uri),
            "docs",
            uri,
            size=len(text),
            content_sha256="0" * 64,
            parser="text",
            parse_fingerprint="p" * 16,
        )
        document = Document(text, (), Metadata(title=uri, author="Ada O'Neil"))
        chunk = Chunk(0, len(text), text, None, 3, ("Top",), (ElementType.PARAGRAPH,), None, None)
        chunks += chunk_rows(origin, document, [chunk], ["en"], _FINGERPRINTS)
        documents.append(
            document_row(
                origin, _FINGERPRINTS, status="published", document=document, chunk_count=1
            )
        )
    vectors = np.eye(DIMENSION, dtype=np.float32)[np.arange(len(chunks)) % DIMENSION]
    tables = {
        "chunks": with_vectors(chunks, vectors, chunks_schema(DIMENSION)),
        "documents": pa.Table.from_pylist(documents, schema=DOCUMENTS),
        "quarantine": QUARANTINE.empty_table(),
    }
    staging.write(f"shard-{run}", tables, summary)
    return staging


def intent(
    staging: Staging, chunks: int, replaced: tuple[str, ...] = (), removed: tuple[str, ...] = ()
) -> Intent:
    """Return the intent to publish a staged shard; `chunks` are in the index afterwards."""
    return Intent(
        staging=str(staging.root),
        shards=staging.names,
        dimension=DIMENSION,
        replaced=[document_id("docs", uri) for uri in replaced],
        removed=[document_id("docs", uri) for uri in removed],
        chunks=chunks,
    )


def build(folder: Path) -> Path:
    """Build an index of three documents, published by the run FIRST; returns its folder."""
    tables = Tables.create(folder / "index", DIMENSION)
    staging = stage(folder, FIRST, TEXTS)
    publish(tables, staging, intent(staging, len(TEXTS)), record(FIRST), SETTINGS)
    return tables.location.local_path


def texts(tables: Tables) -> dict[str, str]:
    """Return the text of each chunk in the newest version, by uri."""
    chunks = rows(tables.latest().chunks, ("uri", "text")).to_pylist()
    assert len(chunks) == tables.chunks.count_rows()
    return {row["uri"]: row["text"] for row in chunks}
