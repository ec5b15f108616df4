"""Rollback, hold and release, the comparison of two runs, and which states are kept."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

import vouch
from tests.pipeline.faults import ROLLBACK, Killed, at
from tests.pipeline.steps import configure, run, tables, texts, write
from vouch.index.publishing.versions import published_state, states
from vouch.index.store.run_log import list_runs, newest_published, read_run
from vouch.index.store.tables import rows
from vouch.pipeline.context.settings_loader import SettingsFile, read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.pipeline.operations.rollback import compare_runs, release, rollback
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import NotFound, PublishingHeld
from vouch.schemas.runs.record import Status

INDEX = {"max_delete_share": 1.0, "keep_published": 3}


@pytest.fixture(scope="module")
def two_states(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A project that two runs have published: the second edits, renames, adds and breaks."""
    folder = tmp_path_factory.mktemp("rollback")
    settings = configure(folder, tiny_model, index=INDEX)
    write(settings, "a.md", "# Alpha\n\nThe first text.")
    write(settings, "b.md", "# Beta\n\nThe second text.")
    write(settings, "c.json", '{"text": "third"}')
    run(settings)
    (folder / "documents/b.md").rename(folder / "documents/moved.md")
    write(settings, "a.md", "# Alpha\n\nA bad edit.")
    write(settings, "new.md", "# New\n\nA new text.")
    write(settings, "c.json", "{")
    run(settings)
    return folder


@pytest.fixture
def settings(two_states: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(two_states, tmp_path / "project")) / "vouch.yaml"


@pytest.fixture
def file(settings: Path) -> SettingsFile:
    return read_settings(settings)


FIRST_TEXTS = {
    "a.md": ["Alpha\n\nThe first text."],
    "b.md": ["Beta\n\nThe second text."],
    "c.json": ["text: third"],
}


def first_run(settings: Path) -> str:
    return states(tables(settings))[0]


def test_a_rollback_is_one_step_with_its_own_record(settings: Path, file: SettingsFile):
    first = first_run(settings)
    assert texts(settings)["a.md"] == ["Alpha\n\nA bad edit."]
    record = rollback(file, first)
    assert texts(settings) == FIRST_TEXTS
    assert (record.kind, record.status, record.hold) == ("rollback", Status.PUBLISHED, True)
    assert {(change.action, change.uri) for change in record.changes} == {
        ("changed", "a.md"),
        ("added", "b.md"),
        ("removed", "moved.md"),
        ("removed", "new.md"),
        ("published", "c.json"),
    }
    assert "Rolled back" in Path(record.report or "").read_text("utf-8")
    assert read_run(tables(settings), record.run_id).window == f"back to {first}"
    hits = vouch.open(file.index_location).search("text", k=9, breadth="all")
    assert {hit.text for hit in hits} == {text for (text,) in FIRST_TEXTS.values()}
    assert diagnose(file).findings == ()


def test_a_rollback_keeps_runs_from_publishing_until_it_is_released(
    settings: Path, file: SettingsFile
):
    rollback(file, first_run(settings))
    with pytest.raises(PublishingHeld, match="nothing is published until `vouch release`"):
        run(settings)
    assert texts(settings) == FIRST_TEXTS
    release(file)
    with pytest.raises(NotFound, match="no rollback holds the index"):
        release(file)
    run(settings)
    assert texts(settings)["a.md"] == ["Alpha\n\nA bad edit."]


def test_the_states_of_two_runs_are_compared(settings: Path, file: SettingsFile):
    first, second = states(tables(settings))
    difference = compare_runs(file, None, None)
    assert (difference.before, difference.after) == (first, second)
    assert {(document.change, document.uri) for document in difference.documents} == {
        ("changed", "a.md"),
        ("renamed", "moved.md"),
        ("removed", "b.md"),
        ("added", "new.md"),
        ("quarantined", "c.json"),
    }
    counts = (difference.chunks_added, difference.chunks_removed, difference.chunks_kept)
    assert counts == (3, 3, 0)
    reverse = compare_runs(file, second, first)
    assert (reverse.chunks_added, reverse.chunks_removed) == (3, 3)


def test_only_the_newest_states_are_kept(settings: Path, tiny_model: Path):
    kept = {"keep_published": 2, "keep_readers_h": 0}
    configure(settings.parent, tiny_model, index=INDEX | kept)
    file, first = read_settings(settings), first_run(settings)
    records = []
    for number in range(3):
        write(settings, "a.md", f"# Alpha\n\nEdit number {number}.")
        records.append(run(settings))
    assert states(tables(settings)) == [record.run_id for record in records[-2:]]
    with pytest.raises(NotFound, match=f"run {first} published is not kept"):
        rollback(file, first)
    chunks = tables(settings).chunks
    oldest_tag = min(tag["version"] for tag in chunks.tags.list().values())
    written = {version["version"]: version["timestamp"] for version in chunks.list_versions()}
    assert oldest_tag in written
    # Versions just before the oldest state that is kept stay: clocks and commits are not that exact.
    assert min(written.values()) >= written[oldest_tag] - timedelta(seconds=1)
    assert 1 not in written
    rollback(file, records[-2].run_id)
    assert "Edit number 1" in str(texts(settings))


def test_with_one_published_state_there_is_nothing_to_compare(settings: Path, tiny_model: Path):
    kept = {"keep_published": 1, "keep_readers_h": 0}
    configure(settings.parent, tiny_model, index=INDEX | kept)
    write(settings, "a.md", "# Alpha\n\nA third text.")
    run(settings)
    with pytest.raises(NotFound, match="1 published state is kept"):
        compare_runs(read_settings(settings), None, None)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("boundary", ROLLBACK)
def test_a_rollback_cut_short_is_finished_by_the_next_run(
    settings: Path, file: SettingsFile, boundary: Boundary, side: Side
):
    """The documents are put back first, so that the next run has nothing else to publish."""
    first, second = states(tables(settings))
    before = visible(settings)
    with at(boundary, side), pytest.raises(Killed):
        rollback(file, first, hold=False)
    is_begun = (boundary, side) != (Boundary.RECORD_INTENT, Side.BEFORE)
    published = newest_published(tables(settings))
    assert published is not None
    is_published = published.run_id != second
    assert (visible(settings) == before) is not is_published

    documents = settings.parent / "documents"
    write(settings, "a.md", "# Alpha\n\nThe first text.")
    (documents / "moved.md").rename(documents / "b.md")
    (documents / "new.md").unlink()
    write(settings, "c.json", '{"text": "third"}')
    record = run(settings)

    assert texts(settings) == FIRST_TEXTS
    if is_begun:
        assert record.accounting.published == 0
    assert {record.status for record in list_runs(tables(settings))} <= {
        Status.PUBLISHED,
        Status.UNCHANGED,
    }
    assert diagnose(file).findings == ()


def visible(settings: Path) -> set[str]:
    """Return the ids of the chunks that readers see."""
    chunks = published_state(tables(settings)).chunks
    return set(rows(chunks, ("chunk_id",)).column("chunk_id").to_pylist())
