"""The main job: from what the sources list to a published, audited state of the index."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, tags, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import Task, exponential_backoff

from flows.artifacts import publish_artifacts
from flows.context import Run, open_run
from flows.outcome import outcome
from flows.progress import observer
from flows.settings_file import read_settings
from flows.shard import stage_shard
from flows.stages import (
    Shard,
    close,
    describe,
    fail,
    judge,
    plan_documents,
    publish_or_refuse,
    recover,
    shards,
    stage_filtered,
)
from schemas.errors import RunRejected, VouchError
from schemas.records import Listing
from schemas.run import RunRecord, Status


async def may_pass(task: Task[Any, Any], task_run: TaskRun, state: State[Any]) -> bool:
    """Try again only what may pass by itself: errors that say so of themselves."""
    try:
        await state.result()
    except VouchError as error:
        return error.retryable
    except (ConnectionError, TimeoutError):
        return True
    except Exception:  # noqa: BLE001 - any other error is told to the person, not tried again
        return False
    return False


_POLICY: dict[str, Any] = {
    "retries": 2,
    "retry_delay_seconds": exponential_backoff(backoff_factor=2),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": may_pass,
    "cache_policy": NO_CACHE,
    "persist_result": False,
}


@task(name="list", task_run_name="list {name}", **_POLICY)
def list_source(run: Run, name: str) -> Listing:
    """What a source holds."""
    with run.clock.measure("list"):
        listing = run.sources[name].list()
    run.clock.add("list", 0, len(listing.items), "documents")
    return listing


@task(name="shard", task_run_name="shard {shard.name}", **_POLICY)
def process_shard(run: Run, shard: Shard) -> None:
    """Fetch, parse, chunk, check, embed and stage."""
    summary = stage_shard(run, shard.name, shard.documents)
    get_run_logger().info("shard %s: %d documents, %s", shard.name, len(shard), summary)


def _name_run() -> str:
    """`ingest sample · 2026-01-31 06:00`: what a person looks for in a list of runs."""
    names = ", ".join(source.name for source in read_settings(Path(flow_run.parameters["config"])).settings.sources)
    started = flow_run.scheduled_start_time
    return f"ingest {names} · {started:%Y-%m-%d %H:%M}"


@flow(
    name="ingest",
    flow_run_name=_name_run,
    task_runner=ThreadPoolTaskRunner(max_workers=2),  # type: ignore[arg-type]
    persist_result=False,
)
def ingest(config: str = "vouch.yaml", allow_mass_delete: bool = False) -> RunRecord:
    """Bring the index up to date with its sources.

    Returns the run's record. Raises `RunRejected` where the verdict says no, and other `VouchError`s where the run could
    not be finished; in both cases nothing that readers see has changed.
    """
    file = read_settings(Path(config))
    with open_run(file) as run, tags(f"run:{run.run_id}", *run.sources):
        recover(run)
        record = run.begin_record()
        try:
            record = _ingest(run, record, allow_mass_delete)
        except BaseException as error:
            fail(run, record, error)
            raise
        publish_artifacts(record)
    if record.status is Status.REJECTED:
        raise RunRejected(f"run {record.run_id} was rejected and published nothing; the report says why: {record.report}")
    return record


def _ingest(run: Run, record: RunRecord, allow_mass_delete: bool) -> RunRecord:
    """The stages, in the order of the design."""
    observer().stage("list")
    listings = [list_source(run, name) for name in run.sources]
    observer().stage("plan")
    plan = plan_documents(run, listings)
    if not allow_mass_delete:
        plan.refuse_mass_delete(run.settings.index)
    stage_filtered(run, plan)
    observer().stage("read, parse, chunk, check, embed")
    _process(run, shards(run, plan))
    observer().stage("audit")
    result = outcome(run, plan)
    record = describe(run, record, listings, plan, result)
    record = judge(run, record, result)
    observer().stage("publish")
    record = publish_or_refuse(run, record, result)
    observer().stage("report")
    return close(run, record)


def _process(run: Run, work: Sequence[Shard]) -> None:
    """All shards, two at a time: while one is embedded the next is parsed."""
    if not work:
        return
    observer().expect("documents", sum(len(shard) for shard in work))
    for future in [process_shard.submit(run, shard) for shard in work]:
        future.result()
