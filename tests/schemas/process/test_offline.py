"""Offline switches: set in processes that Vouch owns, never left behind in a user's process."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from vouch.schemas.process.offline import SWITCHES, go_offline, offline

# Set by polars (for its allocator) and by pandera (for Spark) when they are imported, also without
# Vouch; nothing that Vouch does depends on them.
SET_BY_LIBRARIES = {"_RJEM_MALLOC_CONF", "PYARROW_IGNORE_TIMEZONE", "SPARK_LOCAL_IP"}

# Runs in a fresh interpreter: it prints the environment before and after as JSON.
SCRIPT = """
import importlib, importlib.util, json, os, pkgutil, sys
from pathlib import Path

before = dict(os.environ)
modules = []
for folder in sorted(Path.cwd().iterdir()):
    name = f"vouch.{folder.name}" if folder.name != "vouch" else "vouch"
    # Importing vouch.flows sets what Prefect needs: only processes that run flows import it.
    if (folder / "__init__.py").is_file() and name != "vouch.flows":
        if importlib.util.find_spec(name):
            package = importlib.import_module(name)
            modules += pkgutil.walk_packages(package.__path__, f"{name}.")
for module in modules:
    importlib.import_module(module.name)
import vouch
hits = vouch.open(sys.argv[1]).search("gamma rays")
print(json.dumps([before, dict(os.environ), len(modules), [hit.text for hit in hits]]))
"""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which no switch is set but one that the user has set."""
    for name in SWITCHES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")


@pytest.mark.usefixtures("environment")
def test_every_missing_switch_is_set_for_a_process_that_vouch_owns():
    go_offline()
    assert {name: os.environ[name] for name in SWITCHES} == {**SWITCHES, "HF_HUB_OFFLINE": "0"}


@pytest.mark.usefixtures("environment")
def test_switches_are_removed_again_and_other_changes_stay(monkeypatch: pytest.MonkeyPatch):
    before = dict(os.environ)
    with offline():
        assert os.environ["DO_NOT_TRACK"] == "1"
        assert os.environ["HF_HUB_OFFLINE"] == "0"
        monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    assert dict(os.environ) == {**before, "TOKENIZERS_PARALLELISM": "true"}


@pytest.mark.usefixtures("environment")
def test_switches_are_removed_after_an_error():
    before = dict(os.environ)
    with pytest.raises(ZeroDivisionError), offline():
        _ = 1 / 0
    assert dict(os.environ) == before


@pytest.fixture(scope="module")
def index(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a published index of two chunks, embedded by the tiny model."""
    from vouch.embedders.embedder import Embedder
    from vouch.embedders.local.local_model_card import LocalModelCard
    from vouch.index.publishing.publish import publish
    from vouch.index.store.generations import record_generation
    from vouch.index.store.row_builders import chunk_rows, document_row, with_vectors
    from vouch.index.store.run_log import Intent
    from vouch.index.store.staging import ShardSummary, Staging
    from vouch.index.store.tables import Tables
    from vouch.schemas.documents.arrow import DOCUMENTS, QUARANTINE, chunks_schema
    from vouch.schemas.documents.ids import document_id
    from vouch.schemas.documents.records import Chunk, Document, ElementType, Fingerprints, Origin
    from vouch.schemas.runs.record import RunRecord
    from vouch.schemas.settings.embedding import EmbeddingSettings
    from vouch.schemas.settings.sources import FilesSource
    from vouch.schemas.settings.vouch_yaml import Settings

    folder, run = tmp_path_factory.mktemp("index"), "20260101T000000-aaaaaa"
    settings = EmbeddingSettings(model=str(tiny_model), precision="float32", device="cpu")
    embedder = Embedder(LocalModelCard(settings, tiny_model))
    dimension = embedder.card.dimension
    now = Fingerprints("c" * 16, embedder.card.fingerprint, "k" * 16, "l" * 16, {"docs": "f" * 16})
    texts = ["alpha particles", "gamma rays"]
    chunks, documents = [], []
    for text in texts:
        origin = Origin(
            document_id("docs", text),
            "docs",
            text,
            size=len(text),
            content_sha256="0" * 64,
            parser="text",
            parse_fingerprint="p" * 16,
        )
        chunk = Chunk(0, len(text), text, None, 3, (), (ElementType.PARAGRAPH,), None, None)
        document = Document(text, ())
        chunks += chunk_rows(origin, document, [chunk], ["en"], now)
        documents.append(
            document_row(origin, now, status="published", document=document, chunk_count=1)
        )
    vectors = embedder.embed_documents(texts, [3, 3]).vectors
    tables = Tables.create(folder / "index", dimension)
    staging = Staging(folder / "work", dimension, ["shard"])
    rows = {
        "chunks": with_vectors(chunks, vectors, chunks_schema(dimension)),
        "documents": pa.Table.from_pylist(documents, schema=DOCUMENTS),
        "quarantine": QUARANTINE.empty_table(),
    }
    staging.write("shard", rows, ShardSummary())
    record_generation(tables, embedder.card, embedder.probes(), run)
    intent = Intent(
        staging=str(staging.root), shards=staging.names, dimension=dimension, chunks=len(texts)
    )
    started_at = datetime(2026, 1, 1, tzinfo=UTC)
    record = RunRecord(run_id=run, started_at=started_at, settings_sha256="s", code_version="v")
    sources = (FilesSource(name="docs", path="documents"),)
    publish(tables, staging, intent, record, Settings(sources=sources))
    return folder / "index"


def test_importing_every_module_and_searching_leaves_the_environment_unchanged(index: Path):
    excluded = SET_BY_LIBRARIES | SWITCHES.keys()
    clean = {name: value for name, value in os.environ.items() if name not in excluded}
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(index)],
        env=clean,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    before, after, modules, texts = json.loads(result.stdout.splitlines()[-1])
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed <= SET_BY_LIBRARIES
    assert modules > 100
    assert texts[0] == "gamma rays"
