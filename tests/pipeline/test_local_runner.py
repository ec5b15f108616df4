"""`LocalRunner`: stages in this thread, shards in a few threads, each with the retry policy."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.pipeline.stages.built_documents import FINGERPRINTS, planned, settings
from vouch.index.store.staging import ShardSummary
from vouch.pipeline import runner
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.local_runner import LocalRunner
from vouch.pipeline.planning.sharding import Shard
from vouch.pipeline.run_request import RunRequest
from vouch.pipeline.shard_workers import SHARDS_AT_ONCE
from vouch.pipeline.stages.shard_job import ShardJob
from vouch.schemas.errors import IndexError_, SourceUnavailable


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BACKOFF_S", 0.0)


@dataclass
class Workers:
    """Processes shards by a function, as many at once as it has room for."""

    process: Callable[[ShardJob], ShardSummary]
    places: int = SHARDS_AT_ONCE

    def room(self) -> int:
        return self.places


@pytest.fixture
def jobs(tmp_path) -> list[ShardJob]:
    request = RunRequest(SettingsFile(settings(), tmp_path, "hash", None))
    return [
        ShardJob(request, FINGERPRINTS, Shard(f"shard-{number}", (planned(f"{number}.md"),)))
        for number in range(5)
    ]


def test_a_stage_returns_its_result_and_is_not_retried_unless_asked():
    attempts: list[None] = []

    def work() -> str:
        attempts.append(None)
        if len(attempts) == 1:
            raise SourceUnavailable("no answer")
        return "done"

    with pytest.raises(SourceUnavailable):
        LocalRunner().stage("list docs", work)
    attempts.clear()
    assert LocalRunner().stage("list docs", work, retry=True) == "done"


def test_every_shard_is_processed_once_and_at_most_two_at_once(jobs: list[ShardJob]):
    lock, processed, running, most = threading.Lock(), [], 0, 0
    # Where two shards are processed at once, each waits for the other one here.
    together = threading.Barrier(SHARDS_AT_ONCE)

    def process(job: ShardJob) -> ShardSummary:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            processed.append(job.shard.name)
        together.wait(60)
        with lock:
            running -= 1
        return ShardSummary()

    LocalRunner().map_shards(Workers(process), jobs[: 2 * SHARDS_AT_ONCE])
    assert sorted(processed) == [job.shard.name for job in jobs[: 2 * SHARDS_AT_ONCE]]
    assert most <= SHARDS_AT_ONCE


def test_shards_begin_when_there_is_room_for_them(jobs: list[ShardJob]):
    """Of five shards one is in progress at a time, until there is room for the four that are left."""
    workers = Workers(lambda job: ShardSummary(), places=1)
    lock, running, most = threading.Lock(), 0, 0
    together = threading.Barrier(4)

    def process(job: ShardJob) -> ShardSummary:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if job.shard.name == "shard-0":
            assert most == 1
            workers.places = 4
        else:
            together.wait(60)
        with lock:
            running -= 1
        return ShardSummary()

    workers.process = process
    LocalRunner().map_shards(workers, jobs)
    assert most == 4


def test_a_failing_shard_does_not_keep_the_others_from_being_finished(jobs: list[ShardJob]):
    """The first error, in the order of the shards, is raised when all are done."""
    finished: list[str] = []

    def process(job: ShardJob) -> ShardSummary:
        if job.shard.name in ("shard-1", "shard-3"):
            raise IndexError_(f"{job.shard.name} is damaged")
        finished.append(job.shard.name)
        return ShardSummary()

    with pytest.raises(IndexError_, match="shard-1 is damaged"):
        LocalRunner().map_shards(Workers(process), jobs)
    assert sorted(finished) == ["shard-0", "shard-2", "shard-4"]


def test_a_shard_is_tried_again_after_a_transient_error(jobs: list[ShardJob]):
    attempts: dict[str, int] = {}

    def process(job: ShardJob) -> ShardSummary:
        name = job.shard.name
        attempts[name] = attempts.get(name, 0) + 1
        if name == "shard-2" and attempts[name] == 1:
            raise ConnectionError("reset")
        return ShardSummary()

    LocalRunner().map_shards(Workers(process), jobs)
    assert attempts == {job.shard.name: 1 for job in jobs} | {"shard-2": 2}


def test_without_shards_nothing_is_done():
    def process(job: ShardJob) -> ShardSummary:
        raise AssertionError(job.shard.name)

    LocalRunner().map_shards(Workers(process), [])
