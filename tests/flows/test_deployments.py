"""The deployments of prefect.yaml on a real server with real workers: one day of a person who runs Vouch.

It is one test, because starting and filling the server costs most of it; its steps are functions.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import httpx
import psutil
import pytest

from tests.flows.server import LIMIT_S, ROOT, Server, running, serving
from tests.pipeline.steps import configure, tables, texts, write
from tests.receiver import receiver
from tests.reports.browser import chromium
from vouch.index.store.run_log import list_runs
from vouch.schemas.runs.record import Status

T = TypeVar("T")
QUICK = {
    "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "2",
    "PREFECT_WORKER_QUERY_SECONDS": "5",
}
# The shortest heartbeat that Prefect allows is one every 30 seconds; a busy machine delays them.
SHORTER = {"within: 120": "within: 75", "within: 1800": "within: 10"}


# The login that compose.yaml requires: without it, the server answers no request.
LOGIN = "vouch:open-sesame"
PROTECTED = {"PREFECT_SERVER_API_AUTH_STRING": LOGIN, "PREFECT_API_AUTH_STRING": LOGIN}

BY_HAND = ("backfill", "replay")
SCHEDULED = ("canary", "evaluate", "ingest", "maintain", "quality-report")
BAD = (
    {"every": "fortnight"},
    {"max_documents": 0},
    {"max_tokens": "many"},
    {"since": "yesterday"},
    {"wait_s": -1},
    {"reprocess": "fetch"},
    {"sources": "docs"},
    {"reproces": "parse"},
)


@pytest.mark.timeout(3600)
def test_a_day(tmp_path: Path, tiny_model: Path):
    with (
        receiver(200) as (hook, seen),
        serving(tmp_path / "prefect", HOOK=f"{hook}?key=hush-hush", **QUICK, **PROTECTED) as server,
    ):
        nobody_enters_without_the_login(server)
        settings = project(tmp_path, tiny_model)
        deploy(server, settings, tmp_path)
        all_are_deployed(server)
        bad_parameters_are_refused(server)
        fails_before_it_begins(server, tmp_path / "nothing.yaml")
        scheduled = fires_by_itself(server, settings)
        wait_for(lambda: alert(seen, "late"))
        assert "no worker takes it" in alert(seen, "late")
        with running(server.make("worker")) as worker:
            assert server.final_state(scheduled["id"]) == "COMPLETED"
            assert texts(settings) == {"a.md": ["Alpha\n\nThe first text."]}
            wait_for(lambda: alert(seen, "failed before it began"))
            assert "nothing.yaml cannot be read" in alert(seen, "failed before it began")
            backfill_runs_in_windows(server, tmp_path / "dated", tiny_model)
            dead = kill_while_it_stages(server, settings, worker)
        waiting = server.start("ingest", config=str(settings)).raise_for_status().json()["id"]
        with running(server.make("worker")):
            assert server.final_state(dead) == "CRASHED"
            wait_for(lambda: alert(seen, "crashed"))
            assert "has sent no heartbeat for" in alert(seen, "crashed")
            assert f":{server.port}/runs/flow-run/{dead}" in alert(seen, "crashed")
            assert server.final_state(waiting) == "COMPLETED"
            decided = is_agreed_to_below_its_threshold(server, settings, seen)
        assert sorted(texts(settings)) == [*(f"{n}.md" for n in range(100, 140)), "a.md", "b.md"]
        is_one_message_an_incident(seen)
        logs = server.client.post("/logs/filter", json={}).text
        assert "hush-hush" not in logs
        assert "open-sesame" not in logs
        is_seen_in_the_pages(server, waiting, decided, tmp_path)


def project(folder: Path, model: Path) -> Path:
    (folder / "documents").mkdir()
    sections = {"run": {"report_url": "http://reports.here"}, "alerts": {"to": ["${HOOK}"]}}
    settings = configure(folder, model, **sections)
    write(settings, "a.md", "# Alpha\n\nThe first text.")
    return settings


def nobody_enters_without_the_login(server: Server) -> None:
    """Neither Prefect's API nor `make deploy` works without it, and Vouch says what is missing."""
    url = f"{server.url}/flow_runs/filter"
    for login in (None, ("vouch", "guess"), ("", "")):
        assert httpx.post(url, json={}, auth=login, timeout=LIMIT_S).status_code == 401
    bare = {name: value for name, value in server.environment.items() if name not in PROTECTED}
    command = [sys.executable, "-m", "vouch", "ingest", "--runner", "prefect"]
    done = subprocess.run(
        command, cwd=ROOT, env=bare, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.returncode == 1
    assert "PREFECT_API_AUTH_STRING" in done.stderr
    assert "Traceback" not in done.stderr


def deploy(server: Server, settings: Path, folder: Path) -> None:
    """Do `make deploy`, then register automations with these receivers and shorter waits."""
    server.deploy()
    automations = (ROOT / "prefect-automations.yaml").read_text("utf-8")
    for usual, short in SHORTER.items():
        assert usual in automations
        automations = automations.replace(usual, short)
    (folder / "automations.yaml").write_text(automations)
    misspelt_parameters_are_named(server, settings)
    done = register(server, settings)
    assert "alerts go to 1" in done.stdout, done.stderr
    assert (
        "hush-hush" not in done.stdout + server.client.post("/block_documents/filter", json={}).text
    )


def register(server: Server, settings: Path) -> subprocess.CompletedProcess[str]:
    """Register the automations that lie beside the settings."""
    arguments = [str(settings), str(settings.with_name("automations.yaml"))]
    command = [sys.executable, "-m", "vouch.flows.automations", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=server.environment, capture_output=True, text=True, timeout=LIMIT_S
    )


def all_are_deployed(server: Server) -> None:
    """Each has its pool, tags, version, limit and schedule; the automations are enabled."""
    by_name = {deployment["name"]: deployment for deployment in server.deployments()}
    assert sorted(by_name) == sorted((*BY_HAND, *SCHEDULED))
    for name, deployment in by_name.items():
        assert (
            deployment["work_pool_name"],
            deployment["tags"],
            bool(deployment["description"]),
        ) == (
            "vouch",
            ["vouch"],
            True,
        )
        assert deployment["version"]
        assert deployment["global_concurrency_limit"]["limit"] == 1
        assert deployment["concurrency_options"]["collision_strategy"] == "ENQUEUE"
        assert bool(deployment["schedules"]) == (name in SCHEDULED)
    automations = server.client.post("/automations/filter", json={}).raise_for_status().json()
    names = sorted(automation["name"] for automation in automations if automation["enabled"])
    assert names == ["vouch-crashed", "vouch-failed", "vouch-heartbeat", "vouch-late"]


def bad_parameters_are_refused(server: Server) -> None:
    """The API refuses them before there is a run."""
    for parameters in BAD:
        answer = server.start("backfill", **parameters)
        assert answer.status_code == 409, answer.text
        assert next(iter(parameters)) in answer.json()["detail"]


def misspelt_parameters_are_named(server: Server, settings: Path) -> None:
    """A parameter of prefect.yaml that no flow has ends `make deploy`."""
    replay = f"/deployments/{server.deployment('replay')['id']}"
    usual = server.client.get(replay).raise_for_status().json()
    loose = usual["parameter_openapi_schema"] | {"additionalProperties": True}
    changes = {"parameters": {"wait": 9}, "parameter_openapi_schema": loose}
    server.client.patch(replay, json=changes).raise_for_status()
    done = register(server, settings)
    assert done.returncode == 1
    assert "the deployment replay has no parameter wait; did you mean wait_s?" in done.stderr
    server.client.patch(replay, json={"parameters": usual["parameters"]}).raise_for_status()


def fails_before_it_begins(server: Server, settings: Path) -> None:
    """Start a run without settings. It has the tag of scheduled runs, as only these can be late.

    The server holds back the events of a run that is scheduled only seconds before it is due.
    """
    order = {"parameters": {"config": str(settings)}, "tags": ["auto-scheduled"]}
    deployment = server.deployment("evaluate")["id"]
    path = f"/deployments/{deployment}/create_flow_run"
    server.client.post(path, json=order).raise_for_status()


def backfill_runs_in_windows(server: Server, folder: Path, model: Path) -> None:
    """Each window is a run, as requested through the API."""
    folder.mkdir()
    settings = configure(folder, model)
    for name in ("2026-01-05.md", "2026-02-05.md", "2026-04-01.md"):
        write(settings, name, f"# Of {name}\n\nSome text.")
    parameters = {
        "config": str(settings),
        "since": "2026-01-01",
        "until": "2026-03-01",
        "every": "month",
        "by": "path",
    }
    started = server.start("backfill", **parameters).raise_for_status().json()
    assert server.final_state(started["id"]) == "COMPLETED"
    assert sorted(texts(settings)) == ["2026-01-05.md", "2026-02-05.md"]
    assert [record.status for record in list_runs(tables(settings))] == [
        Status.PUBLISHED,
        Status.PUBLISHED,
    ]
    run = server.client.get(f"/flow_runs/{started['id']}").raise_for_status().json()
    assert run["name"].startswith("backfill docs from 2026-01-01 to 2026-03-01 · ")
    filters = {"artifacts": {"flow_run_id": {"any_": [started["id"]]}}}
    artifacts = server.client.post("/artifacts/filter", json=filters).raise_for_status().json()
    assert {artifact["key"] for artifact in artifacts} >= {
        "vouch-run",
        "vouch-report",
        "vouch-progress",
        "vouch-backfill",
        "vouch-backfill-windows",
    }
    # Behind the schedule's queue.
    assert run["work_queue_name"] == "backfill"
    queues = server.client.post("/work_pools/vouch/queues/filter", json={}).raise_for_status()
    priorities = {queue["name"]: queue["priority"] for queue in queues.json()}
    assert priorities["backfill"] > priorities["default"]
    assert sorted(
        artifact["data"] for artifact in artifacts if artifact["key"] == "vouch-progress"
    ) == [
        100.0,
        100.0,
    ]


def fires_by_itself(server: Server, settings: Path) -> dict:
    """Return the run that a schedule makes 20 seconds from now; once more where the server was late."""
    deployment = server.deployment("ingest")["id"]
    filters = {
        "deployments": {"id": {"any_": [deployment]}},
        "sort": "EXPECTED_START_TIME_ASC",
        "limit": 1,
    }

    def scheduled_runs() -> list[dict]:
        runs: list[dict] = (
            server.client.post("/flow_runs/filter", json=filters).raise_for_status().json()
        )
        return [
            run
            for run in runs
            if run["auto_scheduled"] and run["parameters"]["config"] == str(settings)
        ]

    while True:
        at = datetime.now(UTC) + timedelta(seconds=20)
        schedule = {"schedule": {"interval": 86_400, "anchor_date": at.isoformat()}}
        changes = {
            "paused": False,
            "schedules": [schedule],
            "parameters": {"config": str(settings)},
        }
        server.client.patch(f"/deployments/{deployment}", json=changes).raise_for_status()
        (run,) = wait_for(scheduled_runs)
        if datetime.fromisoformat(run["expected_start_time"]) < at + timedelta(hours=1):
            return run


def kill_while_it_stages(server: Server, settings: Path, worker: subprocess.Popen[str]) -> str:
    """Kill a run's process and its worker at once while it stages; return the flow run's id."""
    for number in range(100, 140):
        write(settings, f"{number}.md", f"# Number {number}\n\nThe text of {number}.")
    flow_run: str = server.start("ingest", config=str(settings)).raise_for_status().json()["id"]
    filters = {"logs": {"flow_run_id": {"any_": [flow_run]}}}
    wait_for(lambda: "planned 40 new" in server.client.post("/logs/filter", json=filters).text)
    for process in psutil.Process(worker.pid).children(recursive=True):
        process.send_signal(signal.SIGKILL)
    return flow_run


def is_agreed_to_below_its_threshold(server: Server, settings: Path, seen: list) -> str:
    """A rejected run waits while others do not, until a person publishes it in Prefect's pages.

    Two steps from the alert to the publication: follow its link, fill in the form. Returns the
    flow run.
    """
    strict = {"approval": {"wait_h": 1}, "contracts": {"batch": {"min_documents": 90}}}
    settings.write_text(json.dumps(json.loads(settings.read_text()) | strict))
    write(settings, "b.md", "# Beta\n\nThe second text.")
    flow_run: str = server.start("ingest", config=str(settings)).raise_for_status().json()["id"]
    wait_for(lambda: state_of(server, flow_run) == "Suspended")
    # It is over, and holds nothing: the next one is rejected at once, and has no form.
    later = server.start("ingest", config=str(settings)).raise_for_status().json()["id"]
    assert server.final_state(later) == "FAILED"

    rejections = [body for title, body in messages(seen) if "Rejected" in title]
    assert len(rejections) == 1
    assert re.search(rf"decide until .* UTC: http://.*/runs/flow-run/{flow_run}\n", rejections[0])
    assert resume(server, flow_run) == "REJECT"
    assert resume(server, flow_run, publish=True, name=" ", why="no name") == "REJECT"
    form = {"publish": True, "name": "Ann Example", "why": "A small release is meant"}
    assert resume(server, flow_run, **form) == "ACCEPT"
    assert server.final_state(flow_run) == "COMPLETED"
    published = [run for run in list_runs(tables(settings)) if run.flow_run == flow_run]
    assert [(run.status, run.approval and run.approval.who) for run in published] == [
        (Status.PUBLISHED, "Ann Example")
    ]
    assert "A small release is meant" in json.dumps(seen)
    return flow_run


def resume(server: Server, flow_run: str, **form: object) -> str:
    """Resume a flow run as its page does, and return whether the server accepts it."""
    answer = server.client.post(f"/flow_runs/{flow_run}/resume", json={"run_input": form})
    return str(answer.raise_for_status().json()["status"])


def state_of(server: Server, flow_run: str) -> str:
    run = server.client.get(f"/flow_runs/{flow_run}").raise_for_status().json()
    assert run["state"]["type"] not in ("FAILED", "CRASHED"), run["state"]
    return str(run["state"]["name"])


def is_one_message_an_incident(seen: list) -> None:
    """What the server reports is not reported by the next run again, nor by two automations."""
    titles = [title for title, _ in messages(seen)]
    for event in ("crashed", "late", "failed before it began"):
        assert sum(title.endswith(f": {event}") for title in titles) == 1, titles
    assert "the run was cut short" not in json.dumps(seen)


def alert(seen: list, event: str) -> str:
    """Return the body of the alert about an event; empty where there is none yet."""
    return next((body for title, body in messages(seen) if title.endswith(f": {event}")), "")


def messages(seen: list) -> list[tuple[str, str]]:
    return [(alert["title"], alert["body"]) for alert in (json.loads(body) for body, _ in seen)]


def wait_for(look: Callable[[], T]) -> T:
    until = time.monotonic() + LIMIT_S
    while not (result := look()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.5)
    return result


def is_seen_in_the_pages(server: Server, flow_run: str, decided: str, folder: Path) -> None:
    """Prefect's pages show the run with its log and artifacts, and a link to its report; so they do
    for one that a person has decided on.
    """
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1300, "height": 1100})
        page.goto(f"http://127.0.0.1:{server.port}/")
        page.locator("input[type=password]").fill(LOGIN)
        page.get_by_role("button", name="Login").click()
        page.wait_for_url("**/dashboard**")
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
        page.goto(f"http://127.0.0.1:{server.port}/runs/flow-run/{decided}")
        page.get_by_text("Completed", exact=True).first.wait_for()
