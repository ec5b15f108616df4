"""The record of an operation: a run without stages, such as a rollback, an evaluation or
maintenance.
"""

from functools import partial

from vouch.index.store.checksums import record_checksums
from vouch.index.store.publication_columns import new_run_id, now
from vouch.index.store.run_log import unended, write_run
from vouch.index.store.tables import Tables, missing_tables
from vouch.pipeline.context.locks import Locks
from vouch.pipeline.context.notifications import notify_started_and_finished
from vouch.pipeline.context.run_context import code_version
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.reports.run_report import write_run_report
from vouch.schemas.runs.record import RunRecord

_MAX_CHANGES = 300  # that a record lists; the counts are of all


def locks_of(file: SettingsFile) -> Locks:
    """Return the locks of the index of these settings."""
    return Locks(
        file.index_location,
        file.settings.run.publisher_wait_s,
        file.local_folders,
        file.settings.storage.lease_s,
        partial(_in_progress, file),
    )


def _in_progress(file: SettingsFile, kind: str | None) -> str:
    """Return in words the runs in progress of a kind, or of all kinds: for whoever waits."""
    if missing_tables(file.index_location):
        return ""
    return ", ".join(
        f"{record.kind} run {record.run_id}, in progress since {record.started_at:%Y-%m-%d %H:%M} "
        "UTC"
        for record in unended(Tables.open(file.index_location))
        if kind in (None, record.kind)
    )


def new_record(file: SettingsFile, kind: str, window: str) -> RunRecord:
    """Return the record of an operation that starts now; `window` says what it is about."""
    started = now()
    return RunRecord(
        run_id=new_run_id(started),
        kind=kind,
        started_at=started,
        settings_sha256=file.sha256,
        code_version=code_version(),
        window=window,
        places=file.urls,
    )


def write_final_record(file: SettingsFile, tables: Tables, record: RunRecord) -> RunRecord:
    """Write the report and the final record, and notify.

    The caller must hold the publisher's lock.
    """
    record = record.model_copy(update={"ended_at": now(), "changes": record.changes[:_MAX_CHANGES]})
    report = write_run_report(record, file.report_location, tables)
    record = record.model_copy(update={"report": report.url})
    write_run(tables, record)
    record_checksums(file.index_location)
    notify_started_and_finished(file, tables, record)
    return record
