"""Backfills process only the documents in their scope, remove nothing, and leave nothing to do."""

import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from tests.pipeline.local_runs import backfill
from tests.pipeline.steps import configure, items_by_stage, run, texts, write
from vouch.schemas.choices import Redo, TimeBasis, WindowLength
from vouch.schemas.errors import SettingsError
from vouch.schemas.run import Status

TEXT_STAGES = {"fetch", "parse", "embed"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """Three published documents, two of them in folders by date."""
    folder = tmp_path_factory.mktemp("backfill")
    settings = configure(folder, tiny_model)
    write(settings, "2026/01/15/a.md", "# Alpha\n\nThe first of three texts.")
    write(settings, "2026/02/01/b.md", "# Beta\n\nThe second of three texts.")
    write(settings, "c.md", "# Gamma\n\nThe third of three texts.")
    run(settings)
    return folder


@pytest.fixture
def settings(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "project")) / "vouch.yaml"


def test_windows_by_the_date_in_the_path_publish_one_after_the_other(settings: Path):
    shutil.rmtree(settings.parent / "data")
    months = {
        "since": datetime(2026, 1, 1),
        "until": datetime(2026, 3, 1),
        "every": WindowLength.MONTH,
        "by": TimeBasis.PATH,
    }
    records = backfill(config=str(settings), **months)
    assert [(record.window, record.accounting.published) for record in records] == [
        ("[2026-01-01 00:00, 2026-02-01 00:00) by path", 1),
        ("[2026-02-01 00:00, 2026-03-01 00:00) by path", 1),
    ]
    assert set(texts(settings)) == {"2026/01/15/a.md", "2026/02/01/b.md"}
    again = backfill(config=str(settings), **months)
    assert {record.status for record in again} == {Status.UNCHANGED}
    assert run(settings).accounting.published == 1


def test_a_window_by_modification_time_removes_nothing(settings: Path):
    folder = settings.parent / "documents"
    (folder / "c.md").unlink()
    os.utime(folder / "2026/01/15/a.md", (1_000_000_000, 1_000_000_000))
    write(settings, "2026/02/01/b.md", "# Beta\n\nEdited.")
    (record,) = backfill(config=str(settings), until=datetime(2010, 1, 1), reprocess=Redo.PARSE)
    assert (record.accounting.listed, record.accounting.published) == (1, 1)
    assert items_by_stage(record)["parse"] == 1
    assert "c.md" in texts(settings)
    assert texts(settings)["2026/02/01/b.md"] == ["Beta\n\nThe second of three texts."]


def test_unchanged_documents_are_processed_again_from_a_given_stage(settings: Path):
    before = texts(settings)
    for redo, stages in (
        (Redo.PARSE, {"fetch", "parse"}),
        (Redo.CHUNK, set()),
        (Redo.EMBED, {"embed"}),
    ):
        (record,) = backfill(config=str(settings), path="2026/", reprocess=redo)
        assert record.accounting.published == 2
        assert TEXT_STAGES & set(items_by_stage(record)) == stages
        assert texts(settings) == before
    assert run(settings).status is Status.UNCHANGED


def test_a_source_that_the_settings_do_not_name_is_refused(settings: Path):
    with pytest.raises(SettingsError, match="no source 'dosc' in the settings; there are docs"):
        backfill(config=str(settings), sources=["dosc"])
