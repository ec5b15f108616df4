"""Sources that the settings do not name any more: what was published of them goes, under the guards of any removal."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.pipeline.test_incremental import _pass_time
from tests.pipeline.test_ingest import MAIL
from tests.pipeline.local_runs import backfill, reindex, replay
from tests.pipeline.steps import configure, failed, indexed, items_by_stage, run, tables, texts
from vouch.cli import app
from vouch.index.publishing.diff import diff
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.planning.dry_run import dry_run
from vouch.schemas.errors import MassDeleteRefused
from vouch.schemas.run import Status

WHY = "its source is in the settings no more"
ALL = {"max_delete_share": 1.0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sources: notes, with a mail that something is attached to and a file in quarantine, and papers."""
    for name, files in {"notes": ("a", "b"), "papers": ("c", "d", "e")}.items():
        (tmp_path / name).mkdir()
        for one in files:
            (tmp_path / name / f"{one}.md").write_text(
                f"# Text {one}\n\nWhat {one} says of {name}, in a sentence."
            )
    (tmp_path / "notes/mail.eml").write_bytes(MAIL)
    (tmp_path / "notes/broken.json").write_text("{")
    return tmp_path


def named(
    folder: Path, model: Path, *sources: str, paths: dict[str, str] | None = None, **index: object
) -> Path:
    """Settings with these sources, each of the folder of its name or of `paths`."""
    listed = [{"name": name, "path": (paths or {}).get(name, name)} for name in sources]
    return configure(folder, model, sources=listed, index=index)


def sources(settings: Path, table: str = "documents") -> set[str]:
    return {row["source"] for row in indexed(settings, table, "source")}


def test_a_source_that_is_taken_out_goes_with_all_that_came_of_it(folder: Path, tiny_model: Path):
    settings = named(folder, tiny_model, "notes", "papers")
    first = run(settings)
    attached = [
        row for row in indexed(settings, "documents", "source", "parent_id") if row["parent_id"]
    ]
    assert {row["source"] for row in attached} == {"notes"}
    assert sources(settings, "quarantine") == {"notes"}
    named(folder, tiny_model, "papers", **ALL)
    seen = dry_run(read_settings(settings))
    assert seen.plan.counts == {"removed": 4, "unchanged": 3}
    record = run(settings)
    assert (record.status, record.change_counts) == (
        Status.PUBLISHED,
        {"removed": 4, "unchanged": 3},
    )
    sums = record.accounting
    assert (sums.listed, sums.unchanged, sums.missing, sums.problems()) == (3, 3, 0, [])
    assert sums.removed == 4 + len(attached)
    assert {(one.action, one.source, one.why) for one in record.changes} == {
        ("removed", "notes", WHY)
    }
    assert [sources(settings, name) for name in ("documents", "chunks", "quarantine")] == [
        {"papers"},
        {"papers"},
        set(),
    ]
    told = diff(tables(settings), first.run_id, record.run_id)
    assert {one.change for one in told.documents if one.source == "notes"} == {"removed"}
    assert run(settings).status is Status.UNCHANGED


def test_no_more_goes_than_may_and_the_refusal_says_why(folder: Path, tiny_model: Path):
    settings = named(folder, tiny_model, "notes", "papers")
    run(settings)
    before = texts(settings)
    named(folder, tiny_model, "papers")
    with pytest.raises(MassDeleteRefused, match=rf"remove 3 of 6 .* \({WHY}\)"):
        run(settings)
    assert texts(settings) == before
    assert run(settings, allow_mass_delete=True).accounting.removed >= 3


def test_a_source_under_another_name_keeps_its_vectors_and_is_told_as_renamed(
    folder: Path, tiny_model: Path
):
    settings = named(folder, tiny_model, "notes", "papers")
    run(settings)
    before = texts(settings)
    named(folder, tiny_model, "notes", "articles", paths={"articles": "papers"})
    record = run(settings, allow_mass_delete=True)
    sums = record.accounting
    assert (sums.published, sums.renamed, sums.removed, sums.vectors_computed) == (3, 3, 3, 0)
    assert "embed" not in items_by_stage(record)
    assert texts(settings) == before
    told = {one.uri: one.why for one in record.changes if one.action == "renamed"}
    assert told == {f"{name}.md": f"from {name}.md (source papers)" for name in "cde"}
    assert run(settings).status is Status.UNCHANGED


