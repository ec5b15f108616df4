"""A run at the terminal, where no server of Prefect's is at work: it first looks whether there is anything to do.

Starting a server takes longer than finding that nothing has changed. So the run lists and plans in this process, by the same
code as its flow. With nothing to do it ends here: its record and report are those of any run, and the next run that has a
server tells it (`flows.untold`). Otherwise the server starts, and the flow takes the run up where it is.
"""

from collections.abc import Callable
from importlib import import_module

from flows.begin import Begun, Options, begun, handed_on, list_one, refuse_rejected, still_right, take_stock
from flows.conclude import conclude
from flows.marks import unmarked
from flows.plan import WORK, Action, Plan
from flows.scope import Scope
from flows.server import has_server, start_server
from flows.settings_file import SettingsFile
from schemas.errors import VouchError
from schemas.run import RunRecord

_NEEDED = ("flows.pipeline", "great_expectations", "scipy.stats", "ir_measures")
"""What a run that publishes imports; it takes about as long as the server."""


def run_quietly(file: SettingsFile, scope: Scope, options: Options, flow: Callable[[], RunRecord]) -> RunRecord:
    """One run; `flow` calls its flow with the same arguments. Raises as the flow does."""
    if has_server():
        return flow()
    with begun(file, scope, options, known_to_server=False) as one:
        record = _ended(one)
        if record is None:
            _get_ready(one)
            with handed_on(one):
                record = flow()
    return refuse_rejected(record)


def _get_ready(one: Begun) -> None:
    """Start the server, and do meanwhile what the run will have to do in any case."""
    wait = start_server()
    if one.plan is not None and one.plan.of(*WORK):
        one.run.start_embedding()
    for name in _NEEDED:
        import_module(name)
    wait()


def _ended(one: Begun) -> RunRecord | None:
    """The record, where there was nothing to do; None: its flow is to go on."""
    try:
        plan = take_stock(one, list_one)
    except (VouchError, ConnectionError, TimeoutError) as error:
        if isinstance(error, VouchError) and not error.retryable:
            raise
        return None  # a task tries it again
    if not _is_settled(plan):
        return None
    with one.run.locks.publisher():
        return conclude(one) if _is_settled(still_right(one, plan)) else None


def _is_settled(plan: Plan) -> bool:
    """Whether the index is what the sources and the settings say."""
    return not plan.of(*WORK, Action.REMOVED) and not any(unmarked(plan))
