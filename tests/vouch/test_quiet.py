"""A run at the terminal without a server: what it does with little to do, and that no run is lost from Prefect's list."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun

from tests.flows.steps import run, tables, write
from vouch.index.store.run_log import list_runs, untold
from vouch.index.store.tables import rows
from vouch.schemas.run import RunRecord, Status

pytestmark = pytest.mark.usefixtures("prefect_server")

ROOT = Path(__file__).parents[2]
WATCHED = """
import json, sys
seen = {"opened": [], "started": []}
def watch(event, given):
    if event == "open" and "/documents/" in str(given[0]):
        seen["opened"].append(str(given[0]))
    if event == "subprocess.Popen":
        seen["started"].append(" ".join(map(str, given[1])))
sys.addaudithook(watch)
from vouch.cli import main
code = 0
try:
    main()
except SystemExit as left:
    code = left.code or 0
seen["prefect"] = "prefect" in sys.modules
print(json.dumps(seen), file=open("seen.json", "w"))
sys.exit(code)
"""
BROKEN_ONCE = """
import vouch.pipeline.local_runner
def lost(*arguments):
    raise ConnectionError("the line is lost")
vouch.pipeline.local_runner.stage_shard = lost
"""
BROKEN_FIRST = """
import vouch.pipeline.local_runner
real, calls = vouch.pipeline.local_runner.stage_shard, []
def broken(*arguments):
    calls.append(1)
    if len(calls) == 1:
        raise ValueError("of this shard")
    return real(*arguments)
vouch.pipeline.local_runner.stage_shard = broken
"""
OVERTAKEN = """
import shutil
import vouch.pipeline.finalize, vouch.pipeline.local_runner
still_right, stage_shard, calls = vouch.pipeline.finalize.still_right, vouch.pipeline.local_runner.stage_shard, []
def overtaken(one, plan):
    # As where another run has published meanwhile: what was staged is for a state that is no more.
    vouch.pipeline.finalize.still_right = still_right
    shutil.rmtree(one.run.staging.root)
    return still_right(one, plan)
def lost_in_the_end(*arguments):
    calls.append(1)
    if len(calls) > 1:
        raise ConnectionError("the line is lost")
    return stage_shard(*arguments)
