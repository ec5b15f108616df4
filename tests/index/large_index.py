"""An index with enough rows for a vector index, published as a run publishes."""

from datetime import UTC, datetime
from pathlib import Path

from benchmarks.speed.synthetic import DIMENSION, GENERATION, Synthetic, document_at, stage
from vouch.index.publishing.publish import publish
from vouch.index.store.run_log import Intent
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables
from vouch.schemas.documents.ids import document_id
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.settings.index import IndexSettings
from vouch.schemas.settings.sources import FilesSource
from vouch.schemas.settings.vouch_yaml import Settings

CORPUS = Synthetic()
SETTINGS = Settings(
    sources=(FilesSource(name="docs", path="documents"),),
    index=IndexSettings(vector_index_from_rows=500, keep_published=2),
)
DOCUMENTS = 100
OLD, NEW = "20260101T000000-aaaaaa", "20260102T000000-aaaaaa"
NEXT, LAST = "20260103T000000-aaaaaa", "20260104T000000-aaaaaa"


def publish_more(tables: Tables, run: str, added: range, changed: range = range(0)) -> RunRecord:
    """Publish documents of ten chunks each; those in `changed` are in the index already."""
    staging = Staging(tables.location / "work", DIMENSION)
    staging = staging.of(
        [*stage(staging, CORPUS, added), *stage(staging, CORPUS, changed, version=1)]
    )
    intent = Intent(
        staging=str(staging.root),
        shards=staging.names,
        dimension=DIMENSION,
        replaced=[document_id(*document_at(number)) for number in changed],
        chunks=tables.latest().chunks.count_rows() + 10 * len(added),
    )
    record = RunRecord(
        run_id=run,
        started_at=datetime.strptime(run, "%Y%m%dT%H%M%S-aaaaaa").replace(tzinfo=UTC),
        settings_sha256="s",
        code_version="v",
        embedding_fingerprint=GENERATION,
    )
    return publish(tables, staging, intent, record, SETTINGS)


def build(folder: Path) -> Path:
    """Build an index of 1,000 chunks, published by the runs OLD and NEW; returns its folder."""
    tables = Tables.create(folder / "index", DIMENSION)
    publish_more(tables, OLD, range(DOCUMENTS - 20))
    publish_more(tables, NEW, range(DOCUMENTS - 20, DOCUMENTS))
    return tables.location.local_path