def test_it_is_kept_for_its_grace_though_its_contract_is_in_the_settings_no_more(
    folder: Path, tiny_model: Path, monkeypatch
):
    grace = {**ALL, "delete_grace_h": 48}
    strict = {"name": "notes", "path": "notes", "contract": {"max_chars": 100_000}}
    settings = configure(
        folder, tiny_model, sources=[strict, {"name": "papers", "path": "papers"}], index=grace
    )
    run(settings)
    named(folder, tiny_model, "papers", **grace)
    record = run(settings)
    sums = record.accounting
    # What is in quarantine answers nobody, so it goes at once, as of a source that lists it no more.
    assert (record.change_counts, sums.missing, sums.removed) == (
        {"removed": 1, "missing": 3, "unchanged": 3},
        3,
        1,
    )
    assert sums.problems() == []
    assert all(
        one.why.startswith(f"{WHY}; kept until ")
        for one in record.changes
        if one.action == "missing"
    )
    assert "a.md" in texts(settings)
    assert run(settings).status is Status.UNCHANGED
    _pass_time(monkeypatch, timedelta(hours=49))
    assert run(settings).change_counts["removed"] == 3
    assert sources(settings) == {"papers"}


def test_one_that_is_named_again_within_its_grace_is_what_it_was(folder: Path, tiny_model: Path):
    grace = {**ALL, "delete_grace_h": 48}
    settings = named(folder, tiny_model, "notes", "papers", **grace)
    run(settings)
    before = texts(settings)
    named(folder, tiny_model, "papers", **grace)
    run(settings)
    named(folder, tiny_model, "notes", "papers", **grace)
    record = run(settings)
    assert (record.accounting.vectors_computed, record.accounting.missing) == (0, 0)
    assert {row["remove_after"] for row in indexed(settings, "documents", "remove_after")} == {None}
    assert texts(settings) == before


def test_an_incomplete_listing_of_another_source_neither_keeps_it_nor_loses_its_own(
    folder: Path, tiny_model: Path, monkeypatch
):
    from fsspec.implementations.local import LocalFileSystem

    settings = named(folder, tiny_model, "notes", "papers")
    run(settings)
    named(folder, tiny_model, "papers", **ALL)
    real = LocalFileSystem.ls
    (folder / "papers/below").mkdir()
    (folder / "papers/c.md").unlink()

    def ls(self, path, detail=False, **options):
        if str(path).endswith("below"):
            raise OSError(5, "Input/output error")
        return real(self, path, detail, **options)

    monkeypatch.setattr(LocalFileSystem, "ls", ls)
    record = run(settings)
    assert not record.sources[0].complete
    assert record.change_counts == {"removed": 4, "unchanged": 2}
    assert set(texts(settings)) == {"c.md", "d.md", "e.md"}


def test_only_a_run_over_all_sources_removes_it(folder: Path, tiny_model: Path):
    settings = named(folder, tiny_model, "notes", "papers")
    run(settings)
    before = texts(settings)
    named(folder, tiny_model, "papers", **ALL)
    backfill(config=str(settings))
    replay(config=str(settings))
    reindex(config=str(settings), switch=True)
    assert texts(settings) == before


def test_the_doctor_tells_of_it_as_long_as_it_is_there(folder: Path, tiny_model: Path):
    settings = named(folder, tiny_model, "notes", "papers", **ALL)
    run(settings)
    assert diagnose(read_settings(settings)).unnamed == {}
    named(folder, tiny_model, "papers", **ALL)
    seen = diagnose(read_settings(settings))
    assert (seen.findings, seen.unnamed, seen.waiting) == ((), {"notes": 4}, {"removed": 4})
    told = (
        CliRunner()
        .invoke(app, ["--config", str(settings), "doctor"], env={"COLUMNS": "200"})
        .stdout
    )
    assert (
        "Of sources that the settings do not name: 4 of notes; `vouch ingest` removes them" in told
    )
    run(settings)
    assert diagnose(read_settings(settings)).unnamed == {}


def test_a_source_below_the_share_goes_without_being_asked(tmp_path: Path, tiny_model: Path):
    """`index.max_delete_share` decides over what goes, not the drift of a source that is meant to be no more."""
    for name, count in {"many": 60, "few": 11}.items():
        (tmp_path / name).mkdir()
        for number in range(count):
            (tmp_path / name / f"{number}.md").write_text(
                f"# {name} {number}\n\nThe {name} and what {number} says of them."
            )
    settings = named(tmp_path, tiny_model, "many", "few")
    run(settings)
    named(tmp_path, tiny_model, "many")
    record = run(settings)
    assert (record.status, record.accounting.removed) == (Status.PUBLISHED, 11)
    assert "drift_documents" not in failed(record)
