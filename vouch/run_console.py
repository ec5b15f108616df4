"""Starts a run from the command line: chooses the runner and shows progress bars."""

import os
from enum import StrEnum
from importlib import import_module
from typing import Any

from vouch.console import Output


class RunnerName(StrEnum):
    PREFECT = "prefect"
    LOCAL = "local"


def start_run(output: Output, kind: str, runner: RunnerName | None, **parameters: Any) -> Any:  # noqa: ANN401 - each kind has its own
    """Do a run of this kind with the parameters of its flow, and return what the flow returns.

    Without a `runner`, the run uses Prefect if a server is configured, and this process otherwise.
    """
    from vouch.flows.server_settings import (
        is_server_configured,
        keep_database_in,
        require_server,
    )
    from vouch.progress_bars import progress_bars

    parameters["config"] = str(output.config)
    has_server = is_server_configured()
    if runner is RunnerName.LOCAL or (runner is None and not has_server):
        with progress_bars(output):
            return _run_locally(kind, parameters)
    if has_server:
        require_server()
    else:
        keep_database_in(output.config.resolve().parent / "data" / "prefect")
    # The terminal shows bars and a summary; Prefect still sends its log to the server.
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    with progress_bars(output):
        return getattr(import_module(f"vouch.flows.{kind}"), kind)(**parameters)


def _run_locally(kind: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
    from vouch.pipeline import run_kinds
    from vouch.pipeline.context.allocator_tuning import freeze_imported
    from vouch.pipeline.local_runner import run_locally

    freeze_imported()
    if kind == "maintain":
        return run_kinds.maintain(**parameters)
    return getattr(run_kinds, kind)(run_locally, **parameters)
