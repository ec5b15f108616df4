"""What happens to a commit that is made on another state than the one that was audited."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.index.small_index import FIRST, SECOND, SETTINGS, TEXTS, intent, record, stage, texts
from tests.pipeline.faults import at
from vouch.index.publishing.publish import finish, publish, restore
from vouch.index.publishing.versions import published_state
from vouch.index.store.run_log import Intent, advance_run, read_run, write_run
from vouch.index.store.tables import Tables, rows
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import IndexError_, StorageError
from vouch.schemas.runs.record import Status

THIRD = "20260102T000000-cccccc"


def seen(tables: Tables) -> dict[str, str]:
    """Return what a reader sees that opens the index now."""
    published = published_state(Tables.open(tables.location))
    return {row["uri"]: row["text"] for row in rows(published.chunks, ("uri", "text")).to_pylist()}


def publish_too(tables: Tables, folder: Path) -> None:
    """Do what a run does that takes another one for dead: finish what it began, then publish."""
    finish(tables.latest(), SETTINGS)
    staging = stage(folder / "third", THIRD, {"e.md": "epsilon"})
    chunks = tables.chunks.count_rows() + 1
    publish(tables, staging, intent(staging, chunks), record(THIRD), SETTINGS)


@contextmanager
def overtaken_before(boundary: Boundary, tables: Tables, folder: Path) -> Iterator[None]:
    """Let another run publish before a step of the one in the block, which must notice it."""
    other_handles = Tables.open(tables.location)
    with (
        at(boundary, Side.BEFORE, lambda: publish_too(other_handles, folder), once=True),
        pytest.raises(IndexError_, match="was taken for dead while it published"),
    ):
        yield


def test_rows_that_another_program_writes_in_between_are_put_right(
    small_tables: Tables, tmp_path: Path
):
    staging = stage(tmp_path, SECOND, {"d.md": "delta"})
    plan = intent(staging, 4)

    def delete_a_row() -> None:
        Tables.open(small_tables.location).chunks.delete("uri = 'c.md'")

    with at(Boundary.COMMIT_CHUNKS, Side.BEFORE, delete_a_row, once=True):
        publish(small_tables, staging, plan, record(SECOND), SETTINGS)
    assert texts(small_tables) == seen(small_tables) == TEXTS | {"d.md": "delta"}


def test_a_version_with_the_same_rows_in_between_is_no_reason_to_commit_again(
    small_tables: Tables, tmp_path: Path
):
    staging = stage(tmp_path, SECOND, {"d.md": "delta"})

    def make_a_version() -> None:
        Tables.open(small_tables.location).chunks.delete("uri = 'none'")

    before = small_tables.latest().chunks.version
    with at(Boundary.COMMIT_CHUNKS, Side.BEFORE, make_a_version, once=True):
        publish(small_tables, staging, intent(staging, 4), record(SECOND), SETTINGS)
    assert texts(small_tables) == TEXTS | {"d.md": "delta"}
    restored = [
        version for version in small_tables.chunks.list_versions() if version["version"] > before
    ]
    assert len(restored) <= 4  # the version in between, the commit, and its search index


def test_a_run_that_was_taken_for_dead_stops_and_what_it_has_committed_is_undone(
    small_tables: Tables, tmp_path: Path
):
    intended = Intent(restore=small_tables.latest().versions())
    with overtaken_before(Boundary.RESTORE_TABLES, small_tables, tmp_path):
        restore(small_tables, intended, record(SECOND), SETTINGS)
    whole = TEXTS | {"e.md": "epsilon"}
    assert texts(small_tables) == TEXTS
    assert seen(small_tables) == whole
    first, second = (read_run(small_tables, run_id) for run_id in (SECOND, THIRD))
    assert (first.status, first.finished_later) == (Status.PUBLISHED, True)
    assert (second.status, second.finished_later) == (Status.PUBLISHED, False)
    finish(small_tables.latest(), SETTINGS)
    assert texts(small_tables) == seen(small_tables) == whole


def test_a_run_whose_shards_are_gone_because_another_one_published_them_says_so(
    small_tables: Tables, tmp_path: Path
):
    staging = stage(tmp_path / "second", SECOND, {"d.md": "delta"})
    with overtaken_before(Boundary.COMMIT_CHUNKS, small_tables, tmp_path):
        publish(small_tables, staging, intent(staging, 4), record(SECOND), SETTINGS)
    assert texts(small_tables) == seen(small_tables) == TEXTS | {"d.md": "delta", "e.md": "epsilon"}


def test_rows_that_a_person_deletes_are_not_put_back(small_tables: Tables):
    small_tables.chunks.delete("uri = 'c.md'")
    finish(small_tables.latest(), SETTINGS)
    assert "c.md" not in texts(small_tables)


def test_a_run_that_loses_its_lock_changes_nothing_more(small_tables: Tables, tmp_path: Path):
    staging = stage(tmp_path, SECOND, {"d.md": "delta"})
    lost = False

    def may_publish() -> None:
        if lost:
            raise StorageError("the lease is another one's")

    def lose() -> None:
        nonlocal lost
        lost = True

    with (
        at(Boundary.COMMIT_CHUNKS, Side.BEFORE, lose),
        pytest.raises(StorageError, match="another one's"),
    ):
        publish(small_tables, staging, intent(staging, 4), record(SECOND), SETTINGS, may_publish)
    assert texts(small_tables) == TEXTS
    finish(small_tables.latest(), SETTINGS)
    assert texts(small_tables) == seen(small_tables) == TEXTS | {"d.md": "delta"}


def test_an_intent_that_was_recorded_too_late_is_not_finished(small_tables: Tables, tmp_path: Path):
    stale = small_tables.versions()
    staging = stage(tmp_path / "second", SECOND, {"d.md": "delta"})
    publish(small_tables, staging, intent(staging, 4), record(SECOND), SETTINGS)
    late = Intent(restore=stale, versions=stale)
    publishing = record(THIRD).model_copy(update={"status": Status.PUBLISHING})
    write_run(small_tables, publishing, late)
    (failed,) = finish(small_tables, SETTINGS)
    assert (failed.status, failed.run_id) == (Status.FAILED, THIRD)
    assert texts(small_tables) == seen(small_tables) == TEXTS | {"d.md": "delta"}


def test_a_restore_is_checked_as_a_merge_is(small_tables: Tables, tmp_path: Path):
    first = small_tables.latest().versions()
    staging = stage(tmp_path / "second", SECOND, {"d.md": "delta"})
    publish(small_tables, staging, intent(staging, 4), record(SECOND), SETTINGS)

    def delete_a_row() -> None:
        Tables.open(small_tables.location).chunks.delete("uri = 'c.md'")

    with at(Boundary.RESTORE_TABLES, Side.BEFORE, delete_a_row, once=True):
        restore(small_tables, Intent(restore=first), record(THIRD), SETTINGS)
    assert texts(small_tables) == seen(small_tables) == TEXTS


def test_of_two_that_advance_a_record_one_succeeds(small_tables: Tables):
    stale = Tables.open(small_tables.location)
    running = record(SECOND)
    write_run(small_tables, running)
    stale.latest()
    failed = running.model_copy(update={"status": Status.FAILED, "error": "cut short"})
    assert advance_run(small_tables, failed, (Status.RUNNING,))
    published = running.model_copy(update={"status": Status.PUBLISHED})
    assert not advance_run(stale, published, (Status.RUNNING, Status.PUBLISHING))
    assert read_run(stale, SECOND).status is Status.FAILED
    assert advance_run(stale, failed, (Status.RUNNING,)), "what is written already is no conflict"
    assert read_run(stale, FIRST).status is Status.PUBLISHED
