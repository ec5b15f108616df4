"""A real Prefect server and what `make` does with it, for tests of deployments."""

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
LIMIT_S = 1200.0
"""For something that never comes; no claim is about time, and the machine may be busy."""


class _PatientTransport(httpx.HTTPTransport):
    """Sends a request again where the server's database is busy, as Prefect's own client does."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        for _ in range(50):
            if response.status_code != 503:
                break
            response.close()
            time.sleep(0.2)
            response = super().handle_request(request)
        return response


class Server:
    """A Prefect server on a free port, its database in a folder."""

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
        folder.mkdir(parents=True, exist_ok=True)
        self.client = httpx.Client(
            base_url=self.url, timeout=LIMIT_S, transport=_PatientTransport()
        )

    def make(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `make` with the tests' environment, in a process group of its own.

        What it prints is in a file: a pipe that nobody reads fills, and stops who writes to it.
        """
        command = [
            "make",
            f"BIN={Path(sys.executable).parent}",
            "-o",
            ".venv/.installed",
            *arguments,
        ]
        with self.output_of(*arguments).open("w") as output:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def output_of(self, *arguments: str) -> Path:
        """Return the file with what `make` with these arguments printed last."""
        return Path(self.environment["PREFECT_HOME"]) / f"{' '.join(arguments)}.log"

    def wait_until_it_answers(self) -> None:
        until = time.monotonic() + LIMIT_S
        while True:
            try:
                self.client.get("/health").raise_for_status()
                return
            except httpx.HTTPError:
                assert time.monotonic() < until
                time.sleep(0.3)

    def deploy(self) -> None:
        """Do `make deploy`, and pause all schedules: they would run with this checkout's settings."""
        process = self.make("deploy")
        assert process.wait(LIMIT_S) == 0, self.output_of("deploy").read_text()
        for deployment in self.deployments():
            path = f"/deployments/{deployment['id']}"
            self.client.patch(path, json={"paused": True}).raise_for_status()

    def deployments(self) -> list[dict]:
        deployments: list[dict] = (
            self.client.post("/deployments/filter", json={}).raise_for_status().json()
        )
        return deployments

    def deployment(self, name: str) -> dict:
        deployment: dict = (
            self.client.get(f"/deployments/name/{name}/{name}").raise_for_status().json()
        )
        return deployment

    def start(self, name: str, **parameters: object) -> httpx.Response:
        return self.client.post(
            f"/deployments/{self.deployment(name)['id']}/create_flow_run",
            json={"parameters": parameters},
        )

    def final_state(self, flow_run: str) -> str:
        """Return the type of a flow run's state, once it is final."""
        until = time.monotonic() + LIMIT_S
        while True:
            state = self.client.get(f"/flow_runs/{flow_run}").raise_for_status().json()["state"]
            if state["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
                return str(state["type"])
            assert time.monotonic() < until, state
            time.sleep(0.5)


@contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Server]:
    """Yield a server that `make server` has started; everything it starts gets `environment`."""
    server = Server(folder)
    server.environment |= environment | {"PREFECT_SERVER_API_PORT": str(server.port)}
    if login := environment.get("PREFECT_SERVER_API_AUTH_STRING"):
        server.client.auth = httpx.BasicAuth(*login.split(":", 1))
    with running(server.make("server")), server.client:
        server.wait_until_it_answers()
        yield server
