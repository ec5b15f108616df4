"""Sources that the settings no longer name: their documents go, guarded as any removal is."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.pipeline.local_runs import backfill, reindex, replay
from tests.pipeline.sample_documents import MAIL
from tests.pipeline.steps import configure, failed, indexed, items_by_stage, run, tables, texts
from vouch.cli import app
from vouch.index.publishing.diff import diff
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.planning.dry_run import dry_run
from vouch.schemas.errors import MassDeleteRefused
from vouch.schemas.runs.record import Status

WHY = "its source is no longer in the settings"
ALL_MAY_GO = {"max_delete_share": 1.0}


def name_sources(
    folder: Path, model: Path, *sources: str, paths: dict[str, str] | None = None, **index: object
) -> Path:
    """Write settings with these sources, each of the folder of its name or of `paths`."""
    listed = [
        {"name": name, "path": (paths or {}).get(name, name), "compare": "modified"}
        for name in sources
    ]
    return configure(folder, model, sources=listed, index=index)


@pytest.fixture(scope="module")
def two_sources(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """Notes, with a mail that has an attachment and a file in quarantine, and papers; published."""
    folder = tmp_path_factory.mktemp("two_sources")
    for source, names in {"notes": "ab", "papers": "cde"}.items():
        (folder / source).mkdir()
        for name in names:
            text = f"# Text {name}\n\nWhat {name} says of {source}, in a sentence."
            (folder / source / f"{name}.md").write_text(text)
    (folder / "notes/mail.eml").write_bytes(MAIL)
    (folder / "notes/broken.json").write_text("{")
    run(name_sources(folder, tiny_model, "notes", "papers"))
    return folder


@pytest.fixture
def folder(two_sources: Path, tmp_path: Path) -> Path:
    return shutil.copytree(two_sources, tmp_path / "project")


def sources_in(settings: Path, table: str) -> set[str]:
    return {row["source"] for row in indexed(settings, table, "source")}


def test_documents_of_a_removed_source_go_with_all_that_was_made_of_them(
    folder: Path, tiny_model: Path
):
    settings = folder / "vouch.yaml"
    attached = [row for row in indexed(settings, "documents", "parent_id") if row["parent_id"]]
    assert sources_in(settings, "quarantine") == {"notes"}
    assert diagnose(read_settings(settings)).unnamed == {}
    first = list_runs(tables(settings))[0]
    name_sources(folder, tiny_model, "papers", **ALL_MAY_GO)
    assert dry_run(read_settings(settings)).plan.counts == {"removed": 4, "unchanged": 3}
    # Until a run removes them, the doctor names them.
    diagnosis = diagnose(read_settings(settings))
    assert (diagnosis.findings, diagnosis.unnamed) == ((), {"notes": 4})
    assert diagnosis.waiting == {"removed": 4}
    shown = CliRunner().invoke(app, ["--config", str(settings), "doctor"], env={"COLUMNS": "200"})
    assert "4 of notes" in shown.stdout

    record = run(settings)
    assert record.status is Status.PUBLISHED
    assert record.change_counts == {"removed": 4, "unchanged": 3}
    sums = record.accounting
    assert (sums.listed, sums.unchanged, sums.missing, sums.problems()) == (3, 3, 0, [])
    assert sums.removed == 4 + len(attached)
    assert {(change.source, change.why) for change in record.changes} == {("notes", WHY)}
    assert sources_in(settings, "documents") == sources_in(settings, "chunks") == {"papers"}
    assert sources_in(settings, "quarantine") == set()
    difference = diff(tables(settings), first.run_id, record.run_id)
    changes = {document.change for document in difference.documents if document.source == "notes"}
    assert changes == {"removed"}
    assert run(settings).status is Status.UNCHANGED
    assert diagnose(read_settings(settings)).unnamed == {}


def test_no_more_goes_than_the_settings_allow_and_the_refusal_states_why(
    folder: Path, tiny_model: Path
):
    settings = folder / "vouch.yaml"
    before = texts(settings)
    name_sources(folder, tiny_model, "papers")
    with pytest.raises(MassDeleteRefused, match=rf"remove 3 of 6 .* \({WHY}\)"):
        run(settings)
    assert texts(settings) == before
    assert run(settings, allow_mass_delete=True).accounting.removed >= 3


def test_a_source_under_another_name_keeps_its_vectors_and_is_reported_as_renamed(
    folder: Path, tiny_model: Path
):
    settings = folder / "vouch.yaml"
    before = texts(settings)
    name_sources(folder, tiny_model, "notes", "articles", paths={"articles": "papers"})
    record = run(settings, allow_mass_delete=True)
    sums = record.accounting
    assert (sums.published, sums.renamed, sums.removed, sums.vectors_computed) == (3, 3, 3, 0)
    assert "embed" not in items_by_stage(record)
    assert texts(settings) == before
    renames = {change.uri: change.why for change in record.changes if change.action == "renamed"}
    assert renames == {f"{name}.md": f"from {name}.md (source papers)" for name in "cde"}
    assert run(settings).status is Status.UNCHANGED


def test_a_removed_source_is_kept_for_its_grace_and_may_return_within_it(
    folder: Path, tiny_model: Path, pass_time: Callable[[timedelta], None]
):
    settings, grace = folder / "vouch.yaml", {**ALL_MAY_GO, "delete_grace_h": 48}
    before = texts(settings)
    name_sources(folder, tiny_model, "papers", **grace)
    record = run(settings)
    # Nobody finds the document in quarantine, so it goes at once.
    assert record.change_counts == {"removed": 1, "missing": 3, "unchanged": 3}
    assert record.accounting.problems() == []
    missing = [change.why for change in record.changes if change.action == "missing"]
    assert all(why.startswith(f"{WHY}; kept until ") for why in missing)
    assert texts(settings) == before
    assert run(settings).status is Status.UNCHANGED

    name_sources(folder, tiny_model, "notes", "papers", **grace)
    record = run(settings)
    assert (record.accounting.vectors_computed, record.accounting.missing) == (0, 0)
    assert {row["remove_after"] for row in indexed(settings, "documents", "remove_after")} == {None}
    assert texts(settings) == before

    name_sources(folder, tiny_model, "papers", **grace)
    run(settings)
    pass_time(timedelta(hours=49))
    assert run(settings).change_counts["removed"] == 3
    assert sources_in(settings, "documents") == {"papers"}


def test_only_a_run_over_all_sources_removes_one(folder: Path, tiny_model: Path):
    settings = folder / "vouch.yaml"
    before = texts(settings)
    name_sources(folder, tiny_model, "papers", **ALL_MAY_GO)
    backfill(config=str(settings))
    replay(config=str(settings))
    reindex(config=str(settings), switch=True)
    assert texts(settings) == before


def test_removing_a_small_source_is_no_drift(tmp_path: Path, tiny_model: Path):
    """`index.max_delete_share` decides what may go; the drift checks compare the sources left."""
    for name, count in {"many": 60, "few": 11}.items():
        (tmp_path / name).mkdir()
        for number in range(count):
            text = f"# {name} {number}\n\nThe {name} and what {number} says of them."
            (tmp_path / name / f"{number}.md").write_text(text)
    settings = name_sources(tmp_path, tiny_model, "many", "few")
    run(settings)
    name_sources(tmp_path, tiny_model, "many")
    record = run(settings)
    assert (record.status, record.accounting.removed) == (Status.PUBLISHED, 11)
    assert "drift_documents" not in failed(record)
