"""Plans, renames, deletes with proof, grace, and what a changed setting redoes."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.pipeline.steps import indexed, items_by_stage, run, tables, texts, write
from vouch.index.store.lookups import indexed_documents
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.rollback import undelete
from vouch.pipeline.planning.dry_run import dry_run
from vouch.pipeline.planning.saved_plan import SavedPlan
from vouch.schemas.errors import BudgetExceeded, IndexError_, NotFound, PlanStale, SettingsError
from vouch.schemas.run import Status

MORE = "index: {max_delete_share: 1.0}\n"


@pytest.fixture
def settings(project, tiny_model: Path) -> Path:
    documents = {
        "a.md": "# Alpha\n\nThe first of three texts.",
        "b.md": "# Beta\n\nThe second of three texts.",
        "c.md": "# Gamma\n\nThe third.",
    }
    return project(documents, f"embedding: {{model: {tiny_model}}}\n{MORE}")


def save(settings: Path) -> Path:
    file = read_settings(settings)
    target = settings.parent / "plan.json"
    SavedPlan.of(dry_run(file).plan, file.sha256).write(target)
    return target


def test_a_saved_plan_is_done_and_a_stale_one_is_refused(settings: Path):
    plan = save(settings)
    assert run(settings, plan=str(plan)).accounting.published == 3
    with pytest.raises(
        PlanStale, match=r"3 documents are not as they were .*a.md: new, now unchanged"
    ):
        run(settings, plan=str(plan))
    plan = save(settings)
    write(settings, "d.md", "# Delta\n\nNew.")
    with pytest.raises(PlanStale, match=r"d.md: unchanged, now new"):
        run(settings, plan=str(plan))
    plan = save(settings)
    write(settings, "d.md", "# Delta\n\nEdited since.")
    with pytest.raises(PlanStale, match=r"1 documents"):
        run(settings, plan=str(plan))
    plan = save(settings)
    settings.write_text(settings.read_text() + "# a comment\n")
    with pytest.raises(PlanStale, match="the settings have changed"):
        run(settings, plan=str(plan))
    assert set(texts(settings)) == {"a.md", "b.md", "c.md"}


def test_what_is_no_plan_is_an_error_that_says_so(settings: Path):
    with pytest.raises(SettingsError, match="is not a saved plan"):
        run(settings, plan=str(settings))


@pytest.mark.parametrize("cap", [{"max_documents": 2}, {"max_tokens": 5}])
def test_a_cap_stops_a_run_before_it_spends(settings: Path, cap: dict[str, int], monkeypatch):
    import vouch.flows.tasks

    monkeypatch.setattr(vouch.flows.tasks, "stage_shard", lambda *_: pytest.fail("it went on"))
    with pytest.raises(BudgetExceeded, match="nothing was spent"):
        run(settings, **cap)


def test_the_token_cap_holds_for_what_is_really_embedded(settings: Path, monkeypatch):
    import vouch.pipeline.lifecycle

    monkeypatch.setattr(vouch.pipeline.lifecycle, "refuse_overspending", lambda *_: None)
    with pytest.raises(BudgetExceeded, match="finished shards are kept"):
        run(settings, max_tokens=5)
    assert indexed(settings, "chunks", "uri") == []


def test_a_rename_embeds_nothing_and_is_told(settings: Path):
    run(settings)
    folder = settings.parent / "documents"
    (folder / "a.md").rename(folder / "moved.md")
    record = run(settings)
    assert (
        record.accounting.renamed,
        record.accounting.removed,
        record.accounting.vectors_computed,
    ) == (1, 1, 0)
    assert "embed" not in items_by_stage(record)
    assert [
        (one.action, one.uri, one.why) for one in record.changes if one.action == "renamed"
    ] == [("renamed", "moved.md", "from a.md")]
    names = {
        row["uri"]: row["renamed_from"]
        for row in indexed(settings, "documents", "uri", "renamed_from")
    }
    assert names == {"b.md": None, "c.md": None, "moved.md": "a.md"}
    write(settings, "moved.md", "# Alpha\n\nEdited later.")
    run(settings)
    names = {
        row["uri"]: row["renamed_from"]
        for row in indexed(settings, "documents", "uri", "renamed_from")
    }
    assert names["moved.md"] == "a.md"


def test_nothing_to_do_makes_no_version_and_loads_no_model(settings: Path):
    run(settings)
    before = tables(settings).versions()
    record = run(settings)
    assert record.status is Status.UNCHANGED
    assert tables(settings).versions() == before
    assert set(items_by_stage(record)) == {"list", "plan"}


def test_equal_bytes_with_another_time_are_read_once_and_not_parsed(settings: Path):
    run(settings)
    os.utime(settings.parent / "documents/a.md", (1, 1))
    record = run(settings)
    assert items_by_stage(record)["fetch"] == 1
    assert "parse" not in items_by_stage(record)
    assert (record.accounting.unchanged, record.accounting.published) == (3, 0)
    assert run(settings).status is Status.UNCHANGED


@pytest.mark.parametrize(
    ("more", "why", "embeds"),
    [
        ("chunking: {max_tokens: 64}", "the chunking has changed", False),
        ("contracts: {chunks: {min_chars: 2}}", "the contract has changed", False),
    ],
)
def test_a_changed_setting_redoes_its_stage_from_the_kept_text(
    settings: Path, more: str, why: str, embeds: bool
):
    run(settings)
    settings.write_text(settings.read_text() + more + "\n")
    assert {one.why for one in dry_run(read_settings(settings)).plan.documents} == {why}
    record = run(settings)
    assert record.change_counts == {"reprocess": 3}
    assert not {"fetch", "parse"} & set(items_by_stage(record))
    assert ("embed" in items_by_stage(record)) is embeds
    assert run(settings).status is Status.UNCHANGED


def test_a_changed_parser_redoes_only_its_documents_and_those_that_hold_them(
    settings: Path, monkeypatch
):
    from tests.pipeline.test_ingest import MAIL
    from vouch.parsers import registry

    (settings.parent / "documents/mail.eml").write_bytes(MAIL)
    write(settings, "plain.txt", "Only words, nothing else in here.")
    run(settings)
    fingerprint = registry.parse_fingerprint

    def other(name: str, *made: str) -> str:
        return "another" if name == "markdown" else fingerprint(name, *made)

    for module in (
        "vouch.pipeline.planning.index_state",
        "vouch.pipeline.planning.unchanged_documents",
        "vouch.pipeline.stages.fetch_and_parse",
        "vouch.pipeline.planning.sharding",
    ):
        monkeypatch.setattr(f"{module}.parse_fingerprint", other)
    record = run(settings)
    assert {one.uri: one.why for one in record.changes} == {
        "a.md": "the markdown parser has changed",
        "b.md": "the markdown parser has changed",
        "c.md": "the markdown parser has changed",
        "mail.eml": "the markdown parser has changed (in #attachment/1/lease.md)",
    }
    assert record.accounting.unchanged == 1
    assert run(settings).status is Status.UNCHANGED


def test_a_document_that_is_missing_is_kept_until_its_grace_has_passed(settings: Path, monkeypatch):
    settings.write_text(
        settings.read_text().replace(MORE, "index: {max_delete_share: 1.0, delete_grace_h: 48}\n")
    )
    run(settings)
    file = settings.parent / "documents/a.md"
    text = file.read_text()
    file.unlink()
    record = run(settings)
    assert (
        record.accounting.missing,
        record.accounting.removed,
        record.change_counts["missing"],
    ) == (1, 0, 1)
    assert "a.md" in texts(settings)
    assert run(settings).status is Status.UNCHANGED
    write(settings, "a.md", text)
    assert run(settings).accounting.missing == 0
    assert {row["remove_after"] for row in indexed(settings, "documents", "remove_after")} == {None}
    file.unlink()
    run(settings)
    _pass_time(monkeypatch, timedelta(hours=49))
    assert run(settings).accounting.removed == 1
    assert set(texts(settings)) == {"b.md", "c.md"}


def test_what_is_missing_is_chunked_again_with_the_others(settings: Path):
    settings.write_text(
        settings.read_text().replace(MORE, "index: {max_delete_share: 1.0, delete_grace_h: 48}\n")
    )
    run(settings)
    (settings.parent / "documents/a.md").unlink()
    run(settings)
    settings.write_text(settings.read_text() + "chunking: {max_tokens: 64}\n")
    record = run(settings)
    assert (record.accounting.published, record.accounting.missing) == (3, 1)
    assert (
        len({row["chunk_fingerprint"] for row in indexed(settings, "chunks", "chunk_fingerprint")})
        == 1
    )
    assert (
        sum(
            row["remove_after"] is not None
            for row in indexed(settings, "documents", "remove_after")
        )
        == 1
    )


def test_a_document_that_is_gone_can_be_brought_back_for_a_while(settings: Path, monkeypatch):
    run(settings)
    before = texts(settings)
    file = settings.parent / "documents/a.md"
    text = file.read_text()
    file.unlink()
    run(settings)
    with pytest.raises(NotFound, match="none of the 2 kept states publishes nowhere.md"):
        undelete(read_settings(settings), "nowhere.md", 2)
    with pytest.raises(NotFound, match="is published"):
        undelete(read_settings(settings), "b.md", 2)
    record = undelete(read_settings(settings), "a.md", 2)
    assert (record.kind, record.accounting.vectors_computed) == ("undelete", 0)
    assert texts(settings) == before
    assert run(settings).status is Status.UNCHANGED
    write(settings, "a.md", text)
    run(settings)
    assert {row["remove_after"] for row in indexed(settings, "documents", "remove_after")} == {None}
    file.unlink()
    run(settings)
    undelete(read_settings(settings), "a.md", 2)
    _pass_time(monkeypatch, timedelta(days=3))
    assert run(settings).accounting.removed == 1


@pytest.mark.parametrize("trouble", ["fails", "is empty", "is cut short"])
def test_a_listing_that_is_not_whole_removes_nothing(settings: Path, trouble: str, monkeypatch):
    from fsspec.implementations.local import LocalFileSystem

    from vouch.schemas.errors import MassDeleteRefused

    settings.write_text(settings.read_text().replace(MORE, ""))
    write(settings, "sub/d.md", "# Delta\n\nIn a folder below.")
    run(settings)
    real = LocalFileSystem.ls

    def ls(self, path, detail=False, **options):
        if trouble == "fails" or str(path).endswith("sub"):
            raise OSError(5, "Input/output error")
        return [] if trouble == "is empty" else real(self, path, detail, **options)

    monkeypatch.setattr(LocalFileSystem, "ls", ls)
    if trouble == "is empty":
        with pytest.raises(MassDeleteRefused, match="would remove 4 of 4"):
            run(settings)
    else:
        record = run(settings)
        assert (record.accounting.removed, record.sources[0].complete) == (0, False)
    monkeypatch.undo()
    assert set(texts(settings)) == {"a.md", "b.md", "c.md", "sub/d.md"}


def test_an_index_from_before_these_columns_is_brought_up_to_date(settings: Path):
    run(settings)
    old = tables(settings)
    old.documents.drop_columns(
        ["structure", "canonical_sha256", "check_fingerprint", "renamed_from", "remove_after"]
    )
    old.chunks.drop_columns(["vector_sha256"])
    old.quarantine.drop_columns(["rule_fingerprint", "parked"])
    with pytest.raises(IndexError_, match="was made by an earlier version of Vouch"):
        dry_run(read_settings(settings))
    record = run(settings)
    assert record.change_counts == {"reprocess": 3}
    assert items_by_stage(record)["parse"] == 3
    assert record.accounting.vectors_computed == 0
    assert indexed_documents(tables(settings))["check_fingerprint"].null_count() == 0
    assert run(settings).status is Status.UNCHANGED


def _pass_time(monkeypatch, later: timedelta) -> None:
    """Runs of the future: at the same files, at another time."""
    import vouch.pipeline.context.run_context

    monkeypatch.setattr(
        vouch.pipeline.context.run_context, "now", lambda: datetime.now(UTC) + later
    )
