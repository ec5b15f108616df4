"""Shards on workers of a scheduler: processes as an operator starts them, and what happens to them."""

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cluster.processes import Cluster, certificates, cluster
from tests.cluster.published import Published, differences
from tests.pipeline.steps import configure, indexed, run, tables, write
from vouch.index.store.run_log import list_runs
from vouch.pipeline.cluster import stragglers
from vouch.pipeline.cluster.shard_worker import code_fingerprint
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.errors import BudgetExceeded, ClusterError
from vouch.schemas.runs.record import RunRecord, Status

_WAIT_S = 300
DOCUMENTS = 6


@pytest.fixture(scope="module", autouse=True)
def _same_code() -> Iterator[None]:
    """Let the code be the same for workers and runs, while somebody may be editing it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOUCH_VERSION", "tests")
        code_fingerprint.cache_clear()
        yield
        code_fingerprint.cache_clear()


@pytest.fixture(scope="module")
def hold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """While a file of this path is there, one worker waits in the middle of a shard."""
    file = tmp_path_factory.mktemp("hold") / "hold"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOUCH_TEST_HOLD", str(file))
        yield file


@pytest.fixture(scope="module")
def workers(hold: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler with two workers, which connect by TLS."""
    folder = tmp_path_factory.mktemp("cluster")
    with cluster(
        folder,
        tls=certificates(folder / "tls"),
        worker_module="tests.pipeline.cluster.hooked_worker",
    ) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path, workers: Cluster) -> Path:
    return project(tmp_path, tiny_model, workers.settings)


def project(folder: Path, model: Path, cluster: object, **limits: object) -> Path:
    settings = configure(folder, model, run={"shard_documents": 1, "cluster": cluster} | limits)
    for number in range(DOCUMENTS):
        file = write(settings, f"{number}.md", f"# Text {number}\n\nThe text of {number}.\n")
        os.utime(file, (1.7e9, 1.7e9))
    return settings


