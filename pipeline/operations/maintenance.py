"""Maintenance of the index as a run with its own record: compact, index, clean up."""

from vouch.index.publishing.maintenance import maintain as maintain_tables
from vouch.index.publishing.publish import finish
from vouch.index.store.checksums import refuse_damaged
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import mark_crashed_runs_failed, newest_published, write_run
from vouch.index.store.tables import Tables
from vouch.pipeline.context.notifications import notify_started_and_finished
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.context.spending_ledger import SpendingLedger
from vouch.pipeline.operations.operation_record import (
    locks_of,
    new_record,
    write_final_record,
)
from vouch.schemas.errors import IndexError_, failure, failure_kind, note_recorded
from vouch.schemas.runs.record import RunRecord, Status

_KIND = "maintain"


def maintain(file: SettingsFile, wait_s: float = 0.0) -> RunRecord:
    """Compact, index and clean up; the rows that readers see stay as they are.

    No other run publishes meanwhile. Cut short, it leaves readers the old versions, and the next
    one continues. Raises `IndexError_` where nothing is published, or where rows differ from what
    was published.
    """
    locks = locks_of(file)
    with locks.kind(_KIND, wait_s), locks.publisher():
        # Every file is read: to compact damaged rows would give them a checksum of their own.
        refuse_damaged(file.index_location, thorough=True)
        tables = Tables.open(file.index_location).require_current()
        mark_crashed_runs_failed(tables, _KIND, SpendingLedger(file.work_location).of_run)
        finish(tables, file.settings, locks.require)
        newest = newest_published(tables)
        if newest is None:
            raise IndexError_(
                "nothing is published yet, so there is nothing to maintain; run `vouch ingest`"
            )
        record = new_record(file, _KIND, f"the state of {newest.run_id}").model_copy(
            update={
                "embedding_fingerprint": newest.embedding_fingerprint,
                "model": newest.model,
                "breakdown": newest.breakdown,
            }
        )
        write_run(tables, record)
        try:
            result = maintain_tables(tables, file.settings.index, locks.require)
        except BaseException as error:
            failed = record.model_copy(
                update={
                    "status": Status.FAILED,
                    "error": failure(error),
                    "error_kind": failure_kind(error),
                    "ended_at": now(),
                }
            )
            write_run(tables, failed)
            notify_started_and_finished(file, tables, failed)
            note_recorded(error)
            raise
        figures = result.after.model_dump(exclude={"vectors"}) if result else {}
        done = {
            "status": Status.UNCHANGED,
            "maintenance": result,
            "metrics": {name: float(value) for name, value in figures.items()},
        }
        return write_final_record(file, tables, record.model_copy(update=done))
