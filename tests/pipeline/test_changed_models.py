"""A model whose folder changes: the plan, the search and the next run know it.

And an index that Vouch 0.7.0 made keeps its vectors where the model is the same.
"""

import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

import vouch
from tests.pipeline.local_runs import repair
from tests.pipeline.steps import configure, indexed, run, tables
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.index.publishing.versions import tag_state
from vouch.index.store.run_log import newest_published, write_run
from vouch.index.store.tables import dicts, upsert
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.planning.dry_run import DryRun, dry_run
from vouch.schemas.documents.arrow import GENERATIONS
from vouch.schemas.errors import IndexError_
from vouch.schemas.runs.record import Status
from vouch.schemas.settings.embedding import EmbeddingSettings

# What a changed model does by default is tested in tests/pipeline/test_model_change.py.
WARN = {"batch": {"model_change": "warn"}}


@pytest.fixture(scope="module")
def ingested(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project with two documents, published by a copy of the tiny model."""
    folder = tmp_path_factory.mktemp("ingested")
    shutil.copytree(tiny_model, folder / "small")
    (folder / "documents").mkdir()
    (folder / "documents" / "moon.md").write_text("# Moon\n\nThe moon orbits the earth.\n")
    (folder / "documents" / "tea.md").write_text("# Tea\n\nTea is brewed in water.\n")
    run(configure(folder, folder / "small", contracts=WARN))
    return folder


@pytest.fixture
def index(ingested: Path, tmp_path: Path) -> Iterator[Path]:
    """The settings of the project; its model is as it was at the beginning of each test."""
    shutil.copytree(ingested, tmp_path / "project")
    pooling = ingested / "small" / "1_Pooling" / "config.json"
    before = pooling.read_text()
    yield configure(tmp_path / "project", ingested / "small", contracts=WARN)
    pooling.write_text(before)


@pytest.fixture
def model(ingested: Path) -> Path:
    return ingested / "small"


def pool_first_token(model: Path) -> None:
    pooling = {"word_embedding_dimension": 32, "pooling_mode_cls_token": True}
    (model / "1_Pooling" / "config.json").write_text(json.dumps(pooling))


def search(settings: Path) -> list[str]:
    hits = vouch.open(read_settings(settings).index_location).search(
        "moon", mode="vector", breadth="all"
    )
    return [hit.uri for hit in hits]


def plan(settings: Path) -> DryRun:
    return dry_run(read_settings(settings))


def make_as_0_7_0(settings: Path, model: Path) -> str:
    """Give the index the fingerprint that 0.7.0 had, and a generation without files."""
    opened = tables(settings)
    card = LocalModelCard(EmbeddingSettings(model=str(model)), model)
    for table in (opened.chunks, opened.documents):
        table.update(values={"embedding_fingerprint": card.former_fingerprint})
    (row,) = dicts(opened.generations, "true")
    row |= {"embedding_fingerprint": card.former_fingerprint, "files": None}
    opened.generations.delete("true")
    upsert(
        opened.generations,
        pa.Table.from_pylist([row], schema=GENERATIONS),
        "embedding_fingerprint",
    )
    opened.generations.drop_columns(["files"])
    newest = newest_published(opened)
    assert newest is not None
    tag_state(opened.latest(), newest.run_id)
    write_run(opened, newest.model_copy(update={"versions": opened.versions()}))
    return card.former_fingerprint


def fingerprints_of(settings: Path) -> set[str]:
    return {
        row["embedding_fingerprint"] for row in indexed(settings, "chunks", "embedding_fingerprint")
    }


def test_a_search_after_a_changed_pooling_is_refused_and_names_the_file(index: Path, model: Path):
    assert search(index)
    pool_first_token(model)
    with pytest.raises(IndexError_, match=r"different .*changed: 1_Pooling/config\.json") as caught:
        search(index)
    assert caught.value.exit_code == 5


def test_a_plan_after_a_changed_pooling_says_so_and_the_next_run_embeds_again(
    index: Path, model: Path
):
    pool_first_token(model)
    preview = plan(index)
    assert preview.plan.counts == {"reprocess": 2}
    assert preview.model_changes == "changed: 1_Pooling/config.json"
    assert run(index).accounting.vectors_computed == 2
    assert search(index)
    assert plan(index).model_changes == ""


def test_a_changed_setting_is_no_change_of_the_model(index: Path, model: Path):
    configure(index.parent, model, embedding={"model": str(model), "query_prefix": "query: "})
    preview = plan(index)
    assert preview.plan.counts == {"reprocess": 2}
    assert preview.model_changes == ""


def test_an_index_of_0_7_0_keeps_its_vectors(
    index: Path, model: Path, caplog: pytest.LogCaptureFixture
):
    former = make_as_0_7_0(index, model)
    assert plan(index).plan.counts == {"unchanged": 2}
    assert search(index)
    with caplog.at_level(logging.WARNING, "vouch"):
        record = run(index)
    assert record.status is Status.UNCHANGED
    assert record.accounting.vectors_computed == 0
    assert "made by Vouch 0.7.0 or before" in caplog.text
    assert fingerprints_of(index) == {former}
    # From now on its files are known, and the next document joins the same generation.
    (index.parent / "documents" / "sun.md").write_text("# Sun\n\nThe sun is a star.\n")
    caplog.clear()
    assert run(index).accounting.vectors_computed == 1
    assert "made by Vouch" not in caplog.text
    assert fingerprints_of(index) == {former}
    assert len(search(index)) == 3
    pool_first_token(model)
    with pytest.raises(IndexError_, match=r"changed: 1_Pooling/config\.json"):
        search(index)
    assert run(index).accounting.vectors_computed == 3
    assert fingerprints_of(index) == {
        LocalModelCard(EmbeddingSettings(model=str(model)), model).fingerprint
    }


def test_an_index_of_0_7_0_whose_model_has_changed_since_is_embedded_again(
    index: Path, model: Path
):
    make_as_0_7_0(index, model)
    pool_first_token(model)
    with pytest.raises(IndexError_, match="gives other vectors"):
        search(index)
    preview = plan(index)
    assert preview.plan.counts == {"reprocess": 2}
    assert preview.model_changes == "it gives other vectors"
    assert run(index).accounting.vectors_computed == 2
    assert search(index)


def lose_generations(settings: Path) -> None:
    shutil.rmtree(read_settings(settings).index_location.local_path / "generations.lance")


def test_an_index_of_0_7_0_that_loses_its_generations_keeps_its_vectors(index: Path, model: Path):
    former = make_as_0_7_0(index, model)
    lose_generations(index)
    left = repair(config=str(index))
    assert (left.findings, left.waiting) == ((), {})
    assert run(index).accounting.vectors_computed == 0
    assert fingerprints_of(index) == {former}
    assert search(index)
    pool_first_token(model)
    with pytest.raises(IndexError_, match=r"changed: 1_Pooling/config\.json"):
        search(index)


def test_lost_generations_are_not_recorded_for_a_model_that_gives_other_vectors(
    index: Path, model: Path
):
    former = make_as_0_7_0(index, model)
    lose_generations(index)
    pool_first_token(model)
    repair(config=str(index))
    run(index)
    assert fingerprints_of(index).isdisjoint({former})
    assert search(index)
