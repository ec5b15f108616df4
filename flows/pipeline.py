"""The stages as Prefect tasks, and their order: what every flow that reads documents is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from prefect import get_run_logger, tags, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task, exponential_backoff

from flows.artifacts import publish_artifacts
from flows.budget import estimate, refuse_overspending
from flows.context import Run, open_run
from flows.gates import Asked, judge
from flows.marks import stage_marks
from flows.outcome import outcome
from flows.plan import Plan
from flows.progress import observer
from flows.saved_plan import SavedPlan
from flows.scope import Scope
from flows.settings_file import SettingsFile
from flows.shard import stage_shard
from flows.shards import Shard, shards
from flows.stages import close, describe, fail, held_listings, plan_documents, publish_or_refuse, recover
from index.runs import write_run
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


@task(name="shard", task_run_name="{shard.name}", **_POLICY)
def process_shard(run: Run, plan: "Opaque", shard: Shard) -> None:
    """Fetch, parse, chunk, check, embed and stage."""
    summary = stage_shard(run, plan.plan, shard)
    get_run_logger().info("%s: %d documents, %s", shard.name, len(shard), summary)


class Opaque:
    """A plan that Prefect does not look into, document by document."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may say to one run.

    `saved` is a plan that must still be the right one. `golden` are golden queries (the text of their file) on which the
    candidate is compared with what is published. Without `publish` the candidate stays staged beside the published state.
    `listed` are listings that need not be made again.
    """

    allow_mass_delete: bool = False
    wait_s: float = 0.0
    saved: SavedPlan | None = None
    golden: str | None = None
    publish: bool = True
    listed: dict[str, Listing] = field(default_factory=dict)


def run_pipeline(file: SettingsFile, scope: Scope, options: Options) -> RunRecord:
    """One run over the scope. Raises `RunRejected` and other `VouchError`s; then nothing that readers see has changed."""
    with open_run(file, scope, options.wait_s) as run, tags(f"run:{run.run_id}", *run.source_names):
        record = run.begin_record()
        with run.locks.publisher():
            recover(run)
            write_run(run.tables, record)
        try:
            record = _stages(run, record, options)
        except BaseException as error:
            fail(run, record, error)
            raise
        publish_artifacts(record)
    if record.status is Status.REJECTED:
        raise RunRejected(f"run {record.run_id} was rejected and published nothing; the report says why: {record.report}")
    return record


def _stages(run: Run, record: RunRecord, options: Options) -> RunRecord:
    """The stages, in the order of the design. Only from the audit on must no other run publish."""
    observer().stage("list")
    listings = _listings(run, options)
    observer().stage("plan")
    plan = _agreed(run, plan_documents(run, listings), options)
    observer().stage("read, parse, chunk, check, embed")
    _stage(run, plan)
    with run.locks.publisher():
        observer().stage("audit")
        plan = _still_right(run, plan, listings, options)
        result = outcome(run, plan)
        record = describe(run, record, listings, plan, result)
        record = judge(run, record, result, Asked(options.golden, options.allow_mass_delete))
        observer().stage("publish")
        record = publish_or_refuse(run, record, result, options.publish)
        observer().stage("report")
        return close(run, record)


def _listings(run: Run, options: Options) -> list[Listing]:
    """What the sources hold, or, where the text that the index keeps is all that is needed, what the index holds."""
    if run.scope.from_index:
        return held_listings(run)
    for name in run.source_names:
        if name not in options.listed:
            options.listed[name] = list_source(run, name)
    return [options.listed[name] for name in run.source_names]


def _agreed(run: Run, plan: Plan, options: Options) -> Plan:
    """The plan, unless it does what nobody has agreed to."""
    if options.saved is not None:
        options.saved.refuse_stale(SavedPlan.of(plan, run.file.sha256))
    if not options.allow_mass_delete:
        plan.refuse_mass_delete(run.settings.index)
    refuse_overspending(estimate(plan, run.tables), run.settings.run)
    return plan


def _still_right(run: Run, plan: Plan, listings: Sequence[Listing], options: Options) -> Plan:
    """Where another run has published since the plan was made, a new plan; and whatever is not staged, or no more."""
    planned_on = run.tables.versions()
    recover(run)
    if run.tables.versions() != planned_on:
        plan = plan_documents(run, listings)
        if not options.allow_mass_delete:
            plan.refuse_mass_delete(run.settings.index)
    _stage(run, plan)
    return plan


def _stage(run: Run, plan: Plan) -> None:
    """Stage what is not staged yet, two shards at a time: while one is embedded the next is parsed.

    A shard that fails does not keep the others from being finished; they need not be made again.
    """
    work = shards(plan, run.fingerprints, run.settings.run, run.scope.redo, run.run_id)
    run.staging.use([*stage_marks(run, plan), *(shard.name for shard in work)])
    run.resumed |= {shard.name for shard in work if run.staging.has(shard.name)} - run.made
    missing = [shard for shard in work if not run.staging.has(shard.name)]
    run.made |= {shard.name for shard in missing}
    if missing:
        run.start_embedding()
    observer().expect("documents", sum(len(shard) for shard in missing))
    futures = [process_shard.submit(run, Opaque(plan), shard) for shard in missing]
    for future in futures:
        future.wait()
    for future in futures:
        future.result()
