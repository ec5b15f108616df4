"""The runner that shows a run in Prefect's pages: stages and shards as tasks of a flow run."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import deployment, flow_run
from prefect.tasks import Task, exponential_backoff
from prefect.utilities.urls import url_for

from vouch.flows.artifacts import publish_artifacts
from vouch.flows.flow_options import ended_when_suspended, flow_run_name
from vouch.flows.progress_artifact import ProgressReporter, report_progress
from vouch.pipeline.context.progress import observer
from vouch.pipeline.run import require_accepted
from vouch.pipeline.run_request import FlowRun, RunRequest
from vouch.pipeline.runner import BACKOFF_S, JITTER, RETRIES, Slots, is_retryable
from vouch.pipeline.shadows.following import run_and_follow
from vouch.pipeline.shard_workers import ShardWorkers
from vouch.pipeline.stages.shard_job import ShardJob
from vouch.reports.formatting import plain
from vouch.reports.summary import headline, sentence
from vouch.schemas.runs.record import RunRecord

T = TypeVar("T")


def run_in_flow(request: RunRequest) -> RunRecord:
    """Do the run as part of the current flow run. Raises as `vouch.pipeline.run.run`, and
    `RunRejected` for a rejected run.
    """
    return require_accepted(do_run(request, this_flow_run()))


def do_run(request: RunRequest, here: FlowRun) -> RunRecord:
    """Do the run as part of this flow run, and return its record, also where it is rejected."""
    request = replace(request, flow_run=here)
    with ended_when_suspended(), report_progress() as progress:
        return run_and_follow(request, PrefectRunner(request, progress))


def this_flow_run() -> FlowRun:
    """Return the current flow run, which does not wait for a decision."""
    page = url_for("flow-run", obj_id=flow_run.id)
    return FlowRun(flow_run.id, page or "", deployment.name or "")


async def _retry_if_retryable(task: Task[Any, Any], task_run: TaskRun, state: State[Any]) -> bool:
    """Let Prefect retry only transient errors."""
    try:
        await state.result()
    except Exception as error:  # noqa: BLE001 - whatever a task raised
        return is_retryable(error)
    return False


_RETRY: dict[str, Any] = {
    "retries": RETRIES,
    "retry_delay_seconds": exponential_backoff(backoff_factor=BACKOFF_S),
    "retry_jitter_factor": JITTER,
    "retry_condition_fn": _retry_if_retryable,
}


class PrefectRunner:
    """Executes a run within the current flow run.

    Tasks are closures without parameters, or with the name of a shard: Prefect looks into the
    parameters of a task one by one, which takes seconds for a plan of a whole corpus.
    """

    def __init__(self, request: RunRequest, progress: ProgressReporter) -> None:
        self._file = request.file
        self._progress = progress
        self._options: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}

    def started(self, record: RunRecord, sources: Sequence[str]) -> None:
        """Name the flow run after the sources, now that the settings are read."""
        self._progress.run_started(record.run_id)
        self._options["tags"] = [f"run:{record.run_id}", *sources]
        with get_client(sync_client=True) as client:
            client.update_flow_run(flow_run.id, name=flow_run_name(list(sources)))

    def stage(self, name: str, work: Callable[[], T], *, retry: bool = False) -> T:
        """Do a stage as a task: how long it took, and where a run failed, is seen in its pages."""
        observer().stage(name)
        options = self._options | (_RETRY if retry else {})
        return task(name=name.split()[0], task_run_name=lambda: name, **options)(work)()

    def map_shards(self, workers: ShardWorkers, jobs: Sequence[ShardJob]) -> None:
        by_name = {job.shard.name: job for job in jobs}

        @task(name="shard", task_run_name="{shard}", **self._options, **_RETRY)
        def process_shard(shard: str) -> None:
            job = by_name[shard]
            summary = workers.process(job)
            get_run_logger().info(
                "%s: %s documents, %s chunks, %s of them refused; %s vectors computed",
                shard,
                f"{len(job.shard):,}",
                f"{summary.produced:,}",
                f"{summary.refused:,}",
                f"{summary.vectors_computed:,}",
            )

        slots, futures = Slots(workers.room), []
        for name in by_name:
            slots.take()
            future = process_shard.submit(name)
            future.add_done_callback(lambda _: slots.free())
            futures.append(future)
        for future in futures:
            future.wait()
        for future in futures:
            future.result()

    def finished(self, record: RunRecord) -> None:
        """Leave artifacts, and log how the run ended and why."""
        self._progress.run_ended(headline(record))
        publish_artifacts(self._file, record)
        log = get_run_logger()
        for check in record.failed_checks:
            log.warning("run %s: %s: %s", record.run_id, check.name, plain(check.message))
        log.info("run %s: %s. %s", record.run_id, headline(record), plain(sentence(record)))
        log.info("run %s: its report is %s", record.run_id, self._file.link(str(record.report)))
