"""A staged shard is complete, or it is not there."""

import json
import os
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.index.interrupt import Interrupted, interrupt_at
from tests.index.small_index import DIMENSION, stage
from vouch.index.store.staging import ShardSummary, Staging
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import IndexError_
from vouch.schemas.run import LeftOutSummary


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


def test_a_shard_that_version_0_8_0_staged_is_read_with_its_new_columns_empty(tmp_path: Path):
    staging = stage(tmp_path, "run", {"a.md": "alpha"})
    shard, new = staging.root / "shard-run", {"read_chars", "left_out_chars", "part"}
    for file in shard.glob("*.parquet"):
        table = pq.read_table(file)
        pq.write_table(table.drop_columns(list(new.intersection(table.column_names))), file)
    marker = json.loads((shard / "_DONE").read_text("utf-8"))
    old = {name: value for name, value in marker.items() if name not in ("left_out", "files")}
    (shard / "_DONE").write_text(json.dumps(old), "utf-8")
    assert staging.has("shard-run")
    assert staging.summaries()[0].left_out == LeftOutSummary()
    (row,) = staging.frame("documents", ("uri", "read_chars")).to_dicts()
    assert row == {"uri": "a.md", "read_chars": None}
    for name, schema in staging.schemas.items():
        assert all(batch.schema.equals(schema) for batch in staging.batches(name))


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