vouch.pipeline.finalize.still_right, vouch.pipeline.local_runner.stage_shard = overtaken, lost_in_the_end
"""
DOCUMENTS = {
    "a.md": "# Alpha\n\nThe first of two texts.",
    "b.md": "# Beta\n\nThe second.",
    "empty.txt": "",
}


@pytest.fixture
def settings(project, tiny_model: Path) -> Path:
    file = project(
        DOCUMENTS, f"embedding: {{model: {tiny_model}}}\nindex: {{max_delete_share: 1.0}}\n"
    )
    run(file)
    return file


def without_server(
    settings: Path, *arguments: str, before: str = ""
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    return subprocess.run(
        [sys.executable, "-c", before + WATCHED, *arguments],
        cwd=settings.parent,
        env=kept
        | {
            "PYTHONPATH": str(ROOT),
            "PREFECT_HOME": str(settings.parent / "prefect"),
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        timeout=280,
    )


def plain(record: RunRecord) -> dict:
    """What two runs that found the same have in common."""
    own = {"run_id", "started_at", "ended_at", "report", "known_to_server", "code_version"}
    told = record.model_dump(mode="json", exclude=own)
    return told | {"stages": [(stage["stage"], stage["items"]) for stage in told["stages"]]}


def flow_runs(run_id: str) -> list[FlowRun]:
    with get_client(sync_client=True) as client:
        asked = FlowRunFilter(tags=FlowRunFilterTags(all_=[f"run:{run_id}"]))
        return client.read_flow_runs(flow_run_filter=asked)


def artifacts(flow_run: FlowRun) -> dict[str, str]:
    """What each says, by key; every key stands once."""
    with get_client(sync_client=True) as client:
        asked = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run.id]))
        found = client.read_artifacts(artifact_filter=asked)
    assert len({one.key for one in found}) == len(found)
    return {str(one.key): f"{one.description} {one.data}" for one in found}


def test_nothing_to_do_reads_nothing_starts_nothing_and_leaves_its_record(settings: Path):
    with_server = run(settings)
    before = tables(settings).versions()
    done = without_server(settings, "--json", "ingest")
    assert done.returncode == 0, done.stderr
    seen = json.loads((settings.parent / "seen.json").read_text())
    assert (seen["opened"], seen["prefect"]) == ([], False)
    assert not [one for one in seen["started"] if "ephemeral_server" in one]
    assert tables(settings).versions() == before
    record = RunRecord.model_validate_json(done.stdout)
    (held, *_) = list_runs(tables(settings))
    assert held == record
    assert (record.status, record.known_to_server, with_server.known_to_server) == (
        Status.UNCHANGED,
        False,
        True,
    )
    assert plain(record) == plain(with_server)
    assert record.report is not None
    assert "Unchanged" in Path(record.report).read_text("utf-8") or "unchanged" in Path(
        record.report
    ).read_text("utf-8")


def test_the_next_run_with_a_server_tells_it_of_those_that_had_none(settings: Path):
    without_server(settings, "ingest")
    write(settings, "a.md", "# Alpha\n\nEdited.")
    refused = without_server(settings, "ingest", "--max-documents", "0")
    assert refused.returncode == 9, refused.stderr
    assert "nothing was spent" in refused.stderr
    quiet = untold(tables(settings), 99)
    assert [one.status for one in quiet] == [Status.UNCHANGED, Status.FAILED]
    assert [flow_runs(one.run_id) for one in quiet] == [[], []]
    assert run(settings).accounting.published == 1
    assert untold(tables(settings), 99) == []
    for record, kind in zip(quiet, ("COMPLETED", "FAILED"), strict=True):
        (told,) = flow_runs(record.run_id)
        assert told.state is not None
        assert (told.state.type.value, told.name.startswith("ingest")) == (kind, True)
        assert told.expected_start_time == record.started_at
        assert f"without a server, {record.started_at:%Y-%m-%d %H:%M:%S} to" in (
            told.state.message or ""
        )
    run(settings)
    assert [len(flow_runs(one.run_id)) for one in quiet] == [1, 1]


def test_a_little_to_do_is_done_without_a_server_and_told_with_all_that_its_flow_leaves(
    settings: Path,
):
    write(settings, "a.md", "# Alpha\n\nEdited.")
    (settings.parent / "documents" / "b.md").unlink()
    done = without_server(settings, "--json", "ingest")
    assert done.returncode == 0, done.stderr
    seen = json.loads((settings.parent / "seen.json").read_text())
    assert ([one for one in seen["started"] if "ephemeral_server" in one], seen["prefect"]) == (
        [],
        False,
    )
    record = RunRecord.model_validate_json(done.stdout)
    assert (record.status, record.accounting.published, record.accounting.removed) == (
        Status.PUBLISHED,
        1,
        1,
    )
    assert [one["text"] for one in rows(tables(settings).chunks, ["text"]).to_pylist()] == [
        "Alpha\n\nEdited."
    ]
    run(settings)
    (told,) = flow_runs(record.run_id)
    found = artifacts(told)
    assert found.keys() == {"vouch-run", "vouch-report"}
    assert all(record.run_id in said for said in found.values())


@pytest.mark.parametrize(
    "before", [BROKEN_ONCE, OVERTAKEN], ids=["staging", "overtaken before it publishes"]
)
def test_what_may_pass_by_itself_is_tried_again_by_the_tasks_of_the_flow(
    settings: Path, before: str
):
    write(settings, "a.md", "# Alpha\n\nEdited.")
    done = without_server(settings, "--json", "ingest", before=before)
    assert done.returncode == 0, done.stderr
    record = RunRecord.model_validate_json(done.stdout)
    assert (record.status, record.known_to_server, record.accounting.published) == (
        Status.PUBLISHED,
        True,
        1,
    )
    assert list_runs(tables(settings))[0].run_id == record.run_id


def test_a_shard_that_fails_does_not_keep_the_others_from_being_finished(settings: Path):
    settings.write_text(f"{settings.read_text()}run: {{shard_documents: 1}}\n")
    write(settings, "a.md", "# Alpha\n\nEdited.")
    write(settings, "b.md", "# Beta\n\nEdited.")
    broken = without_server(settings, "ingest", before=BROKEN_FIRST)
    assert (broken.returncode, "of this shard" in broken.stderr) == (1, True)
    record = RunRecord.model_validate_json(without_server(settings, "--json", "ingest").stdout)
    assert (record.status, record.shards, record.shards_resumed) == (Status.PUBLISHED, 2, 1)


def test_cut_short_while_it_tells_it_makes_nothing_twice(
    settings: Path, monkeypatch: pytest.MonkeyPatch
):
    without_server(settings, "ingest")
    (quiet,) = untold(tables(settings), 99)
    with monkeypatch.context() as patch:
        patch.delattr("vouch.flows.flow_run_sync._end")
        assert run(settings).status is Status.UNCHANGED
    assert [one.run_id for one in untold(tables(settings), 99)] == [quiet.run_id]
    run(settings)
    (told,) = flow_runs(quiet.run_id)
    assert (told.state_name, sorted(artifacts(told))) == (
        "Completed",
        ["vouch-report", "vouch-run"],
    )


def test_much_to_do_starts_a_server_and_goes_on_where_the_run_is(settings: Path):
    """Also: the run whose flow takes it up is one run, and Prefect's list has what came before."""
    without_server(settings, "ingest")
    for number in range(20):
        write(settings, f"c{number}.md", f"# Gamma\n\nNew {number}.")
    done = without_server(settings, "--json", "ingest")
    assert done.returncode == 0, done.stderr
    record = RunRecord.model_validate_json(done.stdout)
    assert (record.status, record.known_to_server, record.accounting.published) == (
        Status.PUBLISHED,
        True,
        20,
    )
    seen = json.loads((settings.parent / "seen.json").read_text())
    assert (
        len([one for one in seen["started"] if "ephemeral_server" in one]),
        seen["prefect"],
    ) == (1, True)
    assert untold(tables(settings), 99) == []
    assert [one.status for one in list_runs(tables(settings))] == [
        Status.PUBLISHED,
        Status.UNCHANGED,
        Status.PUBLISHED,
    ]
    assert done.stderr.strip() == ""