class InThread:
    """A run in a thread of its own."""

    def __init__(self, settings: Path) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(run, settings)

    def result(self) -> RunRecord:
        """Wait for its record. Raises what the run raised."""
        self._pool.shutdown(wait=False)
        return self._future.result(_WAIT_S)

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Wait for something that is to happen before the run has ended."""
        deadline = time.monotonic() + _WAIT_S
        while not is_true():
            if self._future.done():
                pytest.fail(f"the run has ended: {self._future.exception() or 'it has published'}")
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture
def holding(hold: Path) -> Iterator[Callable[[InThread], int]]:
    """Let one worker wait in a shard during the test; the function waits for that, and returns its
    process id.
    """
    file = hold.with_suffix(".waiting")
    hold.touch()

    def holder(running: InThread) -> int:
        running.wait_until(lambda: file.exists() and bool(file.read_text()))
        return int(file.read_text().split()[0])

    yield holder
    hold.unlink(missing_ok=True)
    file.unlink(missing_ok=True)


def published(settings: Path) -> Published:
    return Published.of(read_settings(settings).index_location)


def test_published_rows_equal_those_of_one_process(
    settings: Path, tmp_path: Path, tiny_model: Path
):
    (tmp_path / "here").mkdir()
    here = project(tmp_path / "here", tiny_model, None)
    alone, record = run(here), run(settings)
    assert (record.status, record.shards) == (Status.PUBLISHED, alone.shards)
    assert record.shards > 2
    assert differences(published(settings), published(here)) == []
    assert record.tokens_embedded == alone.tokens_embedded > 0
    # Each worker has written what it spent, and the run sums it up.
    assert record.spending.tokens == record.tokens_embedded
    assert {cost.stage: cost.items for cost in record.stages if cost.stage != "load model"} == {
        cost.stage: cost.items for cost in alone.stages if cost.stage != "load model"
    }
    assert run(settings).accounting.unchanged == DOCUMENTS


def test_a_worker_that_is_killed_in_a_shard_costs_nothing_but_time(
    settings: Path, workers: Cluster, hold: Path, holding: Callable[[InThread], int]
):
    running = InThread(settings)
    victim = next(worker for worker in workers.workers if worker.pid == holding(running))
    workers.kill(victim)
    hold.unlink()
    record = running.result()
    assert (record.status, record.accounting.published) == (Status.PUBLISHED, DOCUMENTS)
    workers.ready(workers.start_worker())


def test_a_straggler_is_begun_a_second_time_and_the_first_marker_counts(
    settings: Path, holding: Callable[[InThread], int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stragglers, "_MIN_S", 0.1)
    running = InThread(settings)
    holding(running)
    record = running.result()  # although one worker still waits in its shard
    assert (record.status, record.accounting.published) == (Status.PUBLISHED, DOCUMENTS)
    names = [row["uri"] for row in indexed(settings, "documents", "uri")]
    assert sorted(names) == [f"{number}.md" for number in range(DOCUMENTS)]


def test_a_scheduler_that_dies_ends_the_run_and_the_next_one_reuses_what_is_finished(
    settings: Path, workers: Cluster, hold: Path, holding: Callable[[InThread], int]
):
    content = json.loads(settings.read_text())
    content["run"]["cluster"]["wait_s"] = 20
    settings.write_text(json.dumps(content))
    running = InThread(settings)
    holding(running)
    shards = read_settings(settings).work_location / "shards"
    running.wait_until(lambda: sum(file.path.endswith("_DONE") for file in shards.files()) > 1)
    assert workers.scheduler is not None
    lost = list(workers.workers)
    workers.kill(workers.scheduler)
    with pytest.raises(ClusterError, match="was lost and cannot be reached again within 20 s"):
        running.result()
    (failed,) = list_runs(tables(settings))
    assert failed.status is Status.FAILED
    hold.unlink()
    for worker in lost:  # a worker that has lost its scheduler ends by itself
        assert worker.wait(_WAIT_S) == ClusterError.exit_code
        workers.kill(worker)
    content["run"]["cluster"]["wait_s"] = 120
    settings.write_text(json.dumps(content))
    workers.start_scheduler()
    workers.start_worker()
    workers.start_worker()
    workers.ready()
    record = run(settings)
    assert record.status is Status.PUBLISHED
    assert record.shards_resumed > 1


def test_without_a_certificate_of_the_cluster_nobody_connects(
    settings: Path, workers: Cluster, tmp_path: Path
):
    strange = certificates(tmp_path / "strange")
    content = json.loads(settings.read_text())
    content["run"]["cluster"] |= {name: str(file) for name, file in strange.items()}
    content["run"]["cluster"]["wait_s"] = 2
    settings.write_text(json.dumps(content))
    with pytest.raises(ClusterError, match=r"cannot be reached within 2 s \(.*certificate"):
        run(settings)
    content["run"]["cluster"] = workers.address.replace("tls://", "tcp://")
    settings.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("section", "limit", "message"),
    [
        # No worker knows how much all of them embed: the run adds up what finished shards report.
        ("run", {"max_tokens": 15}, r"more than run.max_tokens \(15\)"),
        # Each worker looks at what all have written, before it embeds.
        ("budget", {"run": 15}, r"budget\.run is 15\.00 EUR, of which"),
    ],
)
def test_what_workers_embed_counts_against_the_limits(
    settings: Path,
    monkeypatch: pytest.MonkeyPatch,
    section: str,
    limit: dict[str, int],
    message: str,
):
    content = json.loads(settings.read_text())
    content["embedding"]["price_per_million_tokens"] = 1_000_000
    limited = content | {section: content.get(section, {}) | limit}
    settings.write_text(json.dumps(limited))
    monkeypatch.setattr("vouch.pipeline.run.refuse_overspending", lambda *_: None)
    with pytest.raises(BudgetExceeded, match=message):
        run(settings)
    failed = list_runs(tables(settings), 1)[0]
    assert failed.tokens_embedded == failed.spending.amount > 0
    if section == "budget":
        assert failed.spending.amount <= 15
    settings.write_text(json.dumps(content))
    record = run(settings)
    assert record.status is Status.PUBLISHED
    assert 0 < record.shards_resumed < record.shards
