"""Which runner the command line chooses, and what a run in this process spares."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, FlowRunFilterName
from prefect.settings import PREFECT_API_URL

from tests.pipeline.local_runs import ingest
from tests.pipeline.steps import tables, write
from vouch.index.store.run_log import list_runs
from vouch.schemas.runs.record import RunRecord, Status

ROOT = Path(__file__).parents[2]
LIMIT_S = 900  # for a process that hangs; no claim is about time
WATCHED = """
import json, sys
seen = {"opened": [], "started": []}
def watch(event, given):
    if event == "open" and "/documents/" in str(given[0]) and "/schemas/" not in str(given[0]):
        seen["opened"].append(str(given[0]))
    if event == "subprocess.Popen":
        seen["started"].append(" ".join(map(str, given[1])))
sys.addaudithook(watch)
from vouch.cli import main
code = 0
try:
    main()
except SystemExit as exit:
    code = exit.code or 0
seen["prefect"] = "prefect" in sys.modules
print(json.dumps(seen), file=open("seen.json", "w"))
sys.exit(code)
"""


@pytest.fixture
def settings(project, tiny_model: Path) -> Path:
    documents = {"a.md": "# Alpha\n\nThe first of two texts.", "b.md": "# Beta\n\nThe second."}
    file = project(documents, f"embedding: {{model: {tiny_model}}}\n")
    ingest(file)
    return file


def vouch(
    settings: Path, *arguments: str, **variables: str
) -> tuple[subprocess.CompletedProcess[str], dict]:
    """Run a command in its own process, with no server configured but by `variables`; return what
    it opened and started too.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    home = settings.parent / "home"
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments],
        cwd=settings.parent,
        env=kept | {"PYTHONPATH": str(ROOT), "HOME": str(home), "COLUMNS": "200"} | variables,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    return done, json.loads((settings.parent / "seen.json").read_text())


def test_without_a_server_a_run_is_local_and_one_with_nothing_to_do_reads_and_starts_nothing(
    settings: Path,
):
    before = tables(settings).versions()
    done, seen = vouch(settings, "--json", "ingest")
    assert (seen["opened"], seen["prefect"]) == ([], False)
    # It asks git and tesseract for their versions: no process that parses, embeds or serves starts.
    programs = {Path(command.split()[0]).name for command in seen["started"]}
    assert programs <= {"git", "tesseract"}
    assert tables(settings).versions() == before
    record = RunRecord.model_validate_json(done.stdout)
    assert list_runs(tables(settings))[0] == record
    assert record.status is Status.UNCHANGED
    assert Path(record.report or "").is_file()


def test_with_a_server_a_run_is_a_flow_run_of_it(settings: Path, prefect_server: None):
    write(settings, "a.md", "# Alpha\n\nEdited.")
    url = PREFECT_API_URL.value()
    assert url
    done, seen = vouch(settings, "--json", "ingest", PREFECT_API_URL=url)
    record = RunRecord.model_validate_json(done.stdout)
    assert (record.status, record.accounting.published, seen["prefect"]) == (
        Status.PUBLISHED,
        1,
        True,
    )
    assert flow_runs(record)
    local, seen = vouch(settings, "--json", "ingest", "--runner", "local", PREFECT_API_URL=url)
    assert not seen["prefect"]
    assert flow_runs(RunRecord.model_validate_json(local.stdout)) == []


def test_prefect_without_a_server_starts_its_own_and_keeps_its_database_with_the_project(
    settings: Path,
):
    done, seen = vouch(settings, "--json", "ingest", "--runner", "prefect")
    assert RunRecord.model_validate_json(done.stdout).status is Status.UNCHANGED
    assert seen["prefect"]
    assert (settings.parent / "data/prefect/prefect.db").is_file()
    assert not list((settings.parent / "home").iterdir())


def flow_runs(record: RunRecord) -> list[str]:
    """Return the names of the server's flow runs that have a task run tagged with this run."""
    with get_client(sync_client=True) as client:
        names = FlowRunFilter(name=FlowRunFilterName(like_="ingest docs"))
        runs = client.read_flow_runs(flow_run_filter=names)
        tasks = [
            client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
            for run in runs
        ]
    tag = f"run:{record.run_id}"
    return [
        run.name
        for run, task_runs in zip(runs, tasks, strict=True)
        if any(tag in task.tags for task in task_runs)
    ]
