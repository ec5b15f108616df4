"""What all flows have in common: names of flow runs, threads for shards, events at the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.events import emit_event
from prefect.exceptions import Pause
from prefect.runtime import flow_run
from prefect.settings import get_current_settings
from prefect.task_runners import ThreadPoolTaskRunner

from vouch.flows.prefect_secrets import secret_block
from vouch.pipeline.runner import MAX_SHARDS_AT_ONCE
from vouch.schemas.errors import in_words, recorded
from vouch.schemas.process.environment import mask_secrets, use_secret_store

use_secret_store(secret_block)

_AFTER_HEARTBEAT_S = 3.0
_LABEL_CHARACTERS = 200


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
    """Emit that the run has not crashed, and why it failed where no record of a run says so."""
    error: Any = state.result(raise_on_failure=False) if state.is_failed() else None
    _emit(run.id, run.name, run.tags, None if error is None or recorded(error) else error)


@contextmanager
def ended_when_suspended() -> Iterator[None]:
    """Emit an event that the run has not crashed where the block is left because it is suspended:
    Prefect calls no hook then.
    """
    try:
        yield
    except Pause:
        _emit(flow_run.id, flow_run.name, flow_run.tags)
        raise


def _emit(identity: UUID | str, name: str, tags: list[str], error: Any = None) -> None:  # noqa: ANN401
    """Emit the event on which prefect-automations.yaml acts.

    The server may hold back the state events of a run for 15 minutes, where each waits for its
    predecessor; events of our own follow none, so they arrive at once. The run's last heartbeat
    must have come before: of events within a second the server may take the later one first, and
    would then wait for another.
    """
    if get_current_settings().flows.heartbeat_frequency is not None:
        time.sleep(_AFTER_HEARTBEAT_S)
    resource = {
        "prefect.resource.id": f"prefect.flow-run.{identity}",
        "prefect.resource.name": name,
    }
    message = ""
    if error is not None:
        message = mask_secrets(in_words(error))
        # By this label, the same error of many runs is one message.
        resource["vouch.error"] = message[:_LABEL_CHARACTERS]
    emit_event(
        "vouch.flow-run.failed" if message else "vouch.flow-run.ended",
        resource,
        related=[
            {"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"}
            for tag in tags
        ],
        payload={"error": message} if message else {},
    )


OPTIONS: dict[str, Any] = {
    "flow_run_name": flow_run_name,
    "task_runner": ThreadPoolTaskRunner(max_workers=MAX_SHARDS_AT_ONCE),
    "persist_result": False,
    "on_completion": [_emit_end],
    "on_failure": [_emit_end],
    "on_cancellation": [_emit_end],
}
