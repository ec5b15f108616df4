"""A staged shard is complete, or it is not there."""

import os
import time
from pathlib import Path

import pytest

from tests.index.interrupt import Interrupted, interrupt_at
from tests.index.small_index import DIMENSION, stage
from vouch.index.store.staging import ShardSummary, Staging
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import IndexError_


def test_a_shard_without_its_marker_is_missing(tmp_path: Path):
    staging = stage(tmp_path, "run", {"a.md": "alpha"})
    (staging.root / "shard-run" / "_DONE").unlink()
    assert not staging.has("shard-run")
    with pytest.raises(IndexError_, match="the first is shard-run"):
        staging.rows("chunks")


@pytest.mark.parametrize("boundary", [Boundary.STAGE, Boundary.SYNC_SHARD_FILE])
def test_a_shard_that_is_cut_short_is_missing(tmp_path: Path, boundary: Boundary):
    with interrupt_at(boundary, Side.BEFORE), pytest.raises(Interrupted):
        stage(tmp_path, "run", {"a.md": "alpha"})
    assert not Staging(tmp_path / "work", DIMENSION).has("shard-run")
    stage(tmp_path, "run", {"a.md": "alpha"})
    assert Staging(tmp_path / "work", DIMENSION).has("shard-run")


def test_a_finished_shard_is_not_replaced(tmp_path: Path):
    staging = stage(tmp_path, "run", {"a.md": "alpha"})
    parts = {name: schema.empty_table() for name, schema in staging.schemas.items()}
    staging.write("shard-run", parts, ShardSummary(produced=7))
    assert staging.rows("chunks") == 1
    assert [summary.produced for summary in staging.summaries()] == [0]


def test_leftovers_are_old_and_unused(tmp_path: Path):
    staging = stage(tmp_path, "run", {"a.md": "alpha"})
    for name, hours in (("shard-old", 30), ("shard-new", 0), ("x.abcd.ingest.part", 30)):
        (staging.root / name).mkdir()
        then = time.time() - hours * 3600
        os.utime(staging.root / name, (then, then))
    assert {folder.name for folder in staging.leftovers(24)} == {"shard-old", "x.abcd.ingest.part"}
    Staging(staging.root, DIMENSION, kind="ingest").remove_unfinished()
    staging.remove_leftovers(24)
    assert {folder.name for folder in staging.root.iterdir()} == {"shard-new", "shard-run"}
