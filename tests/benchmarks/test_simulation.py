"""The simulation of docs/scale.md: its tables are those of the module, and its sums are right."""

from pathlib import Path

import pytest

from benchmarks.scale.simulation import makespan, run, shard_seconds, tables

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"


def test_the_page_has_the_tables_of_the_module():
    page = PAGE.read_text("utf-8")
    for table in tables():
        assert table in page, f"print them again: {table.splitlines()[0]}"


def test_shards_are_cut_as_a_run_cuts_them():
    seconds = shard_seconds(20_000)
    assert 90 <= len(seconds) <= 160  # of 200 documents on average, and of 400 at most
    assert sum(seconds) == pytest.approx(20_000 * 0.0317, rel=0.1)


def test_a_worker_takes_the_next_shard_when_it_is_free():
    assert makespan([3, 1, 1, 1], 1) == 6
    assert makespan([3, 1, 1, 1], 2) == 3
    assert makespan([3, 1, 1, 1], 9) == 3


def test_only_work_costs_more_than_looking():
    nothing, some = (run(1e6, work) for work in (0, 1e4))
    assert [stage.name for stage in nothing][:2] == [stage.name for stage in some][:2]
    assert sum(stage.requests for stage in nothing) < sum(stage.requests for stage in some)
