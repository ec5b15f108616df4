"""A flow run from the terminal: bars while it runs, a summary when it is done."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from vouch.console import Output

if TYPE_CHECKING:
    from vouch.pipeline.run_requests import Asked
    from vouch.schemas.run import RunRecord


@contextmanager
def flow_console(output: Output) -> Iterator[None]:
    """Import and call the flow within the block; what is wrong with the settings is told before Prefect is loaded."""
    from vouch.bars import bars
    from vouch.pipeline.context.settings_loader import read_settings

    read_settings(output.config)
    # The terminal shows bars and a summary; Prefect's own log goes to its server all the same.
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    with bars(output):
        yield


def load_flow(name: str) -> Callable[..., Any]:
    """A flow, imported while the server starts that it will need."""
    from vouch.flows.server_bootstrap import start_server

    wait = start_server()
    flow: Callable[..., Any] = getattr(import_module(f"vouch.flows.{name}"), name)
    wait()
    return flow


def run_once(name: str, asked: Callable[..., "Asked"], **parameters: Any) -> "RunRecord":  # noqa: ANN401 - each flow's own
    """The run that a flow makes of these parameters; with nothing to do, before there is a server for the flow."""
    from vouch.pipeline.local_runner import run_quietly

    def flow() -> "RunRecord":
        record: RunRecord = getattr(import_module(f"vouch.flows.{name}"), name)(**parameters)
        return record

    return run_quietly(*asked(**parameters), flow)


def print_result(output: Output, *records: "RunRecord") -> None:
    """One run, or several one after the other."""
    from vouch.commands.runs import print_run

    data: Sequence[RunRecord] | RunRecord = records[0] if len(records) == 1 else records
    if not output.result(data):
        for record in records:
            print_run(output, record)
