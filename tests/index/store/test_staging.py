"""A staged shard is complete, or it is not there."""

import json
import os
import shutil
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.index.interrupt import Interrupted, interrupt_at
from tests.index.small_index import DIMENSION, stage
from vouch.index.store.staging import ShardSummary, Staging
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import IndexError_
from vouch.schemas.runs.record import LeftOutSummary


def test_a_shard_without_its_marker_is_missing(tmp_path: Path):
    staging = stage(tmp_path, "run", {"a.md": "alpha"})
    (staging.root / "shard-run" / "_DONE").delete()
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
    shard, new = tmp_path / "work/shard-run", {"read_chars", "left_out_chars", "part"}
    for name, schema in staging.schemas.items():
        written = list(shard.glob(f"*/{name}.parquet"))
        table = pq.read_table(written[0]) if written else schema.empty_table()
        old_columns = [column for column in table.column_names if column not in new]
        pq.write_table(table.select(old_columns), shard / f"{name}.parquet")
    marker = json.loads((shard / "_DONE").read_text("utf-8"))
    new_keys = ("left_out", "files", "attempt", "sizes", "rows")
    old = {name: value for name, value in marker.items() if name not in new_keys}
    (shard / "_DONE").write_text(json.dumps(old), "utf-8")
    (attempt,) = (folder for folder in shard.iterdir() if folder.is_dir())
    shutil.rmtree(attempt)
    staging = Staging(tmp_path / "work", DIMENSION, ["shard-run"])
    assert staging.has("shard-run")
    staging.refuse_damaged()
    assert staging.summaries()[0].left_out == LeftOutSummary()
    (row,) = staging.frame("documents", ("uri", "read_chars")).to_dicts()
    assert row == {"uri": "a.md", "read_chars": None}
    assert (staging.rows("chunks"), staging.rows("quarantine")) == (1, 0)
    for name, schema in staging.schemas.items():
        assert all(batch.schema.equals(schema) for batch in staging.batches(name))
    staging.discard()
    assert not shard.exists()


def test_a_finished_shard_is_not_replaced(tmp_path: Path):
    staging = stage(tmp_path, "run", {"a.md": "alpha"})
    parts = {name: schema.empty_table() for name, schema in staging.schemas.items()}
    staging.write("shard-run", parts, ShardSummary(produced=7))
    assert staging.rows("chunks") == 1
    assert [summary.produced for summary in staging.summaries()] == [0]


def test_leftovers_are_old_and_unused(tmp_path: Path):
    staging = stage(tmp_path, "run", {"a.md": "alpha"})
    for path, hours in (
        ("shard-old/_DONE", 30),
        ("shard-old/ingest-12ab34cd/chunks.parquet", 30),
        ("shard-new/_DONE", 0),
        ("shard-cut/ingest-12ab34cd/chunks.parquet", 0),
        ("shard-cut/backfill-12ab34cd/chunks.parquet", 0),
        ("x.abcd.ingest.part/chunks.parquet", 30),  # as a version until 0.9.0 left it
    ):
        file, then = tmp_path / "work" / path, time.time() - hours * 3600
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.utime(file, (then, then))
    assert staging.leftovers(24) == ["shard-old", "x.abcd.ingest.part"]
    Staging(staging.root, DIMENSION, kind="ingest").remove_unfinished()
    assert (staging.root / "shard-cut").folders() == ["backfill-12ab34cd"]
    staging.remove_leftovers(24)
    assert staging.root.folders() == ["shard-cut", "shard-new", "shard-run"]


def test_what_no_finished_shard_has_is_abandoned(tmp_path: Path):
    staging = stage(tmp_path, "run", {"a.md": "alpha"})
    for path in (
        "shard-run/ingest-12ab34cd/chunks.parquet",
        "shard-cut/ingest-12ab34cd/chunks.parquet",
        "shard-other/_DONE",
    ):
        (staging.root / path).write_bytes(b"")
    expected = {
        "shard-run/ingest-12ab34cd": ["shard-run/ingest-12ab34cd/chunks.parquet"],
        "shard-cut": ["shard-cut/ingest-12ab34cd/chunks.parquet"],
        "shard-other": ["shard-other/_DONE"],
    }
    assert staging.of(["shard-run", "shard-cut"]).abandoned() == expected
    assert staging.has("shard-run")
