"""What a cluster costs: processor time of a run on workers, over that of the same run alone.

    python -m benchmarks.scale.cluster CORPORA [ROUNDS]

First, what it takes to send a shard and to notice that it is done: shards that are staged already,
so that workers do nothing with them. Then runs: a scheduler and two workers of this machine, and a
run alone, publish the same documents in turn, a few and four times as many. The difference of both
sizes is what a shard costs; what is left is paid once a run. All processes count: the run, the
scheduler, the workers, their parsers and models. Two workers on two cores say nothing about speed.
Without rounds (0) only the first is measured.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from time import process_time

import psutil

from benchmarks.speed.samples import documents
from tests.cluster.processes import Cluster, cluster
from vouch.index.store.run_log import newest_published
from vouch.index.store.staging import ShardSummary
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.lifecycle import open_run
from vouch.pipeline.local_runner import LocalRunner
from vouch.pipeline.planning.sharding import cut_shards
from vouch.pipeline.run import list_sources, make_plan
from vouch.pipeline.run_request import RunRequest
from vouch.pipeline.shard_workers import shard_workers
from vouch.pipeline.stages.shard_job import ShardJob

_CORPUS = "prefect_docs/base"
_SMALL, _LARGE = 24, 96
_SHARD = 12
_SAMPLE_S = 0.2
_SENT = 100
_ROUNDS = 3


class ProcessorTime:
    """Adds up the processor time of processes and of all below them, also of those that end."""

    def __init__(self) -> None:
        self.roots: list[int] = []
        self._seconds: dict[tuple[int, float], float] = {}
        self._ending = threading.Event()

    @property
    def seconds(self) -> float:
        """Seconds so far, of all processes that were seen."""
        self._sample()
        return sum(self._seconds.values())

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at the processes again and again within the block."""
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield
        finally:
            self._ending.set()
            thread.join()

    def _watch(self) -> None:
        while not self._ending.wait(_SAMPLE_S):
            self._sample()

    def _sample(self) -> None:
        for root in list(self.roots):
            with suppress(psutil.Error):
                process = psutil.Process(root)
                for below in (process, *process.children(recursive=True)):
                    with suppress(psutil.Error):
                        times = below.cpu_times()
                        self._seconds[below.pid, below.create_time()] = times.user + times.system


def project(
    folder: Path, files: Sequence[Path], cluster: object, shard_documents: int = _SHARD
) -> Path:
    """Write a project over these documents, and return its settings."""
    (folder / "documents").mkdir(parents=True)
    for number, file in enumerate(files):
        shutil.copyfile(file, folder / "documents" / f"{number:04}{file.suffix}")
    settings = {
        "sources": [{"name": "docs", "path": "documents"}],
        "parsing": {"workers": 1},
        "run": {"shard_documents": shard_documents, "cluster": cluster},
    }
    (folder / "vouch.yaml").write_text(json.dumps(settings), "utf-8")
    return folder / "vouch.yaml"


def measured(settings: Path, running: Cluster | None) -> tuple[float, int]:
    """Ingest by the command line; return the processor time of all processes, and the shards."""
    time = ProcessorTime()
    if running is not None and running.scheduler is not None:
        time.roots = [process.pid for process in (running.scheduler, *running.workers)]
    before = time.seconds
    with time.watching():
        command = [sys.executable, "-m", "vouch", "-q", "-c", str(settings), "ingest"]
        process = subprocess.Popen([*command, "--runner", "local"])
        time.roots.append(process.pid)
        code = process.wait()
        if code:
            raise SystemExit(code)
    record = newest_published(Tables.open(read_settings(settings).index_location))
    if record is None:
        raise SystemExit(f"{settings} has published nothing")
    return time.seconds - before, record.shards


def sent(folder: Path, files: Sequence[Path], running: Cluster) -> list[float]:
    """Return the processor time, in seconds a shard, of sending shards that are staged already.

    In two rounds: in the first the workers open what they need, and read the tables.
    """
    settings = project(folder, files, running.settings | {"wait_s": 600.0}, shard_documents=1)
    request = RunRequest(read_settings(settings))
    time, seconds = ProcessorTime(), []
    if running.scheduler is not None:
        time.roots = [process.pid for process in (running.scheduler, *running.workers)]
    with open_run(request) as (run, _):
        plan = make_plan(run, list_sources(run, LocalRunner()))
        shards = cut_shards(plan, run.fingerprints, run.settings.run, None, run.run_id)
        empty = {name: schema.empty_table() for name, schema in run.staging.schemas.items()}
        for shard in shards:
            run.staging.write(shard.name, empty, ShardSummary())
        jobs = [ShardJob.of(request, run.fingerprints, shard, plan) for shard in shards]
        with shard_workers(run, len(jobs)) as workers:
            for _ in range(2):
                before = time.seconds + process_time()
                LocalRunner().map_shards(workers, jobs)
                seconds.append((time.seconds + process_time() - before) / len(jobs))
    return seconds


def table(corpora: Path, rounds: int) -> str:
    """Return the table of both ways, each with its fixed part and that of a shard."""
    files = documents(corpora, _CORPUS, max(_LARGE, _SENT))
    seconds: dict[tuple[str, int], list[float]] = {}
    shards: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as place, cluster(Path(place) / "cluster") as running:
        first, again = sent(Path(place) / "sent", files[:_SENT], running)
        print(f"sending a shard: {1000 * first:.1f} ms, again {1000 * again:.1f} ms", flush=True)
        for number in range(rounds):
            for size in (_SMALL, _LARGE):
                for way, uses in (("alone", None), ("on a cluster", running)):
                    folder = Path(place) / f"{number}-{size}-{way.replace(' ', '-')}"
                    settings = project(folder, files[:size], uses.settings if uses else None)
                    taken, shards[size] = measured(settings, uses)
                    seconds.setdefault((way, size), []).append(taken)
                    print(f"round {number + 1}: {size} documents {way}: {taken:.1f} s", flush=True)
    if not rounds:
        return ""
    lines = [
        f"| processor time, s | {shards[_SMALL]} shards | {shards[_LARGE]} shards | a shard | once "
        "a run |",
        "|---|---|---|---|---|",
    ]
    of_shard = {}
    for way in ("alone", "on a cluster"):
        small, large = (median(seconds[way, size]) for size in (_SMALL, _LARGE))
        of_shard[way] = (large - small) / (shards[_LARGE] - shards[_SMALL])
        fixed = small - shards[_SMALL] * of_shard[way]
        lines.append(f"| {way} | {small:.1f} | {large:.1f} | {of_shard[way]:.2f} | {fixed:.1f} |")
    over = of_shard["on a cluster"] / of_shard["alone"] - 1
    return "\n".join([*lines, "", f"A shard on a cluster costs {100 * over:+.1f} %."])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(f"usage: python -m {__spec__.name} CORPORA [ROUNDS]")
    print(table(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else _ROUNDS))
