"""What a worker refuses: other code, another model, what it cannot fill in; and what it gives back."""

import pickle
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.pipeline.steps import configure, write
from vouch.index.store.staging import Staging
from vouch.pipeline.cluster import shard_worker
from vouch.pipeline.cluster.shard_worker import (
    ClusterJob,
    code_fingerprint,
    end_run,
    process_on_worker,
)
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.lifecycle import open_run
from vouch.pipeline.local_runner import LocalRunner
from vouch.pipeline.planning.sharding import cut_shards
from vouch.pipeline.run import list_sources, make_plan
from vouch.pipeline.run_request import RunRequest
from vouch.pipeline.stages.shard_job import ShardJob
from vouch.schemas.errors import ClusterError, SettingsError
from vouch.schemas.settings.vouch_yaml import StorageSettings


@pytest.fixture(autouse=True)
def _same_code(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("VOUCH_VERSION", "tests")
    code_fingerprint.cache_clear()
    yield
    code_fingerprint.cache_clear()


@pytest.fixture
def job(tmp_path: Path, tiny_model: Path) -> ClusterJob:
    """The only shard of a run that is planned and not processed."""
    settings = configure(tmp_path, tiny_model)
    write(settings, "a.md", "# A\n\nThe text of a.")
    request = RunRequest(read_settings(settings))
    with open_run(request) as (run, _):
        plan = make_plan(run, list_sources(run, LocalRunner()))
        (shard,) = cut_shards(plan, run.fingerprints, run.settings.run, None, run.run_id)
        return ClusterJob(
            run.run_id,
            ShardJob.of(request, run.fingerprints, shard, plan),
            run.tables.versions(),
            run.card.fingerprint,
        )


def process(job: ClusterJob) -> str | Exception:
    return process_on_worker(code_fingerprint(), pickle.dumps(job))


def staging(job: ClusterJob) -> Staging:
    place = job.job.request.file.work_location / "shards"
    return Staging(place, 16, [job.job.shard.name])


def test_a_shard_is_staged_with_what_it_cost_and_the_worker_gives_all_back(job: ClusterJob):
    name = job.job.shard.name
    assert process(job) == name
    (summary,) = staging(job).summaries()
    assert (summary.produced, summary.vectors_computed) == (1, 1)
    assert summary.tokens > 0
    assert {"fetch", "parse", "check", "embed"} <= {cost.stage for cost in summary.costs}
    assert process(job) == name  # nothing is done again
    assert staging(job).summaries() == [summary]
    end_run("another run")
    assert shard_worker._state is not None
    end_run(job.run_id)
    assert shard_worker._state is None


def test_another_version_of_the_code_is_refused_before_anything_is_read():
    error = process_on_worker("0.0.1, code 123", b"not a job at all")
    assert isinstance(error, ClusterError)
    assert "has another version of Vouch" in str(error)
    assert "than this run (0.0.1, code 123)" in str(error)


def test_another_model_is_refused_with_the_name_of_the_machine(job: ClusterJob):
    error = process(replace(job, model="another"))
    assert isinstance(error, ClusterError)
    assert "is not the one of this run" in str(error)
    file = job.job.request.file
    embedding = file.settings.embedding.model_copy(update={"model": "no-such-folder"})
    settings = file.settings.model_copy(update={"embedding": embedding})
    request = replace(job.job.request, file=replace(file, settings=settings))
    error = process(replace(job, job=replace(job.job, request=request)))
    assert isinstance(error, ClusterError)
    assert f"the worker on {socket.gethostname()} cannot use the model: " in str(error)


def test_secrets_are_filled_in_on_the_worker_and_never_travel(
    job: ClusterJob, monkeypatch: pytest.MonkeyPatch
):
    file = job.job.request.file
    places = {
        "run": file.settings.run.model_copy(update={"work_path": "s3://bucket/work"}),
        "storage": StorageSettings(options={"secret_access_key": "${WORKERS_OWN}"}),
    }
    settings = file.settings.model_copy(update=places)
    request = replace(job.job.request, file=replace(file, settings=settings))
    job = replace(job, job=replace(job.job, request=request))
    monkeypatch.setenv("WORKERS_OWN", "hunter2")
    assert b"hunter2" not in pickle.dumps(job)
    monkeypatch.delenv("WORKERS_OWN")
    error = process(job)
    assert isinstance(error, SettingsError)
    assert "the environment variable WORKERS_OWN is not set" in str(error)


def test_the_versions_that_were_planned_on_are_read(job: ClusterJob):
    """Of a version that does not exist nothing can be staged; the newest is not taken instead."""
    error = process(replace(job, versions={"chunks": 999}))
    assert isinstance(error, Exception)
    assert "999" in str(error)
