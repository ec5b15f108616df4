"""A run as a flow run: its tasks, names, tags, artifacts and retries, on Prefect's own server."""

import json
import threading
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.states import Paused

from tests.pipeline.local_runs import ingest as ingest_locally
from tests.pipeline.steps import configure, tables, write
from vouch.flows.backfill import backfill
from vouch.flows.evaluate import evaluate
from vouch.flows.ingest import ingest
from vouch.flows.maintain import maintain
from vouch.flows.quality_report import quality_report
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.backfill_progress import BackfillProgress
from vouch.pipeline.context.progress import observed_by
from vouch.schemas.boundary import Boundary, Side, install
from vouch.schemas.errors import RunRejected
from vouch.schemas.runs.record import RunRecord, Status

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path) -> Path:
    settings = configure(tmp_path, tiny_model, run={"shard_documents": 1})
    for name in ("a", "b", "c"):
        write(settings, f"{name}.md", f"# Text {name}\n\nThe text of {name}.")
    return settings


def newest_flow_run() -> FlowRun:
    with get_client(sync_client=True) as client:
        return max(client.read_flow_runs(), key=lambda run: run.created)


def only(flow_run: UUID) -> FlowRunFilter:
    return FlowRunFilter(id=FlowRunFilterId(any_=[flow_run]))


def task_runs(flow_run: UUID) -> list[TaskRun]:
    with get_client(sync_client=True) as client:
        return client.read_task_runs(flow_run_filter=only(flow_run))


def artifacts(flow_run: UUID) -> dict[str, str]:
    """Return what each artifact of a flow run holds, by key."""
    with get_client(sync_client=True) as client:
        listed = client.read_artifacts(flow_run_filter=only(flow_run))
    assert len({artifact.key for artifact in listed}) == len(listed)
    return {str(artifact.key): f"{artifact.description} {artifact.data}" for artifact in listed}


def test_a_run_is_seen_as_a_flow_run_with_its_stages_shards_and_artifacts(settings: Path):
    record = ingest(config=str(settings))
    assert (record.status, record.accounting.published) == (Status.PUBLISHED, 3)
    flow_run = newest_flow_run()
    assert flow_run.name.startswith("ingest docs · ")
    tasks = task_runs(flow_run.id)
    names = [task.name for task in tasks]
    shards = [name for name in names if name.startswith("shard-")]
    assert sorted(set(names) - set(shards)) == ["audit", "list docs", "plan", "publish", "report"]
    assert len(shards) == record.shards > 1
    assert all({f"run:{record.run_id}", "docs"} <= set(task.tags) for task in tasks)
    by_key = artifacts(flow_run.id)
    assert by_key.keys() == {"vouch-run", "vouch-report", "vouch-progress"}
    assert all(record.run_id in content for content in by_key.values())
    assert by_key["vouch-progress"].endswith(" 100")


def test_shards_on_a_cluster_are_tasks_of_the_flow_run_all_the_same(settings: Path):
    content = json.loads(settings.read_text())
    content["run"]["cluster"] = {"local": 1}
    settings.write_text(json.dumps(content))
    record = ingest(config=str(settings))
    assert (record.status, record.accounting.published) == (Status.PUBLISHED, 3)
    tasks = task_runs(newest_flow_run().id)
    shards = [task for task in tasks if task.name.startswith("shard-")]
    assert len(shards) == record.shards > 1
    assert all(task.state is not None and task.state.is_completed() for task in shards)
    assert "3 of 3 documents" in artifacts(newest_flow_run().id)["vouch-progress"]


def test_the_runner_changes_nothing_in_a_record(settings: Path):
    """One run by Prefect and one by the local runner find the same; so does a run with work to do."""
    of_run = {"run_id", "started_at", "ended_at", "report", "code_version", "versions", "tag"}
    of_run |= {"flow_run", "flow_run_url"}

    def comparable(record: RunRecord) -> dict:
        fields = record.model_dump(mode="json", exclude=of_run | {"stages", "breakdown"})
        return fields | {"stages": [stage.stage for stage in record.stages]}

    ingest(config=str(settings))
    assert comparable(ingest(config=str(settings))) == comparable(ingest_locally(settings))


