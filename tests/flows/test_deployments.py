"""The deployments of prefect.yaml on a real server, with real workers on this machine: a day of who runs Vouch.

It is one test, because a server that has all of them takes half a minute of this machine; its steps are told by their names.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from tests.flows.server import ROOT, Server, running, serving
from tests.pipeline.steps import configure, tables, texts, write
from tests.receiver import receiver
from tests.reports.browser import chromium
from vouch.index.store.run_log import list_runs
from vouch.schemas.run import Status

T = TypeVar("T")
QUICK = {
    "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "2",
    "PREFECT_WORKER_QUERY_SECONDS": "2",
}
# A run may say nothing for longer than Prefect lets it say something: every 30 seconds at the most often.
SHORTER = {"within: 120": "within: 45", "within: 1800": "within: 10"}


BY_HAND = ("backfill", "replay")
SCHEDULED = ("evaluate", "ingest", "maintain", "quality-report")
BAD = (
    {"every": "fortnight"},
    {"max_documents": 0},
    {"max_tokens": "many"},
    {"since": "yesterday"},
    {"wait_s": -1},
    {"reprocess": "fetch"},
    {"sources": "docs"},
)


@pytest.mark.timeout(600)
def test_a_day(tmp_path: Path, tiny_model: Path):
    with (
        receiver(200) as (hook, seen),
        serving(tmp_path / "prefect", HOOK=f"{hook}?key=hush-hush", **QUICK) as server,
    ):
        settings = project(tmp_path, tiny_model)
        deploy(server, settings, tmp_path)
        all_are_deployed(server)
        bad_parameters_are_refused(server)
        server.start("evaluate", config=str(tmp_path / "nothing.yaml")).raise_for_status()
        scheduled = fires_by_itself(server, settings)
        awaits(lambda: told(seen, "late"))
        assert "no worker takes it" in told(seen, "late")
        with running(server.make("worker")) as worker:
            assert server.ended(scheduled["id"])["type"] == "COMPLETED"
            assert texts(settings) == {"a.md": ["Alpha\n\nThe first text."]}
            awaits(lambda: told(seen, "failed before it began"))
            assert "nothing.yaml cannot be read" in told(seen, "failed before it began")
            backfill_runs_in_windows(server, tmp_path / "dated", tiny_model)
            dead = killed_at_work(server, settings, worker)
        waiting = server.start("ingest", config=str(settings)).raise_for_status().json()["id"]
        with running(server.make("worker")):
            assert server.ended(dead)["type"] == "CRASHED"
            awaits(lambda: told(seen, "crashed"))
            assert "has sent no heartbeat for" in told(seen, "crashed")
            assert server.ended(waiting)["type"] == "COMPLETED"
        assert sorted(texts(settings)) == [*(f"{n}.md" for n in range(100, 140)), "a.md"]
        assert [title for title, _ in messages(seen) if title.endswith(": crashed")] == [
            "Vouch: ingest: crashed"
        ]
        assert "the run was cut short" in json.dumps(seen)
        assert "hush-hush" not in server.client.post("/logs/filter", json={}).text
        is_seen_in_the_pages(server, waiting, tmp_path)


def project(folder: Path, model: Path) -> Path:
    (folder / "documents").mkdir()
    told = {"run": {"report_url": "http://reports.here"}, "alerts": {"to": ["${HOOK}"]}}
    settings = configure(folder, model, **told)
    write(settings, "a.md", "# Alpha\n\nThe first text.")
    return settings


def deploy(server: Server, settings: Path, folder: Path) -> None:
    """As `make deploy`, then with the receivers of these settings and with less patience."""
    server.deploy()
    automations = (ROOT / "prefect-automations.yaml").read_text("utf-8")
    for usual, short in SHORTER.items():
        assert usual in automations
        automations = automations.replace(usual, short)
    (folder / "automations.yaml").write_text(automations)
    command = [
        sys.executable,
        "-m",
        "vouch.flows.automations",
        str(settings),
        str(folder / "automations.yaml"),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=server.environment, capture_output=True, text=True, timeout=120
    )
    assert "alerts go to 1" in done.stdout, done.stderr
    assert (
        "hush-hush" not in done.stdout + server.client.post("/block_documents/filter", json={}).text
    )


def all_are_deployed(server: Server) -> None:
    """With what tells and bounds them."""
    found = {
        one["name"]: one
        for one in server.client.post("/deployments/filter", json={}).raise_for_status().json()
    }
    assert sorted(found) == sorted((*BY_HAND, *SCHEDULED))
    for name, one in found.items():
        assert (one["work_pool_name"], one["tags"], bool(one["description"])) == (
            "vouch",
            ["vouch"],
            True,
        )
        assert one["version"]
        assert one["global_concurrency_limit"]["limit"] == 1
        assert one["concurrency_options"]["collision_strategy"] == "ENQUEUE"
        assert bool(one["schedules"]) == (name in SCHEDULED)
    automations = server.client.post("/automations/filter", json={}).raise_for_status().json()
    names = sorted(one["name"] for one in automations if one["enabled"])
    assert names == ["vouch-crashed", "vouch-failed", "vouch-late"]


def bad_parameters_are_refused(server: Server) -> None:
    """Before there is a run."""
    for parameters in BAD:
        answer = server.start("backfill", **parameters)
        assert answer.status_code == 409, answer.text
        assert next(iter(parameters)) in answer.json()["detail"]


def backfill_runs_in_windows(server: Server, folder: Path, model: Path) -> None:
    """As it was asked for through the API."""
    folder.mkdir()
    settings = configure(folder, model)
    for name in ("2026-01-05.md", "2026-02-05.md", "2026-04-01.md"):
        write(settings, name, f"# Of {name}\n\nSome text.")
    asked = {
        "config": str(settings),
        "since": "2026-01-01",
        "until": "2026-03-01",
        "every": "month",
        "by": "path",
    }
    made = server.start("backfill", **asked).raise_for_status().json()
    assert server.ended(made["id"])["type"] == "COMPLETED"
    assert sorted(texts(settings)) == ["2026-01-05.md", "2026-02-05.md"]
    assert [one.status for one in list_runs(tables(settings))] == [
        Status.PUBLISHED,
        Status.PUBLISHED,
    ]
    run = server.client.get(f"/flow_runs/{made['id']}").raise_for_status().json()
    assert run["name"].startswith("backfill docs from 2026-01-01 to 2026-03-01 · ")
    asked_for = {"artifacts": {"flow_run_id": {"any_": [made["id"]]}}}
    artifacts = server.client.post("/artifacts/filter", json=asked_for).raise_for_status().json()
    assert {"vouch-run", "vouch-report", "vouch-progress"} <= {one["key"] for one in artifacts}
    assert sorted(one["data"] for one in artifacts if one["key"] == "vouch-progress") == [
        100.0,
        100.0,
    ]


def fires_by_itself(server: Server, settings: Path) -> dict:
    """The run that a schedule makes of a deployment, 20 seconds from now; once more where the server came too late for that."""
    deployment = server.deployment("ingest")["id"]
    wanted = {
        "deployments": {"id": {"any_": [deployment]}},
        "sort": "EXPECTED_START_TIME_ASC",
        "limit": 1,
    }

    def found() -> list[dict]:
        runs: list[dict] = (
            server.client.post("/flow_runs/filter", json=wanted).raise_for_status().json()
        )
        return [
            run
            for run in runs
            if run["auto_scheduled"] and run["parameters"]["config"] == str(settings)
        ]

    while True:
        at = datetime.now(UTC) + timedelta(seconds=20)
        schedule = {"schedule": {"interval": 86_400, "anchor_date": at.isoformat()}}
        asked = {"paused": False, "schedules": [schedule], "parameters": {"config": str(settings)}}
        server.client.patch(f"/deployments/{deployment}", json=asked).raise_for_status()
        (run,) = awaits(found)
        if datetime.fromisoformat(run["expected_start_time"]) < at + timedelta(hours=1):
            return run


def killed_at_work(server: Server, settings: Path, worker: subprocess.Popen[str]) -> str:
    """A run whose process and worker are killed at one moment, while it stages."""
    for number in range(100, 140):
        write(settings, f"{number}.md", f"# Number {number}\n\nWhat is said under {number}.")
    flow_run: str = server.start("ingest", config=str(settings)).raise_for_status().json()["id"]
    asked = {"logs": {"flow_run_id": {"any_": [flow_run]}}}
    awaits(lambda: "planned 40 new" in server.client.post("/logs/filter", json=asked).text)
    for process in psutil.Process(worker.pid).children(recursive=True):
        process.send_signal(signal.SIGKILL)
    return flow_run


def told(seen: list, what: str) -> str:
    """The body of the alert whose title ends so; empty where there is none yet."""
    return next((body for title, body in messages(seen) if title.endswith(f": {what}")), "")


def messages(seen: list) -> list[tuple[str, str]]:
    return [(told["title"], told["body"]) for told in (json.loads(body) for body, _ in seen)]


def awaits(look: Callable[[], T], limit_s: float = 180) -> T:
    until = time.monotonic() + limit_s
    while not (found := look()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.5)
    return found


def is_seen_in_the_pages(server: Server, flow_run: str, folder: Path) -> None:
    """The run with its stages and its log, its artifacts, and from there its report."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1300, "height": 1100})
        page.goto(f"http://127.0.0.1:{server.port}/runs/flow-run/{flow_run}")
        page.get_by_text("planned 40 new").wait_for()
        assert page.get_by_text("ingest docs ·").first.is_visible()
        page.get_by_text("Artifacts", exact=True).click()
        for key in ("vouch-run", "vouch-report", "vouch-progress"):
            page.get_by_text(key, exact=True).first.wait_for()
        page.screenshot(path=Path(os.environ.get("SCREENSHOTS", folder)) / "artifacts.png")
        page.get_by_text("vouch-run", exact=True).first.click()
        report = page.get_by_role("link", name="report", exact=True)
        report.wait_for()
        assert (report.get_attribute("href") or "").startswith("http://reports.here/2")
