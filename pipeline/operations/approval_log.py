"""The approvals of an index: which are active, and how one ends before its date."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import runs_of_kind
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.approval_terms import reason, who_agrees
from vouch.pipeline.operations.operation_record import locks_of, new_record, write_final_record
from vouch.schemas.errors import NotFound
from vouch.schemas.runs.approval import Approval
from vouch.schemas.runs.record import RunRecord, Status

KIND = "approve"
_ENDS_SOON = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class ListedApproval:
    """An approval, whether it is `active`, `ends soon`, is `expired` or `ended`, or was made for a
    single run (`once`), and by which other it was ended.
    """

    approval: Approval
    state: str
    ended_by: Approval | None = None


def active_approvals(tables: Tables, at: datetime) -> list[Approval]:
    """Return the approvals by which runs at this time may fail checks."""
    listed = list_approvals(tables, at)
    return [each.approval for each in listed if each.state in ("active", "ends soon")]


def list_approvals(tables: Tables, at: datetime) -> list[ListedApproval]:
    """Return all approvals with their state at this time: active ones first, then the newest."""
    approvals = [
        record.approval
        for record in runs_of_kind(tables, KIND)
        if record.approval is not None and record.status is not Status.FAILED
    ]
    endings = {each.ends: each for each in approvals if each.ends}
    listed = [
        ListedApproval(each, _state(each, at, endings.get(each.id)), endings.get(each.id))
        for each in sorted(approvals, key=lambda approval: approval.at, reverse=True)
        if not each.ends
    ]
    return sorted(listed, key=lambda each: each.state not in ("active", "ends soon"))


def end_approval(file: SettingsFile, approval: str, why: str, who: str | None = None) -> RunRecord:
    """End an approval before its date, and return the record of that.

    `approval` is its id, or a unique prefix. Raises `NotFound` where no such one is active.
    """
    record = new_record(file, KIND, "")
    name, text = who_agrees(who), reason(why)
    with locks_of(file).publisher():
        tables = Tables.open(file.index_location)
        active = active_approvals(tables, record.started_at)
        matching = [each for each in active if approval and each.id.startswith(approval)]
        if len(matching) != 1:
            ids = ", ".join(each.id for each in active) or "none"
            raise NotFound(
                f"{len(matching)} active approvals begin with {approval!r}; active are: {ids}"
            )
        (ended,) = matching
        ending = Approval(
            id=record.run_id,
            who=name,
            why=text,
            at=record.started_at,
            checks=ended.checks,
            ends=ended.id,
        )
        return write_final_record(file, tables, agreement(record, ending))


def _state(approval: Approval, at: datetime, ending: Approval | None) -> str:
    if approval.until is None:
        return "once"
    if ending is not None:
        return "ended"
    if approval.until <= at:
        return "expired"
    return "ends soon" if approval.until - at < _ENDS_SOON else "active"


def agreement(record: RunRecord, approval: Approval) -> RunRecord:
    """Return the record of an approval."""
    if approval.ends:
        window = f"ends approval {approval.ends}"
    elif approval.run_id:
        window = f"run {approval.run_id}"
    else:
        window = ", ".join(approval.checks)
    if approval.until:
        window += f", until {approval.until:%Y-%m-%d %H:%M} UTC"
    update = {"status": Status.UNCHANGED, "window": window, "approval": approval, "ended_at": now()}
    return record.model_copy(update=update)
