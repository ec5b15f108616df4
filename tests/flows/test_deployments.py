"""The deployments of prefect.yaml on a real server, with a real worker on this machine."""

import json
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
import pytest

from index.runs import list_runs
from schemas.run import Status
from tests.flows.steps import configure, tables, texts

ROOT = Path(__file__).parents[2]
PREFECT = str(Path(sys.executable).with_name("prefect"))
BY_HAND = ("backfill", "replay")
SCHEDULED = ("evaluate", "ingest", "maintain", "quality-report")


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
        command = ["make", f"BIN={Path(sys.executable).parent}", "-o", ".venv/.installed", *arguments]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def deployment(self, name: str) -> dict:
        found: dict = self.client.get(f"/deployments/name/{name}/{name}").raise_for_status().json()
        return found

    def start(self, name: str, **parameters: object) -> httpx.Response:
        return self.client.post(f"/deployments/{self.deployment(name)['id']}/create_flow_run", json={"parameters": parameters})

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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With all that `make deploy` registers."""
    made = Server(tmp_path_factory.mktemp("prefect"))
    made.environment["PREFECT_SERVER_API_PORT"] = str(made.port)
    with running(made.make("server")), made.client:
        until = time.monotonic() + 120
        while True:
            try:
                made.client.get("/health").raise_for_status()
                break
            except httpx.HTTPError:
                assert time.monotonic() < until
                time.sleep(0.3)
        deploy = made.make("deploy")
        output, _ = deploy.communicate(timeout=240)
        assert deploy.returncode == 0, output
        yield made


def test_all_are_deployed_with_what_tells_and_bounds_them(server: Server):
    found = {one["name"]: one for one in server.client.post("/deployments/filter", json={}).raise_for_status().json()}
    assert sorted(found) == sorted((*BY_HAND, *SCHEDULED))
    for name, one in found.items():
        assert (one["work_pool_name"], one["tags"], bool(one["description"]), bool(one["version"])) == (
            "vouch",
            ["vouch"],
            True,
            True,
        )
        assert one["global_concurrency_limit"]["limit"] == 1
        assert one["concurrency_options"]["collision_strategy"] == "ENQUEUE"
        assert bool(one["schedules"]) == (name in SCHEDULED)
    (crashed,) = server.client.post("/automations/filter", json={}).raise_for_status().json()
    assert (crashed["name"], crashed["enabled"]) == ("vouch-crashed", True)


@pytest.mark.parametrize(
    "parameters",
    [
        {"every": "fortnight"},
        {"max_documents": 0},
        {"max_tokens": "many"},
        {"since": "yesterday"},
        {"wait_s": -1},
        {"reprocess": "fetch"},
        {"sources": "docs"},
    ],
)
def test_a_backfill_with_bad_parameters_is_refused_before_there_is_a_run(server: Server, parameters: dict):
    answer = server.start("backfill", **parameters)
    assert answer.status_code == 409, answer.text
    assert next(iter(parameters)) in answer.json()["detail"]


def test_a_backfill_that_was_started_through_the_api_runs_in_windows(server: Server, tmp_path: Path, tiny_model: Path):
    documents = {
        "2026-01-05.md": "# Alpha\n\nIn January.",
        "2026-02-05.md": "# Beta\n\nIn February.",
        "2026-04-01.md": "# Gamma\n\nLater.",
    }
    (tmp_path / "documents").mkdir()
    for name, text in documents.items():
        (tmp_path / "documents" / name).write_text(text)
    settings = configure(tmp_path, tiny_model)
    with running(server.make("worker")):
        asked = {"config": str(settings), "since": "2026-01-01", "until": "2026-03-01", "every": "month", "by": "path"}
        made = server.start("backfill", **asked).raise_for_status().json()
        state = server.ended(made["id"])
    assert state["type"] == "COMPLETED", state
    assert sorted(texts(settings)) == ["2026-01-05.md", "2026-02-05.md"]
    assert [one.status for one in list_runs(tables(settings))] == [Status.PUBLISHED, Status.PUBLISHED]
    asked_for = {"artifacts": {"flow_run_id": {"any_": [made["id"]]}}}
    artifacts = server.client.post("/artifacts/filter", json=asked_for).raise_for_status().json()
    assert {one["key"] for one in artifacts} == {"vouch-run", "vouch-report"}
    assert json.dumps(artifacts).count("Report of") == 2
