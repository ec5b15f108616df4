"""A run on a cluster and an object store publishes what one machine would, whatever fails meanwhile.

Short forms of what `test_long_faults.py` does for longer and more often.
"""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.corpus import Corpus
from tests.cluster.place import KILLED_RUN, Place, published_place
from tests.cluster.processes import ROOT
from tests.cluster.published import Published
from tests.cluster.reader import reader, torn
from tests.object_store import ObjectStore
from tests.pipeline.faults import at
from tests.pipeline.local_runs import backfill
from tests.store_proxy import Faults
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import ClusterError
from vouch.schemas.runs.record import RunRecord, Status


@pytest.fixture(scope="module")
def place(
    corpus: Corpus, store: ObjectStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with published_place(corpus, store, tmp_path_factory.mktemp("cluster")) as place:
        yield place


def test_a_faulty_store_loses_and_mixes_nothing(place: Place, tmp_path: Path):
    """5 % of its answers are 503, and half of the acknowledgements of commits are lost."""
    place.switch()
    before = len(place.proxy.requests)
    faults = Faults(seed=1, unavailable=0.05, lost=0.5)
    with reader(place.index, tmp_path / "answers"), place.faults(faults):
        assert place.run().status is Status.PUBLISHED
    assert {"503", "lost"} < {request.fault for request in place.proxy.requests[before:]}
    assert place.problems() == []
    reads, wrong = torn(place.index, tmp_path / "answers")
    assert (reads > 0, wrong) == (True, [])


def test_a_store_that_is_away_for_a_while_is_waited_for(place: Place):
    """It goes when the first shard is staged, and again when the chunks are committed."""
    place.switch()
    gone = []

    def go() -> None:
        gone.append(None)
        place.go_away(seconds=4)

    with (
        place.when_staged(1, go),
        at(Boundary.COMMIT_CHUNKS, Side.BEFORE, go, once=True),
    ):
        assert place.run().status is Status.PUBLISHED
    assert len(gone) == 2
    assert any(request.fault == "down" for request in place.proxy.requests)
    assert place.problems() == []


def test_a_worker_that_is_killed_with_its_processes_loses_no_shard(place: Place):
    place.switch()
    victim = place.cluster.workers[0]

    def kill() -> None:
        place.cluster.kill(victim)
        place.cluster.start_worker()

    with place.when_staged(1, kill):
        assert place.run().status is Status.PUBLISHED
    assert victim not in place.cluster.workers
    assert place.problems() == []


def test_a_run_whose_scheduler_dies_fails_and_the_next_reuses_what_is_finished(place: Place):
    place.switch()
    scheduler = place.cluster.scheduler
    assert scheduler is not None
    impatient = place.cluster.settings | {"wait_s": 5}
    settings = place.corpus.on_store("impatient", *place.store, impatient)
    with (
        place.when_staged(2, lambda: place.cluster.kill(scheduler)),
        pytest.raises(ClusterError, match=r"scheduler .* was lost .* run again"),
    ):
        place.run(settings)
    place.restart_cluster()
    record = place.run()
    assert record.shards_resumed >= 2
    assert place.problems() == []


def test_two_publishers_at_once_publish_what_one_after_the_other_does(place: Place, tmp_path: Path):
    """An ingest on the cluster, and a backfill of half of it by this process."""
    place.switch()
    alone = place.corpus.on_store("alone", *place.store, None)
    backfills: list[RunRecord] = []
    with reader(place.index, tmp_path / "answers"):
        thread = threading.Thread(
            target=lambda: backfills.extend(backfill(config=str(alone), path="0/docs/"))
        )
        thread.start()
        place.run(alone=False)
        thread.join()
    assert [record.status.is_over for record in backfills] == [True]
    assert place.problems(one_run=False) == []
    assert torn(place.index, tmp_path / "answers")[1] == []


def test_a_committer_that_is_killed_is_completed_by_the_next_run(place: Place, tmp_path: Path):
    """Between the commits of two tables."""
    place.switch()
    before = Published.of(place.index)
    boundary = (Boundary.COMMIT_DOCUMENTS, Side.BEFORE)
    command = [sys.executable, "-c", KILLED_RUN, str(place.settings), *boundary]
    with (tmp_path / "errors").open("w") as errors:
        child = subprocess.run(command, cwd=ROOT, stderr=errors, timeout=600)
    assert child.returncode == -signal.SIGKILL, (tmp_path / "errors").read_text()
    assert Published.of(place.index).record == before.record
    place.run()
    assert place.problems(one_run=False) == []
