"""Runs that ended before there was a server: the next run that has one tells it of them, so that its list is whole."""

from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect import get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Completed, Failed, Scheduled

from vouch.flows.artifacts import publish_artifacts
from vouch.index.store.run_log import untold, write_run
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.run import RunRecord

if TYPE_CHECKING:
    from vouch.pipeline.context.run_context import Run

_MOST = 50  # a run: no other publishes meanwhile


def tell_earlier(run: "Run") -> None:
    """Make a flow run of each of the oldest; what cannot be told now the next run tells."""
    try:
        _tell_all(run)
    except Exception as error:  # noqa: BLE001 - whatever it is, the run that tells has done its own work
        get_run_logger().warning("earlier runs could not be told to the server: %s", error)


def _tell_all(run: "Run") -> None:
    """Done again after it was cut short, it makes no flow run and no artifact twice.

    The server dates states itself: when the run was at work is told by what it expected, by the name and by the message.
    """
    with run.locks.publisher():
        waiting = untold(run.tables, _MOST)
        if not waiting:
            return
        with get_client(sync_client=True) as client:
            for record in waiting:
                _tell(run.file, client, record)
                write_run(run.tables, record.model_copy(update={"known_to_server": True}))


def _tell(file: SettingsFile, client: SyncPrefectClient, record: RunRecord) -> None:
    made = _made(client, record)
    if made.state is None or not made.state.is_final():
        publish_artifacts(file, record, made.id, _left(client, made.id))
        client.set_flow_run_state(made.id, _end(record), force=True)


def _left(client: SyncPrefectClient, flow_run: UUID) -> set[str | None]:
    """Keys of the artifacts that it has already."""
    asked = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run]))
    return {one.key for one in client.read_artifacts(artifact_filter=asked)}


def _made(client: SyncPrefectClient, record: RunRecord) -> FlowRun:
    """Its flow run: told by the tag that only such flow runs have, else made."""
    tag = f"run:{record.run_id}"
    held = client.read_flow_runs(flow_run_filter=FlowRunFilter(tags=FlowRunFilterTags(all_=[tag])))
    if held:
        return held[0]
    names = [source.name for source in record.sources]
    return client.create_flow_run(
        flow=getattr(import_module(f"vouch.flows.{record.kind}"), record.kind),
        name=f"{record.kind} {', '.join(names)} · {record.started_at:%Y-%m-%d %H:%M}",
        tags=[tag, *names],
        state=Scheduled(scheduled_time=record.started_at),
    )


def _end(record: RunRecord) -> State[Any]:
    kind = Failed if record.status.is_bad else Completed
    when = " to ".join(
        f"{time:%Y-%m-%d %H:%M:%S}" for time in (record.started_at, record.ended_at) if time
    )
    return kind(message=f"{record.error or record.status} (without a server, {when} UTC)")
