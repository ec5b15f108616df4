"""Rollback, hold, diff and retention."""

from pathlib import Path

import pytest

import vouch
from tests.pipeline.steps import run, tables, texts, write
from vouch.index.publishing.versions import states
from vouch.index.store.run_log import read_run
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.rollback import compare_runs, release, rollback
from vouch.schemas.errors import NotFound, PublishingHeld
from vouch.schemas.run import Status


@pytest.fixture
def settings(project, tiny_model: Path) -> Path:
    documents = {
        "a.md": "# Alpha\n\nThe first text.",
        "b.md": "# Beta\n\nThe second text.",
        "c.json": '{"text": "third"}',
    }
    return project(
        documents,
        f"embedding: {{model: {tiny_model}}}\nindex: {{max_delete_share: 1.0, keep_published: 3}}\n",
    )


def test_going_back_is_one_step_with_a_record_of_its_own(settings: Path):
    file = read_settings(settings)
    first = run(settings)
    before = texts(settings)
    reader = vouch.open(file.index_folder)
    write(settings, "a.md", "# Alpha\n\nA bad edit.")
    (settings.parent / "documents/b.md").unlink()
    write(settings, "c.json", "{")
    run(settings)
    assert texts(settings) != before
    record = rollback(file, first.run_id[:15])
    assert texts(settings) == before
    assert (record.kind, record.status, record.hold) == ("rollback", Status.PUBLISHED, True)
    assert {(one.action, one.uri) for one in record.changes} == {
        ("changed", "a.md"),
        ("added", "b.md"),
        ("published", "c.json"),
    }
    assert "Rolled back" in Path(record.report or "").read_text("utf-8")
    assert read_run(tables(settings), record.run_id).window == f"back to {first.run_id}"
    assert {hit.text for hit in vouch.open(file.index_folder).search("text", k=9)} == {
        hit.text for hit in reader.search("text", k=9)
    }
    assert diagnose(file).findings == ()


def test_a_rollback_holds_until_it_is_released(settings: Path):
    file = read_settings(settings)
    first = run(settings)
    write(settings, "a.md", "# Alpha\n\nA bad edit.")
    run(settings)
    rollback(file, first.run_id)
    before = texts(settings)
    with pytest.raises(PublishingHeld, match="nothing is published until `vouch release`"):
        run(settings)
    assert texts(settings) == before
    release(file)
    with pytest.raises(NotFound, match="nothing is held"):
        release(file)
    assert run(settings).accounting.published == 1
    assert "bad edit" in str(texts(settings))


def test_what_two_runs_published_can_be_compared(settings: Path):
    file = read_settings(settings)
    first = run(settings)
    with pytest.raises(NotFound, match="1 published state is kept"):
        compare_runs(file, None, None)
    folder = settings.parent / "documents"
    (folder / "b.md").rename(folder / "moved.md")
    write(settings, "a.md", "# Alpha\n\nEdited.")
    write(settings, "new.md", "# New\n\nA new one.")
    write(settings, "c.json", "{")
    second = run(settings)
    found = compare_runs(file, None, None)
    assert (found.before, found.after) == (first.run_id, second.run_id)
    assert {(one.change, one.uri) for one in found.documents} == {
        ("changed", "a.md"),
        ("renamed", "moved.md"),
        ("removed", "b.md"),
        ("added", "new.md"),
        ("quarantined", "c.json"),
    }
    assert (found.chunks_added, found.chunks_removed, found.chunks_kept) == (3, 3, 0)
    back = compare_runs(file, second.run_id, first.run_id)
    assert (back.chunks_added, back.chunks_removed) == (3, 3)


def test_only_the_newest_states_are_kept_and_the_rest_is_cleaned(settings: Path):
    settings.write_text(
        settings.read_text().replace("keep_published: 3", "keep_published: 2, keep_readers_h: 0")
    )
    file = read_settings(settings)
    records = []
    for number in range(5):
        write(settings, "a.md", f"# Alpha\n\nEdit number {number}.")
        records.append(run(settings))
    assert states(tables(settings)) == [record.run_id for record in records[-2:]]
    with pytest.raises(NotFound, match=f"run {records[0].run_id} published is not kept"):
        rollback(file, records[0].run_id)
    oldest = min(tag["version"] for tag in tables(settings).chunks.tags.list().values())
    assert {version["version"] for version in tables(settings).chunks.list_versions()} >= {oldest}
    assert (
        min(version["version"] for version in tables(settings).chunks.list_versions()) >= oldest - 4
    )
    rollback(file, records[-2].run_id)
    assert "Edit number 3" in str(texts(settings))


def test_a_rollback_that_was_cut_short_is_finished_by_the_next_run(settings: Path, monkeypatch):
    from lancedb.table import LanceTable

    file = read_settings(settings)
    first = run(settings)
    before = texts(settings)
    write(settings, "a.md", "# Alpha\n\nA bad edit.")
    run(settings)
    real = LanceTable.restore

    def dies(self, version=None):
        if self.name == "documents":
            raise KeyboardInterrupt
        real(self, version)

    monkeypatch.setattr(LanceTable, "restore", dies)
    with pytest.raises(KeyboardInterrupt):
        rollback(file, first.run_id, hold=False)
    monkeypatch.undo()
    write(settings, "a.md", "# Alpha\n\nThe first text.")
    assert run(settings).accounting.published == 0
    assert texts(settings) == before
    assert diagnose(file).findings == ()
