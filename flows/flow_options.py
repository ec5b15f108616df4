"""What all flows have in common: names of flow runs, threads for shards, events at the end."""

import time
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.events import emit_event
from prefect.runtime import flow_run
from prefect.settings import get_current_settings
from prefect.task_runners import ThreadPoolTaskRunner

from vouch.flows.prefect_secrets import secret_block
from vouch.pipeline.runner import MAX_SHARDS_AT_ONCE
from vouch.schemas.errors import recorded
from vouch.schemas.process.environment import mask_secrets, use_secret_store

use_secret_store(secret_block)

_AFTER_HEARTBEAT_S = 3.0


def flow_run_name(sources: list[str] | None = None) -> str:
    """Return a name to find in a list of runs.

    An example is `backfill handbook from 2026-01-01 to 2026-02-01 · 2026-03-31 06:00`. The
    sources are those that the flow was started with, else `sources`.
    """
    parameters = flow_run.parameters
    since, until = (
        str(parameters.get(name) or "")[:16].removesuffix(" 00:00") for name in ("since", "until")
    )
    parts = (
        flow_run.flow_name,
        ", ".join(parameters.get("sources") or sources or ()),
        f"from {since}" if since else "",
        f"to {until}" if until else "",
        str(parameters.get("path") or ""),
        str(parameters.get("reprocess") or ""),
    )
    name = " ".join(part for part in parts if part)
    return f"{name} · {flow_run.scheduled_start_time:%Y-%m-%d %H:%M}"


def _emit_end(flow: Flow[Any, Any], run: FlowRun, state: State[Any]) -> None:
    """Emit an event that the run has not crashed, and, where no run record has it, why it failed.

    prefect-automations.yaml acts on these. The server holds back the state events of scheduled
    runs for up to 15 minutes; events of our own follow none, so they arrive at once. The run's
    last heartbeat must have come before: of events within a second the server may take the later
    one first, and would then wait for another.
    """
    if get_current_settings().flows.heartbeat_frequency is not None:
        time.sleep(_AFTER_HEARTBEAT_S)
    error: Any = state.result(raise_on_failure=False) if state.is_failed() else None
    in_record = error is None or recorded(error)
    message = mask_secrets(f"{type(error).__name__}: {error}")
    emit_event(
        "vouch.flow-run.ended" if in_record else "vouch.flow-run.failed",
        {"prefect.resource.id": f"prefect.flow-run.{run.id}", "prefect.resource.name": run.name},
        related=[
            {"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"}
            for tag in run.tags
        ],
        payload={} if in_record else {"error": message},
    )


OPTIONS: dict[str, Any] = {
    "flow_run_name": flow_run_name,
    "task_runner": ThreadPoolTaskRunner(max_workers=MAX_SHARDS_AT_ONCE),
    "persist_result": False,
    "on_completion": [_emit_end],
    "on_failure": [_emit_end],
    "on_cancellation": [_emit_end],
}