def test_a_transient_error_is_retried_and_the_other_shards_are_finished(settings: Path):
    """A lost connection is retried by the task; any other error fails the run when all shards are done."""
    errors: list[Exception] = [ConnectionError("the line is lost")]
    crossed: list[str] = []

    def fail_once(boundary: Boundary, side: Side) -> None:
        if boundary is Boundary.EMBED and side is Side.BEFORE:
            crossed.append("embed")
            if errors:
                raise errors.pop()

    with install(fail_once):
        record = ingest(config=str(settings))
    assert (record.status, len(crossed)) == (Status.PUBLISHED, record.shards + 1)

    for name in ("a", "b", "c"):
        write(settings, f"{name}.md", f"# Text {name}\n\nEdited {name}.")
    errors.append(ValueError("of this shard"))
    with install(fail_once), pytest.raises(ValueError, match="of this shard"):
        ingest(config=str(settings))
    record = ingest(config=str(settings))
    assert record.status is Status.PUBLISHED
    assert record.shards_resumed == record.shards - 1


def test_a_rejected_run_fails_with_its_reason_and_has_its_artifacts(settings: Path):
    contracts = {"batch": {"min_documents": 9}}
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"contracts": contracts}))
    with pytest.raises(RunRejected, match="was rejected and published nothing"):
        ingest(config=str(settings))
    flow_run = newest_flow_run()
    assert flow_run.state is not None
    assert flow_run.state.is_failed()
    assert "Rejected" in artifacts(flow_run.id)["vouch-run"]


class PausesAfterTheFirstWindow:
    """Pauses the flow run as its pages do, and resumes it when a window would have begun."""

    def __init__(self) -> None:
        self.is_paused = False
        self.paused_for: list[str] = []

    def stage(self, name: str) -> None:
        if self.is_paused and not self.paused_for:
            self.paused_for.append(name)
            assert self.resumed.is_set()

    def expect(self, unit: str, count: int) -> None:
        pass

    def done(self, unit: str, count: int) -> None:
        pass

    def backfill(self, progress: BackfillProgress) -> None:
        if self.is_paused or not any(row.state == "published" for row in progress.windows):
            return
        self.is_paused, self.resumed = True, threading.Event()
        identity = newest_flow_run().id
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(identity, Paused(reschedule=False))

        def resume() -> None:
            self.resumed.set()
            with get_client(sync_client=True) as client:
                client.resume_flow_run(identity)

        threading.Timer(7.0, resume).start()


def test_a_backfill_is_one_flow_run_with_a_run_for_each_window(settings: Path):
    for name in ("2026-01-05.md", "2026-02-05.md"):
        write(settings, name, f"# Of {name}\n\nSome text.")
    watcher = PausesAfterTheFirstWindow()
    with observed_by(watcher):
        records = backfill(
            config=str(settings),
            since="2026-01-01",  # type: ignore[arg-type] # as the API passes it
            until="2026-05-01",  # type: ignore[arg-type]
            every="month",  # type: ignore[arg-type]
            by="path",  # type: ignore[arg-type]
            max_tokens=1000,
        )
    assert watcher.paused_for == ["plan"]  # nothing began before it was resumed
    assert [record.accounting.published for record in records] == [1, 1]
    assert newest_flow_run().name.startswith("backfill docs from 2026-01-01 to 2026-05-01 · ")
    assert [record.status for record in list_runs(tables(settings))] == [Status.PUBLISHED] * 2
    with get_client(sync_client=True) as client:
        listed = client.read_artifacts(flow_run_filter=only(newest_flow_run().id))
    shown = {str(artifact.key): artifact for artifact in listed}
    whole, windows = shown["vouch-backfill"], shown["vouch-backfill-windows"]
    assert whole.data == 100.0
    assert "4 of 4 windows · 2 documents, 2 chunks published" in str(whole.description)
    spent = sum(record.tokens_embedded for record in records)
    assert f"{spent} tokens of at most 1,000" in str(whole.description)
    rows = json.loads(str(windows.data))
    assert [row["state"] for row in rows] == ["published"] * 2 + ["nothing to do"] * 2
    assert [row["run"] for row in rows if row["run"]] == [record.run_id for record in records]


def test_evaluation_maintenance_and_the_quality_report_are_flows_with_artifacts(settings: Path):
    golden = {
        "id": "1",
        "query": "text",
        "source": "docs",
        "uri": "a.md",
        "answer": "The text of a",
    }
    (settings.parent / "golden.jsonl").write_text(json.dumps(golden))
    ingest_locally(settings)
    record = evaluate(config=str(settings), golden=str(settings.parent / "golden.jsonl"))
    assert record.metrics
    assert artifacts(newest_flow_run().id).keys() == {
        "vouch-evaluation",
        "vouch-run",
        "vouch-report",
    }
    assert maintain(config=str(settings)).maintenance is not None
    assert artifacts(newest_flow_run().id).keys() == {"vouch-run", "vouch-report"}
    report = quality_report(config=str(settings), days=1.0)
    assert Path(report).is_file()
    assert artifacts(newest_flow_run().id).keys() == {"vouch-quality-report"}
