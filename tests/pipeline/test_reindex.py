"""Reindexing: other chunks or another model from the stored texts, beside what is published."""

import json
import shutil
from pathlib import Path

import pytest

import vouch
from tests.pipeline.local_runs import reindex
from tests.pipeline.steps import (
    configure,
    failed,
    indexed,
    items_by_stage,
    run,
    tables,
    texts,
    write,
)
from tests.tiny_model import make_tiny_model
from vouch.index.store.run_log import list_runs
from vouch.index.store.tables import rows
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.rollback import rollback
from vouch.schemas.errors import SettingsError
from vouch.schemas.runs.record import Status
from vouch.schemas.settings.choices import Redo

SOURCE_STAGES = {"list", "fetch", "parse"}
QUERY = {
    "id": "1",
    "query": "third",
    "source": "docs",
    "uri": "c.md",
    "answer": "The third of three texts.",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """Three published documents, and an empty one in quarantine."""
    folder = tmp_path_factory.mktemp("reindex")
    settings = configure(folder, tiny_model)
    for number, uri in enumerate(("a.md", "b.md", "c.md")):
        ordinal = ("first", "second", "third")[number]
        write(settings, uri, f"# Document {number}\n\nThe {ordinal} of three texts.")
    write(settings, "empty.txt", "")
    run(settings)
    return folder


@pytest.fixture
def settings(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "project")) / "vouch.yaml"


@pytest.fixture(scope="module")
def wider_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose vectors are longer than those of `tiny_model`."""
    return make_tiny_model(tmp_path_factory.mktemp("wider"), dimension=48, seed=11)


def width(settings: Path) -> int:
    """Return the length of the published vectors, which are all of one model."""
    fingerprints = indexed(settings, "chunks", "embedding_fingerprint")
    assert len({row["embedding_fingerprint"] for row in fingerprints}) == 1
    return len(rows(tables(settings).chunks, ("vector",)).column("vector")[0])


def hits(settings: Path) -> int:
    index = vouch.open(read_settings(settings).index_location)
    return len(index.search("third", k=3, breadth="all"))


def test_a_new_model_is_compared_beside_the_old_one_and_switched_to_and_back_in_one_step(
    settings: Path, tiny_model: Path, wider_model: Path, tmp_path: Path
):
    golden = tmp_path / "golden.jsonl"
    golden.write_text(json.dumps(QUERY) + "\n")
    before = texts(settings)
    (first,) = list_runs(tables(settings))

    configure(settings.parent, wider_model)
    built = reindex(config=str(settings), golden=str(golden))
    assert (built.status, built.accounting.vectors_computed) == (Status.STAGED, 3)
    assert failed(built)["model_change"] == "warn"
    assert built.retrieval is not None
    assert {change.metric for change in built.retrieval.changes} >= {"recall@5", "MRR"}
    assert width(settings) == 32

    switched = reindex(config=str(settings), switch=True)
    assert (switched.status, switched.shards_resumed) == (Status.PUBLISHED, switched.shards)
    assert not {"fetch", "parse", "embed"} & set(items_by_stage(switched))
    assert (width(settings), texts(settings), hits(settings)) == (48, before, 3)
    assert run(settings).status is Status.UNCHANGED

    rollback(read_settings(settings), first.run_id, hold=False)
    assert (width(settings), hits(settings)) == (32, 3)
    configure(settings.parent, tiny_model)
    assert run(settings).status is Status.UNCHANGED


def test_an_ordinary_run_embeds_with_a_new_model_too(settings: Path, wider_model: Path):
    configure(settings.parent, wider_model, contracts={"batch": {"model_change": "warn"}})
    record = run(settings)
    assert failed(record)["model_change"] == "warn"
    assert (record.change_counts["reprocess"], width(settings)) == (3, 48)
    assert "parse" not in items_by_stage(record)


def test_reindexing_needs_no_source(settings: Path, tiny_model: Path):
    (settings.parent / "documents/c.md").unlink()
    configure(settings.parent, tiny_model, chunking={"max_tokens": 32})
    record = reindex(config=str(settings), switch=True)
    assert record.accounting.published == 3
    assert not SOURCE_STAGES & set(items_by_stage(record))
    with pytest.raises(SettingsError, match="reindex never parses"):
        reindex(config=str(settings), again=Redo.PARSE)
