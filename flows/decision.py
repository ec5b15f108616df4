"""Lets a rejected run of a deployment wait for a person's decision.

The run itself is over by then: recorded as rejected, reported, its locks released. Its flow run is
suspended, which ends its process and frees the deployment's slot, so that the schedule continues.
When the form of Prefect's pages is filled in, the flow starts from its top; it then carries the
decision out instead of doing a run. If nobody decides in time, Prefect marks it as failed.

One run waits at a time. While it does, later runs are rejected at once: the link in the alert leads
to the form as long as it is open.
"""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from prefect import get_run_logger, suspend_flow_run
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun as PrefectFlowRun
from prefect.client.schemas.objects import StateType
from prefect.runtime import flow_run
from prefect.states import Cancelled
from pydantic import ValidationError

from vouch.flows.artifacts import publish_artifacts
from vouch.flows.decision_form import DecisionForm, form_for
from vouch.flows.flow_options import ended_when_suspended, flow_run_name
from vouch.flows.prefect_runner import do_run, this_flow_run
from vouch.index.store.run_log import read_run
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.approval import approve
from vouch.pipeline.operations.decision import keep_rejected, no_longer_decidable
from vouch.pipeline.run import require_accepted
from vouch.pipeline.run_request import RunRequest
from vouch.schemas.errors import NotFound, RunRejected, SettingsError, VouchError
from vouch.schemas.runs.approval import Refusal
from vouch.schemas.runs.record import RunRecord, Status

# A suspension is named `vouch-decision-RUN-NUMBER OF THE FORM`, in lower case: Prefect demands it.
_KEY = "vouch-decision-"


def run_or_decide(request: RunRequest) -> RunRecord:
    """Do the run as `vouch.flows.prefect_runner.run_in_flow`, or what a person has decided on it.

    A rejected run waits where the settings say so (`approval.wait_h`), a deployment has started it
    and no other one of this index waits.
    """
    if form := _newest_form():
        return _carry_out(request, *form)
    here, wait_h = this_flow_run(), request.settings.approval.wait_h
    can_wait = bool(wait_h and here.deployment and not flow_run.parent_flow_run_id)
    if can_wait and not _another_waits(request.file):
        here = replace(here, wait_h=wait_h)
    record = do_run(request, here)
    if record.waits_until:
        _suspend(request.file, record, 1)
    if can_wait and record.status is Status.PUBLISHED:
        _another_waits(request.file)  # ends those that are out of date now
    return require_accepted(record)


def _newest_form() -> tuple[str, int] | None:
    """Return the run and number of the newest form of this flow run, if it had any.

    A failed flow run that is tried again has had none: Prefect forgets them then.
    """
    with get_client(sync_client=True) as client:
        return max(_forms(client.read_flow_run(UUID(flow_run.id))), default=None)


def _key(run_id: str, number: int) -> str:
    return f"{_KEY}{run_id.lower()}-{number}"


def _forms(run: PrefectFlowRun) -> list[tuple[str, int]]:
    """Return run and number of each form that a flow run has had."""
    keys = [key for key in run.empirical_policy.pause_keys or () if key.startswith(_KEY)]
    parts = [key.removeprefix(_KEY).rpartition("-") for key in keys]
    return [(run_id.replace("t", "T", 1), int(number)) for run_id, _, number in parts]


def _another_waits(file: SettingsFile) -> bool:
    """Return whether a rejected run of this index waits, and end those that wait in vain."""
    paused = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED]))
    waits = False
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=FlowRunFilter(state=paused)):
            for run_id, _ in _forms(run)[:1]:
                try:
                    why = no_longer_decidable(file, run_id)
                except NotFound:  # a run of another index
                    continue
                if why is None:
                    waits = True
                else:
                    client.set_flow_run_state(run.id, Cancelled(message=why))
    return waits


def _suspend(file: SettingsFile, record: RunRecord, number: int, problem: str = "") -> None:
    """Suspend the flow run with the form. Returns only where Prefect does not suspend it."""
    link = file.link(record.report) if record.report else None
    left = (record.waits_until - datetime.now(UTC)).total_seconds() if record.waits_until else 0.0
    if left < 1:
        return
    try:
        with ended_when_suspended():
            suspend_flow_run(
                wait_for_input=form_for(record, link, problem),
                timeout=int(left),
                key=_key(record.run_id, number),
            )
    except RuntimeError as error:  # it was cancelled meanwhile, say
        get_run_logger().warning("run %s does not wait for a decision: %s", record.run_id, error)


def _carry_out(request: RunRequest, run_id: str, number: int) -> RunRecord:
    """Do what was decided. Raises `RunRejected` where the run is kept rejected."""
    file = request.file
    with get_client(sync_client=True) as client:
        client.update_flow_run(UUID(flow_run.id), name=flow_run_name(request.source_names))
    try:
        # This suspension has been before, so it returns what was filled in.
        form = suspend_flow_run(wait_for_input=DecisionForm, key=_key(run_id, number))
        record = _decide(file, run_id, form)
    except (SettingsError, ValidationError) as error:
        # A date in the past, say, or the form of another version: it comes back.
        is_ours = isinstance(error, SettingsError)
        problem = str(error) if is_ours else "the form has changed; fill it in again"
        rejected = read_run(Tables.open(file.index_location), run_id)
        _suspend(file, rejected, number + 1, problem)
        raise VouchError(f"the decision was not carried out: {problem}") from error
    except VouchError as error:
        raise VouchError(f"the decision was not carried out: {error}") from error
    publish_artifacts(file, record)
    if record.refusal:
        raise RunRejected(f"run {run_id}: {record.refusal.sentence}")
    return record


def _decide(file: SettingsFile, run_id: str, form: DecisionForm) -> RunRecord:
    if form.publish:
        return approve(file, run_id, form.why, form.name, until=form.last_day)
    refusal = Refusal(who=form.name, why=form.why, at=datetime.now(UTC))
    return keep_rejected(file, run_id, refusal)
