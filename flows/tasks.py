"""The stages as Prefect tasks, and their order: what every flow that reads documents is made of."""

from collections.abc import Callable
from typing import Any, TypeVar

from prefect import tags, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task, exponential_backoff

from vouch.flows.artifacts import publish_artifacts
from vouch.flows.flow_run_sync import tell_earlier
from vouch.flows.progress_artifact import progress_artifact
from vouch.flows.run_logger import log_end, log_plan, log_shard
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.finalize import conclude
from vouch.pipeline.lifecycle import Options, begun, do_now, list_one, refuse_rejected, take_stock
from vouch.pipeline.planning.plan import Plan
from vouch.pipeline.planning.sharding import Shard
from vouch.pipeline.stages.process_shard import missing_shards, stage_shard
from vouch.reports.words import headline
from vouch.schemas.errors import VouchError
from vouch.schemas.run import RunRecord

T = TypeVar("T")


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


list_source = task(name="list", task_run_name="list {name}", **_POLICY)(list_one)


@task(name="shard", task_run_name="{shard.name}", **_POLICY)
def process_shard(run: Run, plan: "Opaque", shard: Shard) -> None:
    """Fetch, parse, chunk, check, embed and stage."""
    log_shard(run, shard.name, len(shard), stage_shard(run, plan.plan, shard))


class Opaque:
    """A plan that Prefect does not look into, document by document."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan


@task(name="stage", task_run_name="{stage}", cache_policy=NO_CACHE, persist_result=False)
def _stage_task(stage: str, work: Callable[[], T]) -> T:
    return do_now(stage, work)


def _as_task(stage: str, work: Callable[[], T]) -> T:
    """A stage of the flow run: how long it took, and where a run ended, is seen in its list of tasks."""
    return _stage_task(stage, work)


def run_pipeline(file: SettingsFile, scope: Scope, options: Options) -> RunRecord:
    """One run over the scope. Raises `RunRejected` and other `VouchError`s; then nothing that readers see has changed."""
    with (
        begun(file, scope, options) as one,
        tags(f"run:{one.run.run_id}", *one.run.source_names),
        progress_artifact(one.run.run_id) as progress,
    ):
        one.step = _as_task
        log_plan(one.run, plan := take_stock(one, list_source))
        _stage(one.run, plan)
        record = conclude(one, _stage)
        progress.end(headline(record))
        tell_earlier(one.run)  # first: the newest artifact under a key is to be this run's
        publish_artifacts(file, record)
        log_end(file, record)
    return refuse_rejected(record)


def _stage(run: Run, plan: Plan) -> None:
    """Stage what is not staged yet, two shards at a time: while one is embedded the next is parsed.

    A shard that fails does not keep the others from being finished; they need not be made again.
    """
    futures = [
        process_shard.submit(run, Opaque(plan), shard) for shard in missing_shards(run, plan)
    ]
    for future in futures:
        future.wait()
    for future in futures:
        future.result()
