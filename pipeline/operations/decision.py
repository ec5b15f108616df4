"""What a person's decision on a rejected run means where it is not an approval.

Whether there is anything left to decide, and that somebody keeps the run rejected.
"""

from vouch.index.store.run_log import newest_published, read_run, write_run
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.operation_record import locks_of
from vouch.schemas.errors import IndexError_, NotFound
from vouch.schemas.runs.approval import Refusal
from vouch.schemas.runs.record import RunRecord, Status


def keep_rejected(file: SettingsFile, run_id: str, refusal: Refusal) -> RunRecord:
    """Record who keeps a rejected run rejected, and why; return its record.

    Raises `NotFound` where somebody has published it meanwhile.
    """
    with locks_of(file).publisher():
        tables = Tables.open(file.index_location)
        record = read_run(tables, run_id)
        if record.status is not Status.REJECTED:
            raise NotFound(f"run {run_id} is {record.status}; there is nothing left to decide")
        record = record.model_copy(update={"refusal": refusal, "waits_until": None})
        write_run(tables, record)
        return record


def no_longer_decidable(file: SettingsFile, run_id: str) -> str | None:
    """Return why nobody can decide on a rejected run any more; None where somebody can.

    Raises `NotFound` where the index has no such run.
    """
    try:
        tables = Tables.open(file.index_location)
    except IndexError_ as error:
        raise NotFound(f"there is no run {run_id}") from error
    record, newest = read_run(tables, run_id), newest_published(tables)
    if record.status is not Status.REJECTED:
        return f"Run {run_id} is {record.status}: somebody has decided elsewhere."
    if newest and newest.ended_at and record.ended_at and newest.ended_at > record.ended_at:
        return (
            f"Run {newest.run_id} has published since run {run_id} was rejected; there is nothing "
            "left to decide."
        )
    return None
