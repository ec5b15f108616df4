"""A shard job is a value: another process makes the same staged shard of it."""

import pickle
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.pipeline.stages.built_documents import FINGERPRINTS
from tests.pipeline.steps import configure, write
from vouch.index.store.staging import ShardSummary
from vouch.index.store.vector_cache import open_vector_cache
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.planning.dry_run import dry_run
from vouch.pipeline.planning.sharding import cut_shards
from vouch.pipeline.run_request import RunRequest
from vouch.pipeline.stages.process_shard import process_shard
from vouch.pipeline.stages.shard_job import ShardJob
from vouch.schemas.documents.records import Listing

ROOT = Path(__file__).parents[3]
PROCESS_ELSEWHERE = """
import pickle, sys
from tests.pipeline.stages.test_shard_job import process
process(pickle.load(open(sys.argv[1], "rb")))
"""


@pytest.fixture
def job(tmp_path: Path, tiny_model: Path) -> ShardJob:
    """The job for a shard of two documents and a broken one."""
    settings = configure(tmp_path, tiny_model)
    write(settings, "a.md", "# Alpha\n\nThe first text, and enough of it.")
    write(settings, "b.md", "# Beta\n\nThe second text, which is another one.")
    write(settings, "broken.json", "{")
    file = read_settings(settings)
    preview = dry_run(file)
    (shard,) = cut_shards(preview.plan, preview.fingerprints, file.settings.run, None, "run")
    listings = {"docs": Listing("docs", (), (), complete=True)}
    request = RunRequest(file, listings=listings)
    return ShardJob.of(request, preview.fingerprints, shard, preview.plan)


def process(job: ShardJob) -> ShardSummary:
    """Process the job with a workspace that is opened from its request."""
    work = job.request.file.work_location.local_path
    with open_vector_cache(work, "ingest") as cache:
        workspace = Workspace(job.request, cache, work, "run")
        with workspace.sandbox:
            return process_shard(job, workspace)


def staged(job: ShardJob) -> dict[str, object]:
    """Return the rows of the staged shard by table, and its completion marker."""
    folder = job.request.file.work_location.local_path / "shards" / job.shard.name
    rows: dict[str, object] = {
        file.stem: pq.read_table(file).to_pylist() for file in folder.rglob("*.parquet")
    }
    marker = ShardSummary.model_validate_json((folder / "_DONE").read_text("utf-8"))
    return rows | {"marker": marker.model_copy(update={"attempt": ""})}


def test_a_job_survives_pickling_without_what_the_shard_does_not_need(job: ShardJob):
    copy = pickle.loads(pickle.dumps(job))
    assert (copy.request.file, copy.request.scope) == (job.request.file, job.request.scope)
    assert (copy.shard, copy.attached) == (job.shard, ())
    assert copy.fingerprints == job.fingerprints != FINGERPRINTS
    assert copy.request.listings == {}


def test_another_process_stages_the_same_shard(job: ShardJob, tmp_path: Path):
    summary = process(job)
    here = staged(job)
    assert here["marker"].model_copy(update={"files": {}, "sizes": {}, "rows": {}}) == summary
    assert {row["uri"] for row in here["chunks"]} == {"a.md", "b.md"}
    assert [row["uri"] for row in here["quarantine"]] == ["broken.json"]
    shard = job.request.file.work_location.local_path / "shards" / job.shard.name
    shard.rename(tmp_path / "staged-here")

    (tmp_path / "job.pickle").write_bytes(pickle.dumps(job))
    with (tmp_path / "stderr").open("w") as log:
        child = subprocess.run(
            [sys.executable, "-c", PROCESS_ELSEWHERE, str(tmp_path / "job.pickle")],
            cwd=ROOT,
            stderr=log,
        )
    assert child.returncode == 0, (tmp_path / "stderr").read_text()

    assert staged(job) == here
