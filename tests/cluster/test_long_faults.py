"""The same for longer and more often: by hand, `pytest -m soak tests/cluster`.

Three copies of the documents make some thirty shards. Figures go to `data/soak/cluster.jsonl`.
"""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.corpus import Corpus
from tests.cluster.network import possible, separate_network
from tests.cluster.place import KILLED_RUN, Place, is_marker, published_place
from tests.cluster.processes import ROOT, killer
from tests.cluster.published import Published, differences
from tests.cluster.reader import reader, torn
from tests.object_store import ObjectStore
from tests.pipeline.faults import PUBLISHING_RUN
from tests.pipeline.local_runs import backfill, ingest
from tests.soak.figures import FIGURES, note
from tests.store_proxy import Faults
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.boundary import Side
from vouch.schemas.errors import ClusterError
from vouch.schemas.runs.record import RunRecord, Status
from vouch.storage.places import location_of

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]

KILLS = 20
CUT_S = 45.0
AWAY_S = 20.0


@pytest.fixture(scope="module")
def long_corpus(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("corpus"), tiny_model, copies=3)


@pytest.fixture(scope="module")
def place(
    long_corpus: Corpus, store: ObjectStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with published_place(long_corpus, store, tmp_path_factory.mktemp("cluster")) as place:
        yield place


def figures(test: str, place: Place, record: RunRecord, start: int, **more: object) -> None:
    """Note what happened since the request of this number."""
    requests = place.proxy.requests[start:]
    note(
        FIGURES / "cluster.jsonl",
        test=test,
        shards=record.shards,
        taken_up=record.shards_resumed,
        requests=len(requests),
        faults=sum(request.fault is not None for request in requests),
        **more,
    )


def test_sources_in_the_bucket_too(place: Place, tmp_path: Path):
    """What a run on this machine publishes of the same bucket is equal."""
    bucket, options = place.store
    documents = location_of(f"{bucket}/documents", options)
    for file in sorted(place.corpus.documents.rglob("*")):
        if file.is_file():
            name = file.relative_to(place.corpus.documents).as_posix()
            (documents / name).write_bytes(file.read_bytes())
    published, start = [], len(place.proxy.requests)
    for name, cluster in (("here", None), ("there", place.cluster.settings)):
        settings = place.corpus.on_store(f"bucket-{name}", bucket, options, cluster)
        content = json.loads(settings.read_text())
        source = {"name": "docs", "path": documents.url, "storage_options": options}
        places = {"path": f"{bucket}/2/index"} if cluster else {"path": str(tmp_path / "index")}
        content |= {"sources": [source], "index": content["index"] | places}
        settings.write_text(json.dumps(content))
        record = ingest(config=str(settings))
        published.append(Published.of(read_settings(settings).index_location))
    assert differences(published[1], published[0]) == []
    figures("no fault, sources in the bucket", place, record, start)


@pytest.mark.parametrize(
    ("name", "faults"),
    [
        ("5 % of answers are 503", Faults(seed=11, unavailable=0.05, delay_s=0.01)),
        ("half of the acknowledgements are lost", Faults(seed=12, lost=0.5, delay_s=0.01)),
        ("both", Faults(seed=13, unavailable=0.05, lost=0.5)),
    ],
)
def test_a_faulty_store(place: Place, name: str, faults: Faults, tmp_path: Path):
    start, reads = len(place.proxy.requests), 0
    for number in range(2):
        answers = tmp_path / f"answers-{number}"
        place.switch()
        with reader(place.index, answers), place.faults(faults):
            record = place.run()
        assert place.problems() == []
        count, wrong = torn(place.index, answers)
        assert wrong == []
        reads += count
    figures(name, place, record, start, reads=reads, torn=0)


def test_workers_that_are_killed_at_random(place: Place, tmp_path: Path):
    start, runs = len(place.proxy.requests), 0
    with (
        reader(place.index, tmp_path / "answers"),
        killer(place.cluster, seed=7, most=KILLS, pause_s=(0, 6)) as killed,
    ):
        while len(killed) < KILLS:
            place.switch()
            record = place.run()
            assert place.problems() == []
            runs += 1
    reads, wrong = torn(place.index, tmp_path / "answers")
    assert wrong == []
    name = "workers killed with their processes"
    figures(name, place, record, start, killed=len(killed), runs=runs, reads=reads, torn=0)


def test_a_network_that_is_cut(long_corpus: Corpus, store: ObjectStore, tmp_path: Path):
    """A worker has a network of its own, whose cable is pulled while it processes a shard."""
    if not possible():
        pytest.skip("needs root, to make network namespaces")
    with (
        separate_network() as network,
        published_place(long_corpus, store, tmp_path / "cut", network) as cut_place,
    ):
        start = len(cut_place.proxy.requests)
        cut_worker = cut_place.cluster.workers[-1]

        healing = threading.Timer(CUT_S, network.heal)

        def cut() -> None:
            network.cut()
            healing.start()

        cut_place.switch()
        start_s = time.monotonic()
        with cut_place.when_staged(4, cut), reader(cut_place.index, tmp_path / "answers"):
            record = cut_place.run()
        seconds = time.monotonic() - start_s
        assert cut_place.problems() == []
        healing.join()
        # What the cut worker still writes now is in vain, and the next run removes it.
        cut_place.switch()
        cut_place.run()
        assert cut_place.problems(one_run=False) == []
        markers = [r for r in cut_place.proxy.requests if is_marker(r) and r.status == 200]
        assert {network.here, network.there} == {request.client for request in markers}
        reads, wrong = torn(cut_place.index, tmp_path / "answers")
        assert wrong == []
        more = {"seconds": round(seconds), "reads": reads, "torn": 0}
        more["cut worker"] = "goes on" if cut_worker.poll() is None else "has ended"
        figures(f"network cut for {CUT_S:g} s", cut_place, record, start, **more)


def test_a_store_that_is_away(place: Place):
    start = len(place.proxy.requests)
    place.switch()
    with place.when_staged(5, lambda: place.go_away(AWAY_S)):
        record = place.run()
    assert place.problems() == []
    figures(f"store away for {AWAY_S:g} s", place, record, start)


def test_a_scheduler_that_dies(place: Place):
    start = len(place.proxy.requests)
    scheduler = place.cluster.scheduler
    assert scheduler is not None
    impatient = place.cluster.settings | {"wait_s": 10}
    settings = place.corpus.on_store("dying", *place.store, impatient)
    place.switch()
    start_s = time.monotonic()
    with (
        place.when_staged(6, lambda: place.cluster.kill(scheduler)),
        pytest.raises(ClusterError, match=r"was lost .* run again") as caught,
    ):
        place.run(settings)
    seconds = time.monotonic() - start_s
    place.restart_cluster()
    record = place.run()
    assert record.shards_resumed >= 6
    assert place.problems() == []
    more = {"error": str(caught.value), "seconds": round(seconds)}
    figures("scheduler killed", place, record, start, **more)


def test_two_publishers_at_once(place: Place, tmp_path: Path):
    """An ingest on the cluster, and backfills of a third of it on the same cluster, five times."""
    start = len(place.proxy.requests)
    with reader(place.index, tmp_path / "answers"):
        for _ in range(5):
            place.switch()
            records: list[RunRecord] = []
            thread = threading.Thread(
                target=lambda into: into.extend(
                    backfill(config=str(place.settings), path="1/", wait_s=300)
                ),
                args=(records,),
            )
            thread.start()
            record = place.run(alone=False)
            thread.join()
            assert [done.status.is_over for done in records] == [True]
            assert place.problems(one_run=False) == []
    reads, wrong = torn(place.index, tmp_path / "answers")
    assert wrong == []
    figures("two publishers at once, 5 times", place, record, start, reads=reads, torn=0)


def test_a_committer_that_is_killed_at_every_boundary(
    corpus: Corpus, store: ObjectStore, tmp_path: Path
):
    """On the small corpus; the run that takes over works in this process."""
    with published_place(corpus, store, tmp_path / "killed") as place:
        alone = corpus.on_store("killed-alone", *place.store, None)
        start, killed, resumed = len(place.proxy.requests), 0, 0
        with reader(place.index, tmp_path / "answers"):
            for boundary in PUBLISHING_RUN:
                for side in Side:
                    place.switch()
                    command = [sys.executable, "-c", KILLED_RUN, str(alone), boundary, side]
                    child = subprocess.run(
                        command, cwd=ROOT, capture_output=True, text=True, timeout=900
                    )
                    assert child.returncode == -signal.SIGKILL, child.stderr
                    killed += 1
                    record = place.run(alone)
                    assert record.status in (Status.PUBLISHED, Status.UNCHANGED)
                    resumed += record.shards_resumed
                    assert place.problems(one_run=False) == [], (boundary, side)
        reads, wrong = torn(place.index, tmp_path / "answers")
        assert wrong == []
        more = {"killed": killed, "shards taken up": resumed, "reads": reads, "torn": 0}
        figures("committer killed at every boundary", place, record, start, **more)
