"""A run on a cluster and an object store publishes what one machine would, whatever fails meanwhile.

Short forms of what `test_long_faults.py` does for longer and more often.
"""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.cluster.corpus import Corpus
from tests.cluster.processes import ROOT, Cluster, cluster
from tests.cluster.published import Published
from tests.cluster.reader import reader, torn
from tests.object_store import ObjectStore
from tests.pipeline.faults import at
from tests.pipeline.local_runs import backfill, ingest
from tests.store_proxy import Faults, Request, StoreProxy, store_proxy
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import ClusterError
from vouch.schemas.run import RunRecord, Status
from vouch.storage.location import Location


@dataclass(slots=True)
class Place:
    """An index on an object store behind a proxy, and a cluster for its runs."""

    corpus: Corpus
    proxy: StoreProxy
    cluster: Cluster
    settings: Path
    store: tuple[str, dict[str, str]]

    @property
    def index(self) -> Location:
        return read_settings(self.settings).index_location

    @contextmanager
    def faults(self, faults: Faults) -> Iterator[None]:
        """Let these faults happen within the block."""
        self.proxy.faults = faults
        try:
            yield
        finally:
            self.proxy.faults = Faults()

    def run(self, settings: Path | None = None) -> RunRecord:
        return ingest(config=str(settings or self.settings), wait_s=120)


@pytest.fixture(scope="module")
def place(
    corpus: Corpus, store: ObjectStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """An index that a run on a cluster has published without a fault."""
    bucket = store.bucket()
    with (
        store_proxy(store.endpoint) as proxy,
        cluster(tmp_path_factory.mktemp("cluster")) as running,
    ):
        options = store.options_by(proxy.endpoint)
        settings = corpus.on_store("cluster", bucket, options, running.settings)
        if corpus.is_changed:
            corpus.switch()
        place = Place(corpus, proxy, running, settings, (bucket, options))
        assert place.run().shards > 10
        assert corpus.problems(settings, corpus.states[0]) == []
        yield place


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(Faults(seed=1, unavailable=0.05), id="5 % of answers are 503"),
        pytest.param(Faults(seed=2, lost=0.5), id="half of the acknowledgements are lost"),
    ],
)
def test_a_faulty_store_loses_and_mixes_nothing(place: Place, faults: Faults, tmp_path: Path):
    place.corpus.switch()
    before = len(place.proxy.requests)
    with reader(place.index, tmp_path / "answers"), place.faults(faults):
        assert place.run().status is Status.PUBLISHED
    assert len([r for r in place.proxy.requests[before:] if r.fault]) > 5
    assert place.corpus.problems(place.settings) == []
    reads, wrong = torn(place.index, tmp_path / "answers")
    assert (reads > 0, wrong) == (True, [])


def test_a_store_that_is_away_for_a_while_is_waited_for(place: Place):
    """It goes when the first shard is staged, and again when the chunks are committed."""
    place.corpus.switch()
    gone = []

    def go() -> None:
        gone.append(None)
        place.proxy.faults = Faults(down=True)
        threading.Timer(4, setattr, (place.proxy, "faults", Faults())).start()

    with (
        when_staged(place, 1, go),
        at(Boundary.COMMIT_CHUNKS, Side.BEFORE, go, once=True),
    ):
        assert place.run().status is Status.PUBLISHED
    assert len(gone) == 2
    assert any(request.fault == "down" for request in place.proxy.requests)
    assert place.corpus.problems(place.settings) == []


def test_a_worker_that_is_killed_with_its_processes_loses_no_shard(place: Place):
    place.corpus.switch()
    victim = place.cluster.workers[0]

    def kill() -> None:
        place.cluster.kill(victim)
        place.cluster.start_worker()

    with when_staged(place, 1, kill):
        assert place.run().status is Status.PUBLISHED
    assert victim not in place.cluster.workers
    assert place.corpus.problems(place.settings) == []


def test_a_run_whose_scheduler_dies_fails_and_the_next_takes_up_what_is_finished(place: Place):
    place.corpus.switch()
    scheduler = place.cluster.scheduler
    assert scheduler is not None
    impatient = place.cluster.settings | {"wait_s": 5}
    settings = place.corpus.on_store("impatient", *place.store, impatient)
    with (
        when_staged(place, 2, lambda: place.cluster.kill(scheduler)),
        pytest.raises(ClusterError, match=r"scheduler .* was lost .* run again"),
    ):
        place.run(settings)
    for worker in list(place.cluster.workers):
        place.cluster.kill(worker)
    place.cluster.start_scheduler()
    workers = [place.cluster.start_worker() for _ in range(2)]
    place.cluster.ready(*workers)
    record = place.run()
    assert record.shards_resumed >= 2
    assert place.corpus.problems(place.settings) == []


def test_two_publishers_at_once_publish_what_one_after_the_other_does(place: Place, tmp_path: Path):
    """An ingest on the cluster, and a backfill of half of it by this process."""
    place.corpus.switch()
    alone = place.corpus.on_store("alone", *place.store, None)
    backfills: list[RunRecord] = []
    with reader(place.index, tmp_path / "answers"):
        other = threading.Thread(
            target=lambda: backfills.extend(backfill(config=str(alone), path="0/docs/"))
        )
        other.start()
        place.run()
        other.join()
    assert [record.status.is_over for record in backfills] == [True]
    place.run()
    expected = replace(place.corpus.expected, record=None)
    assert place.corpus.problems(place.settings, expected) == []
    assert torn(place.index, tmp_path / "answers")[1] == []


KILL = """
import sys
from tests.pipeline.faults import at, kill_process
from tests.pipeline.local_runs import ingest
from vouch.schemas.boundary import Boundary, Side
with at(Boundary(sys.argv[2]), Side(sys.argv[3]), kill_process):
    ingest(config=sys.argv[1], wait_s=120)
"""


def test_a_committer_that_is_killed_is_completed_by_the_next_run(place: Place, tmp_path: Path):
    """First while its workers stage, then between two tables, then after the tag."""
    place.corpus.switch()
    before = Published.of(place.index)
    for boundary, side in (
        (Boundary.AUDIT, Side.BEFORE),
        (Boundary.COMMIT_DOCUMENTS, Side.BEFORE),
    ):
        command = [sys.executable, "-c", KILL, str(place.settings), boundary, side]
        with (tmp_path / "errors").open("w") as errors:
            child = subprocess.run(command, cwd=ROOT, stderr=errors, timeout=600)
        assert child.returncode == -signal.SIGKILL, (tmp_path / "errors").read_text()
        assert Published.of(place.index).record == before.record
    place.run()
    expected = replace(place.corpus.expected, record=None)
    assert place.corpus.problems(place.settings, expected) == []


@contextmanager
def when_staged(place: Place, count: int, action: Callable[[], None]) -> Iterator[None]:
    """Within the block, call `action` once as soon as so many more shards are finished."""
    ending, called = threading.Event(), []
    before = sum(_is_marker(request) for request in place.proxy.requests)

    def watch() -> None:
        while not ending.wait(0.01):
            if sum(_is_marker(request) for request in place.proxy.requests) >= before + count:
                called.append(None)
                action()
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
    assert called, "no shard was staged"


def _is_marker(request: Request) -> bool:
    return request.operation == "PUT if" and request.key.endswith("/_DONE")
