"""A run at the terminal, where no server of Prefect's is at work: with little to do, it is done before there would be one.

Starting a server takes longer than reading a few documents, and much longer than finding that nothing has changed. So the run
lists and plans in this process, by the same code as its flow. With little to do it goes on here: its record and report are
those of any run, and the next run that has a server tells it (`vouch.flows.flow_run_sync`). Otherwise the server starts, and the flow takes
the run up where it is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

from vouch.flows.server_bootstrap import has_server, start_server
from vouch.pipeline.context.allocator_tuning import keep_imported
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.finalize import conclude
from vouch.pipeline.lifecycle import (
    Begun,
    Options,
    begun,
    handed_on,
    list_one,
    refuse_rejected,
    take_stock,
)
from vouch.pipeline.planning.plan import WORK, Action, Plan
from vouch.pipeline.stages.process_shard import missing_shards, stage_shard
from vouch.pipeline.stages.status_rows import unmarked
from vouch.schemas.errors import VouchError
from vouch.schemas.run import RunRecord

_LITTLE = 16  # documents: fewer are read and embedded in less time than a server takes to start
_NEEDED = ("great_expectations", "scipy.stats", "ir_measures")
"""What a run that publishes imports; it takes about as long as the model, which is loaded meanwhile."""


def run_quietly(
    file: SettingsFile, scope: Scope, options: Options, flow: Callable[[], RunRecord]
) -> RunRecord:
    """One run; `flow` calls its flow with the same arguments. Raises as the flow does."""
    if has_server():
        return flow()
    with begun(file, scope, options, known_to_server=False) as one:
        try:
            with _handing_on():
                plan = take_stock(one, list_one)
            _stage(one.run, plan)
            record = conclude(one, _stage)
        except _More:
            _get_ready(one)
            with handed_on(one):
                record = flow()
    return refuse_rejected(record)


class _More(Exception):
    """The flow is to go on: there is more to do than a little, or its tasks are to try again."""


@contextmanager
def _handing_on() -> Iterator[None]:
    """What may pass by itself is for the tasks of the flow."""
    try:
        yield
    except (VouchError, ConnectionError, TimeoutError) as error:
        if isinstance(error, VouchError) and not error.retryable:
            raise
        raise _More from error


def _stage(run: Run, plan: Plan) -> None:
    """As the flow does, one shard after the other; one that fails does not keep the others from being finished."""
    if len(plan.of(*WORK)) > _LITTLE:
        raise _More
    missing = missing_shards(run, plan)
    if not _is_settled(plan):
        _import_needed()
    failed: list[Exception] = []
    for shard in missing:
        try:
            stage_shard(run, plan, shard)
        except Exception as error:  # noqa: BLE001 - raised below
            failed.append(error)
    with _handing_on():
        if failed:
            raise failed[0]


def _get_ready(one: Begun) -> None:
    """Start the server, and do meanwhile what the run will have to do in any case."""
    wait = start_server()
    if one.plan is not None and one.plan.of(*WORK):
        one.run.start_embedding()
        one.run.sandbox.get_ready()
    import_module("vouch.flows.tasks")
    _import_needed()
    wait()


def _import_needed() -> None:
    for name in _NEEDED:
        import_module(name)
    keep_imported()


def _is_settled(plan: Plan) -> bool:
    """Whether the index is what the sources and the settings say."""
    return not plan.of(*WORK, Action.REMOVED) and not any(unmarked(plan))
