"""A scheduler and workers as an operator starts them, and what may happen to them."""

import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.network import Network
from tests.object_store import free_ports

ROOT = Path(__file__).parents[2]
_START_S = 240
# A worker that says nothing for so long is taken for dead; by default it is a minute.
_WORKER_TTL_S = 20


@dataclass(slots=True)
class Cluster:
    """Processes of `vouch scheduler` and `vouch worker`, each the first of a process group."""

    folder: Path
    host: str = "127.0.0.1"
    tls: dict[str, Path] = field(default_factory=dict)
    address: str = ""
    worker_module: str = "vouch"
    scheduler: "subprocess.Popen[str] | None" = None
    workers: "list[subprocess.Popen[str]]" = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        """What `run.cluster` is for it."""
        return {"scheduler": self.address} | {name: str(file) for name, file in self.tls.items()}

    def start_scheduler(self) -> None:
        """Start the scheduler, at the address that it had before, if any."""
        if not self.address:
            (port,) = free_ports(1)
            self.address = f"{'tls' if self.tls else 'tcp'}://{self.host}:{port}"
        self.scheduler = self._start("scheduler")
        _wait_for_line(self.scheduler)

    def start_worker(self, network: Network | None = None) -> "subprocess.Popen[str]":
        """Start a worker, in a network of its own or in this one."""
        worker = self._start("worker", network)
        self.workers.append(worker)
        return worker

    def ready(self, *workers: "subprocess.Popen[str]") -> None:
        """Wait until these workers, or all, have joined the scheduler."""
        for worker in workers or self.workers:
            _wait_for_line(worker)

    def kill(self, process: "subprocess.Popen[str]") -> None:
        """Kill a process with its whole group: with those that parse and embed for it."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        if process in self.workers:
            self.workers.remove(process)

    def _start(self, role: str, network: Network | None = None) -> "subprocess.Popen[str]":
        files = [part for name, file in self.tls.items() for part in (f"--{name}", str(file))]
        module = self.worker_module if role == "worker" else "vouch"
        command = [sys.executable, "-m", module, role, self.address, *files]
        log = self.folder / f"{role}-{time.monotonic_ns()}.log"
        environment = {
            "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": f"{_WORKER_TTL_S}s",
            "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "30s",
        }
        with log.open("w") as errors:
            return subprocess.Popen(
                network.inside(command) if network else command,
                cwd=ROOT,
                env=os.environ | environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )


@contextmanager
def cluster(
    folder: Path,
    workers: int = 2,
    host: str = "127.0.0.1",
    tls: dict[str, Path] | None = None,
    worker_module: str = "vouch",
) -> Iterator[Cluster]:
    """Run a scheduler with this many workers until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    running = Cluster(folder, host, tls or {}, worker_module=worker_module)
    try:
        running.start_scheduler()
        for _ in range(workers):
            running.start_worker()
        running.ready()
        yield running
    finally:
        for process in (*running.workers, running.scheduler):
            if process is not None:
                running.kill(process)


@contextmanager
def killer(running: Cluster, seed: int, most: int, pause_s: tuple[float, float]) -> Iterator[list]:
    """Within the block, kill random workers after random pauses, and start others in their place.

    At most so many; the list that is yielded has an entry for each. A pause begins when the new
    worker has joined.
    """
    moments, ending, killed = random.Random(seed), threading.Event(), []

    def work() -> None:
        while len(killed) < most and not ending.wait(moments.uniform(*pause_s)):
            victim = moments.choice(running.workers)
            running.kill(victim)
            killed.append(victim.pid)
            running.ready(running.start_worker())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield killed
    finally:
        ending.set()
        thread.join()


def certificates(folder: Path) -> dict[str, Path]:
    """Write a certificate that everybody in a cluster of tests has, by the names of the settings."""
    from distributed import Security

    temporary = Security.temporary()
    contents = {
        "ca": temporary.tls_ca_file,
        "certificate": temporary.tls_client_cert,
        "key": temporary.tls_client_key,
    }
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, content in contents.items():
        files[name] = folder / f"{name}.pem"
        files[name].write_text(content)
    return files


def _wait_for_line(process: "subprocess.Popen[str]") -> None:
    """Wait until a process says that it is ready."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], _START_S)
    if not readable or not process.stdout.readline():
        raise RuntimeError(f"{process.args} did not start (exit code {process.poll()})")
