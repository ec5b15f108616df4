"""An index with enough rows for the vectors to be indexed, published as a run does."""

from datetime import UTC, datetime
from pathlib import Path

from benchmarks.speed.synthetic import DIMENSION, GENERATION, Synthetic, document_at, stage
from vouch.index.publishing.publish import publish
from vouch.index.store.run_log import Intent
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables
from vouch.schemas.ids import document_id
from vouch.schemas.run import RunRecord
from vouch.schemas.settings import FilesSource, IndexSettings, Settings

CORPUS = Synthetic()
SETTINGS = Settings(
    sources=(FilesSource(name="docs", path="documents"),),
    index=IndexSettings(vector_index_from_rows=1_000, keep_published=2),
)


def publish_more(tables: Tables, run: str, added: range, changed: range = range(0)) -> RunRecord:
    """Publish documents of ten chunks each; `changed` ones are held already."""
    staging = Staging(tables.folder.parent / "work", DIMENSION)
    staging.use([*stage(staging, CORPUS, added), *stage(staging, CORPUS, changed, version=1)])
    intent = Intent(
        staging=str(staging.root),
        shards=staging.names,
        dimension=DIMENSION,
        replaced=[document_id(*document_at(number)) for number in changed],
        chunks=tables.latest().chunks.count_rows() + 10 * len(added),
    )
    at = datetime.strptime(run, "%Y%m%dT%H%M%S-aaaaaa").replace(tzinfo=UTC)
    record = RunRecord(
        run_id=run,
        started_at=at,
        settings_sha256="s",
        code_version="v",
        embedding_fingerprint=GENERATION,
    )
    return publish(tables, staging, intent, record, SETTINGS)


def made(folder: Path) -> Tables:
    """2,000 chunks, published by two runs."""
    tables = Tables.create(folder / "index", DIMENSION)
    publish_more(tables, "20260101T000000-aaaaaa", range(150))
    publish_more(tables, "20260102T000000-aaaaaa", range(150, 200))
    return tables
