"""A clock that is set back: the order of runs, and what follows from it, stays as it happened."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.pipeline.steps import configure, run, tables, write
from vouch.index.store.run_log import list_runs, newest_published, read_run, write_run
from vouch.index.store.tables import Tables, rows
from vouch.reports.alerts import due
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.settings.vouch_yaml import AlertSettings

TODAY = datetime(2026, 11, 30, 12, tzinfo=UTC)


def record(name: str, days: float, status: Status = Status.UNCHANGED) -> RunRecord:
    """Return the record of a run that started so many days from today."""
    started = TODAY + timedelta(days=days)
    return RunRecord(
        run_id=f"{started:%Y%m%dT%H%M%S}-{name}",
        kind="ingest",
        started_at=started,
        ended_at=started - timedelta(minutes=1),
        status=status,
        settings_sha256="",
        code_version="",
        error="no space left" if status is Status.FAILED else None,
    )


@pytest.mark.parametrize("days", [(0, -1, -2), (0, 400, 1), (0, 0, 0)])
def test_runs_are_listed_in_the_order_in_which_they_were_recorded(
    tmp_path: Path, days: tuple[int, ...]
):
    index = Tables.create(tmp_path, 8)
    written = [record(f"{number}", day) for number, day in enumerate(days)]
    for each in written:
        write_run(index, each)
    write_run(index, written[0])  # written again, it stays the first
    assert [each.run_id for each in list_runs(index)] == [each.run_id for each in reversed(written)]
    assert read_run(index, "latest").run_id == written[-1].run_id
    assert read_run(index, "latest").seconds == 0


def test_a_run_after_one_from_the_future_is_the_newest_and_publishes(
    tmp_path: Path, tiny_model: Path
):
    settings = configure(tmp_path, tiny_model)
    write(settings, "a.md", "# A\n\nThe first text.")
    first = run(settings)
    future = first.model_copy(
        update={"run_id": "20990101T000000-future", "started_at": TODAY.replace(year=2099)}
    )
    write_run(tables(settings), future)
    write(settings, "b.md", "# B\n\nThe second text.")
    second = run(settings)
    assert second.status is Status.PUBLISHED
    newest = newest_published(tables(settings))
    assert newest is not None
    assert newest.run_id == second.run_id == read_run(tables(settings), "latest").run_id


def test_an_index_of_an_earlier_version_keeps_its_order_and_can_be_written(tmp_path: Path):
    index = Tables.create(tmp_path, 8)
    index.runs.drop_columns(["sequence"])
    for name, days in (("old", -2), ("new", -1)):
        write_run(index, record(name, days))
    assert [each.run_id[-3:] for each in list_runs(index)] == ["new", "old"]
    index = Tables.create(tmp_path, 8)
    write_run(index, record("now", -9))
    assert [each.run_id[-3:] for each in list_runs(index)] == ["now", "new", "old"]
    numbers = rows(index.runs, ["sequence"]).column("sequence").to_pylist()
    assert sorted(numbers, key=lambda number: number or 0) == [None, None, 1]


def test_a_problem_that_lasts_is_reported_again_after_the_clock_was_set_back():
    failed = [record(name, days, Status.FAILED) for name, days in (("b", -300), ("a", 0))]
    reasons = due(failed, AlertSettings())
    assert [str(reason.event) for reason in reasons] == ["failed"]
