"""An index that 0.11.0 made with a model whose folder names prompts continues without them."""

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import vouch
from tests.pipeline.steps import configure, indexed, run
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.planning.dry_run import dry_run
from vouch.schemas.runs.record import Status

PROMPTS = {"query": "query: ", "passage": "passage: "}
WARN = {"batch": {"model_change": "warn"}}


@pytest.fixture
def project(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of a project that 0.11.0 has ingested, each text with the default prompt."""
    shutil.copytree(tiny_model, tmp_path / "small")
    config = {"prompts": PROMPTS, "default_prompt_name": "query"}
    (tmp_path / "small" / "config_sentence_transformers.json").write_text(json.dumps(config))
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "moon.md").write_text("# Moon\n\nThe moon orbits the earth.\n")
    settings = configure(tmp_path, tmp_path / "small", contracts=WARN)
    find = LocalModelCard.find

    def as_0_11(*arguments: object) -> LocalModelCard:
        card = find(*arguments)  # type: ignore[arg-type]
        return card.former or replace(card, as_0_11=True)

    with monkeypatch.context() as patch:
        patch.setattr(LocalModelCard, "find", as_0_11)
        run(settings)
    return settings


def fingerprints_of(settings: Path) -> set[str]:
    return {
        row["embedding_fingerprint"] for row in indexed(settings, "chunks", "embedding_fingerprint")
    }


def search(settings: Path) -> list[str]:
    index = vouch.open(read_settings(settings).index_location)
    return [hit.uri for hit in index.search("sun", mode="vector", breadth="all")]


def test_an_index_of_0_11_0_keeps_its_vectors_until_the_settings_give_prefixes(
    project: Path, caplog: pytest.LogCaptureFixture
):
    before = fingerprints_of(project)
    assert dry_run(read_settings(project)).plan.counts == {"unchanged": 1}
    caplog.clear()
    with caplog.at_level(logging.WARNING, "vouch"):
        assert run(project).status is Status.UNCHANGED
    (notice,) = [text for text in caplog.messages if "names prompts" in text]
    assert 'set embedding.query_prefix to "query: " and embedding.document_prefix' in notice
    # What is new joins the same generation, and is found.
    (project.parent / "documents" / "sun.md").write_text("# Sun\n\nThe sun is a star.\n")
    record = run(project)
    assert record.accounting.vectors_computed == 1
    assert "small by the packed engine on " in record.model
    assert fingerprints_of(project) == before
    assert len(search(project)) == 2
    # Prefixes that are given are used, and everything is embedded again, as the plan says before.
    prefixes = {"query_prefix": "query: ", "document_prefix": "passage: "}
    model = {"model": str(project.parent / "small")}
    configure(project.parent, project.parent / "small", embedding=model | prefixes, contracts=WARN)
    assert dry_run(read_settings(project)).plan.counts == {"reprocess": 2}
    assert run(project).accounting.vectors_computed == 2
    assert fingerprints_of(project).isdisjoint(before)
    # From then on the settings need not give them: the folder's are the same.
    configure(project.parent, project.parent / "small", embedding=model, contracts=WARN)
    caplog.clear()
    assert dry_run(read_settings(project)).plan.counts == {"unchanged": 2}
    assert len(search(project)) == 2
    assert not any("names prompts" in text for text in caplog.messages)
