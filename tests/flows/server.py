"""A real Prefect server, and what `make` does with it, for tests of what runs from there."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


class Server:
    """A server of Prefect's on a free port, its database in a folder."""

    def __init__(self, folder: Path) -> None:
        with closing(socket.socket()) as bound:
            bound.bind(("127.0.0.1", 0))
            self.port = bound.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/api"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
        self.environment = kept | {
            "PREFECT_HOME": str(folder),
            "PREFECT_API_URL": self.url,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        }
        self.client = httpx.Client(base_url=self.url, timeout=60)

    def make(self, *arguments: str) -> subprocess.Popen[str]:
        """`make`, in the environment that runs the tests, in a process group of its own."""
        command = [
            "make",
            f"BIN={Path(sys.executable).parent}",
            "-o",
            ".venv/.installed",
            *arguments,
        ]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def answers(self, limit_s: float = 120) -> None:
        """Returns once it does."""
        until = time.monotonic() + limit_s
        while True:
            try:
                self.client.get("/health").raise_for_status()
                return
            except httpx.HTTPError:
                assert time.monotonic() < until
                time.sleep(0.3)

    def deploy(self) -> None:
        """As `make deploy`; but no schedule fires: a worker would run it on the settings of this checkout."""
        made = self.make("deploy")
        output, _ = made.communicate(timeout=240)
        assert made.returncode == 0, output
        for one in self.client.post("/deployments/filter", json={}).raise_for_status().json():
            self.client.patch(f"/deployments/{one['id']}", json={"paused": True}).raise_for_status()

    def deployment(self, name: str) -> dict:
        found: dict = self.client.get(f"/deployments/name/{name}/{name}").raise_for_status().json()
        return found

    def start(self, name: str, **parameters: object) -> httpx.Response:
        return self.client.post(
            f"/deployments/{self.deployment(name)['id']}/create_flow_run",
            json={"parameters": parameters},
        )

    def ended(self, flow_run: str, limit_s: float = 240) -> dict:
        """Its state, once it is final."""
        until = time.monotonic() + limit_s
        while True:
            state = self.client.get(f"/flow_runs/{flow_run}").raise_for_status().json()["state"]
            if state["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
                return state
            assert time.monotonic() < until, state
            time.sleep(0.5)


@contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Server]:
    """A server that `make server` started and that answers; `environment` is told to it, and to what `make` starts later."""
    made = Server(folder)
    made.environment |= environment | {"PREFECT_SERVER_API_PORT": str(made.port)}
    with running(made.make("server")), made.client:
        made.answers()
        yield made
