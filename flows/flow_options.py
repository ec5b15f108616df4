"""What all flows have in common: their names in the list of runs, two shards at a time, what the server hears at the end."""

import time
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.events import emit_event
from prefect.runtime import flow_run
from prefect.settings import get_current_settings
from prefect.task_runners import ThreadPoolTaskRunner

from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.environment import mask_secrets
from vouch.schemas.errors import VouchError, recorded

_APART_S = 3.0


def _name_run() -> str:
    """`backfill sample 2026-01-01 to 2026-02-01 · 2026-03-31 06:00`: what a person looks for in a list of runs."""
    parts = (flow_run.flow_name, _sources(flow_run.parameters), _asked_for(flow_run.parameters))
    return f"{' '.join(part for part in parts if part)} · {flow_run.scheduled_start_time:%Y-%m-%d %H:%M}"


def _sources(parameters: dict[str, Any]) -> str:
    """Those that it was asked for, else all; none where the settings cannot be read: the run itself says why."""
    try:
        held = read_settings(Path(parameters["config"])).settings.sources
    except VouchError:
        held = ()
    return ", ".join(parameters.get("sources") or [source.name for source in held])


def _asked_for(parameters: dict[str, Any]) -> str:
    """The window and the part of a backfill or replay."""
    since, until = (
        str(parameters.get(name) or "")[:16].removesuffix(" 00:00") for name in ("since", "until")
    )
    window = " ".join(part for part in (since and f"from {since}", until and f"to {until}") if part)
    told = (str(parameters.get(name) or "") for name in ("path", "reprocess"))
    return " ".join(part for part in (window, *told) if part)


def _tell_end(flow: Flow[Any, Any], run: FlowRun, state: State[Any]) -> None:
    """Tell the server that the run has not crashed, and, where no record tells of it, why it failed.

    See prefect-automations.yaml. Its last heartbeat must have come before: of events within a second the server may take the
    later one first, and would wait for another.
    """
    if get_current_settings().flows.heartbeat_frequency is not None:
        time.sleep(_APART_S)
    error: Any = state.result(raise_on_failure=False) if state.is_failed() else None
    known = error is None or recorded(error)
    emit_event(
        "vouch.flow-run.ended" if known else "vouch.flow-run.failed",
        {"prefect.resource.id": f"prefect.flow-run.{run.id}", "prefect.resource.name": run.name},
        related=[
            {"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"}
            for tag in run.tags
        ],
        payload={} if known else {"error": mask_secrets(f"{type(error).__name__}: {error}")},
    )


# While one shard is embedded the next is parsed; more at once would only hold more in memory.
POLICY: dict[str, Any] = {
    "flow_run_name": _name_run,
    "task_runner": ThreadPoolTaskRunner(max_workers=2),
    "persist_result": False,
    "on_completion": [_tell_end],
    "on_failure": [_tell_end],
    "on_cancellation": [_tell_end],
}
