"""The log of runs."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.index.small_index import FIRST, SECOND, record
from vouch.index.store.run_log import (
    Intent,
    compact_run_log,
    intent_of,
    list_runs,
    mark_crashed_runs_failed,
    published_before,
    read_run,
    write_run,
)
from vouch.index.store.tables import Tables, fragment_count
from vouch.schemas.errors import IndexError_, NotFound
from vouch.schemas.runs.cost import Spending
from vouch.schemas.runs.record import Status

THIRD = "20260103T000000-cccccc"


def test_a_run_is_found_by_a_prefix_of_its_id(small_tables: Tables):
    assert read_run(small_tables, "2026").run_id == FIRST
    assert read_run(small_tables, "latest").run_id == FIRST
    assert [run.run_id for run in list_runs(small_tables)] == [FIRST]
    with pytest.raises(NotFound, match="there is no run '1999'"):
        read_run(small_tables, "1999")
    write_run(small_tables, record(SECOND))
    with pytest.raises(NotFound, match="2 runs begin with '2026'"):
        read_run(small_tables, "2026")


def test_a_run_that_crashed_is_marked_as_failed(small_tables: Tables):
    write_run(small_tables, record(SECOND))
    spending = Spending.of({(date(2026, 1, 2), "docs"): 500}, Decimal("0.02"), "EUR")
    spent = {SECOND: spending}.__getitem__
    assert mark_crashed_runs_failed(small_tables, "backfill", spent) == []
    assert mark_crashed_runs_failed(small_tables, "ingest", spent) == [SECOND]
    crashed = read_run(small_tables, SECOND)
    assert (crashed.tokens_embedded, crashed.spending) == (500, spending)
    assert crashed.status is Status.FAILED
    assert crashed.error.startswith("the run was cut short")


def test_runs_are_ordered_by_when_they_published(small_tables: Tables):
    """The run with the later id began later, and published first."""
    for run, version in (("20260104T000000-dddddd", 90), ("20260103T000000-cccccc", 95)):
        published = {"status": Status.PUBLISHED, "versions": {"chunks": version}}
        write_run(small_tables, record(run).model_copy(update=published))
    before = published_before(small_tables, "20260103T000000-cccccc")
    assert [run.run_id for run in before] == [FIRST, "20260104T000000-dddddd"]
    last = published_before(small_tables, "a run that has not published", 1)
    assert [run.run_id for run in last] == ["20260103T000000-cccccc"]


def test_the_files_of_the_log_are_merged_where_there_are_many(small_tables: Tables):
    for number in range(9):
        write_run(small_tables, record(f"2026010{number}T000000-dddddd"))
    before = list_runs(small_tables)
    compact_run_log(small_tables)
    assert fragment_count(small_tables.runs) == 1
    assert list_runs(small_tables) == list_runs(Tables.open(small_tables.location)) == before
    version = small_tables.runs.version
    compact_run_log(small_tables)
    assert small_tables.runs.version == version


def test_opening_an_index_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(IndexError_, match="run `vouch ingest` first"):
        Tables.open(tmp_path / "nowhere")


def test_candidates_of_rejected_runs_are_forgotten_where_the_index_has_changed(
    small_tables: Tables,
):
    here = small_tables.versions()
    for run, chunks in ((SECOND, here["chunks"]), (THIRD, here["chunks"] - 1)):
        versions = here | {"chunks": chunks}
        rejected = record(run).model_copy(
            update={"status": Status.REJECTED, "versions": versions, "verdict": None}
        )
        write_run(small_tables, rejected, Intent(replaced=["d"]))
    for number in range(8):  # a file of the log each
        write_run(small_tables, record(f"{THIRD}-{number}"))
    compact_run_log(small_tables)
    assert intent_of(small_tables, SECOND) == Intent(replaced=["d"])
    assert intent_of(small_tables, THIRD) is None
