"""An index on an object store behind a proxy, a cluster for its runs, and what happens to them."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.corpus import Corpus
from tests.cluster.network import Network
from tests.cluster.processes import Cluster, certificates, cluster
from tests.object_store import ObjectStore
from tests.pipeline.local_runs import ingest
from tests.store_proxy import Faults, Request, StoreProxy, store_proxy
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.runs.record import RunRecord
from vouch.storage.location import Location

# Ends at a boundary of a run as `kill -9` does. Arguments: settings, boundary, side.
KILLED_RUN = """
import sys
from tests.pipeline.faults import at, kill_process
from tests.pipeline.local_runs import ingest
from vouch.schemas.boundary import Boundary, Side
with at(Boundary(sys.argv[2]), Side(sys.argv[3]), kill_process):
    ingest(config=sys.argv[1], wait_s=300)
"""


@dataclass(slots=True)
class Place:
    """Settings of runs on a cluster, and the parts of which the tests let some fail."""

    corpus: Corpus
    proxy: StoreProxy
    cluster: Cluster
    settings: Path
    store: tuple[str, dict[str, str]]
    is_changed: bool = False

    @property
    def index(self) -> Location:
        """Where the index is."""
        return read_settings(self.settings).index_location

    def run(self, settings: Path | None = None, *, alone: bool = True) -> RunRecord:
        """Do an ingest run, by default on the cluster.

        No two attempts at a shard may win, unless another run is in progress: it may have published
        and removed the first.
        """
        before = len(self.proxy.requests)
        record = ingest(config=str(settings or self.settings), wait_s=300)
        wins = Counter(
            request.key
            for request in self.proxy.requests[before:]
            if is_marker(request) and request.status == 200
        )
        assert not alone or set(wins.values()) <= {1}
        self.is_changed = self.corpus.is_changed
        return record

    def switch(self) -> None:
        """Change the documents, if they are still as they were published here last."""
        if self.corpus.is_changed == self.is_changed:
            self.corpus.switch()

    def problems(self, *, one_run: bool = True) -> list[str]:
        """Return the problems of the index in the present state: see `Corpus.problems`."""
        return self.corpus.problems(
            self.settings, self.corpus.expected, self.twice(), one_run=one_run
        )

    def twice(self) -> set[str]:
        """Return the shards that were begun twice: the slower attempt may still write."""
        attempts: dict[str, set[str]] = {}
        for request in self.proxy.requests:
            _, staged, path = request.key.partition("/work/shards/")
            name, _, rest = path.partition("/")
            if staged and request.operation == "PUT":
                attempts.setdefault(name, set()).add(rest.partition("/")[0])
        return {name for name, folders in attempts.items() if len(folders) > 1}

    @contextmanager
    def faults(self, faults: Faults) -> Iterator[None]:
        """Let these faults happen within the block."""
        self.proxy.faults = faults
        try:
            yield
        finally:
            self.proxy.faults = Faults()

    @contextmanager
    def when_staged(self, count: int, action: Callable[[], None]) -> Iterator[None]:
        """Within the block, call `action` once as soon as so many more shards are finished."""
        ending, called = threading.Event(), []
        start = len(self.proxy.requests)

        def watch() -> None:
            while not ending.wait(0.01):
                if sum(map(is_marker, self.proxy.requests[start:])) >= count:
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

    def go_away(self, seconds: float) -> None:
        """Let the store be away from now on for so long."""
        self.proxy.faults = Faults(down=True)
        threading.Timer(seconds, setattr, (self.proxy, "faults", Faults())).start()

    def restart_cluster(self) -> None:
        """Start scheduler and workers once more, as their supervisor would."""
        count = len(self.cluster.workers)
        for worker in list(self.cluster.workers):
            self.cluster.kill(worker)
        self.cluster.start_scheduler()
        self.cluster.ready(*(self.cluster.start_worker() for _ in range(count)))


@contextmanager
def published_place(
    corpus: Corpus, store: ObjectStore, folder: Path, network: Network | None = None
) -> Iterator[Place]:
    """Let a run on a cluster of two workers publish the first state, without a fault.

    With a network, the first worker is in there, and all connections are by TLS.
    """
    host = network.here if network else "127.0.0.1"
    tls = certificates(folder / "tls") if network else None
    with (
        store_proxy(store.endpoint, host) as proxy,
        cluster(folder, 1 if network else 2, host, tls) as running,
    ):
        if network:
            running.ready(running.start_worker(network))
        bucket, options = store.bucket(), store.options_by(proxy.endpoint)
        settings = corpus.on_store(f"cluster-{folder.name}", bucket, options, running.settings)
        if corpus.is_changed:
            corpus.switch()
        place = Place(corpus, proxy, running, settings, (bucket, options))
        assert place.run().shards > 10
        assert corpus.problems(settings, corpus.states[0], place.twice()) == []
        yield place


def is_marker(request: Request) -> bool:
    """Return whether a request finishes a shard."""
    return request.operation == "PUT if" and request.key.endswith("/_DONE")
