"""Approvals: a person agrees to what checks reject.

The candidate of a rejected run is published exactly as it was audited and looked at: its shards are
staged, and its record keeps what it would have published. Where anybody has published since, it is
refused. An approval with a date also lets later runs fail the same checks with a warning.
"""

from collections.abc import Sequence
from datetime import date

from vouch.index.publishing.fence import MayPublish
from vouch.index.publishing.publish import finish, publish, staging_of
from vouch.index.store.checksums import record_checksums, refuse_damaged
from vouch.index.store.generations import is_recorded, write_generation
from vouch.index.store.run_log import (
    Intent,
    in_order,
    read_run,
    read_runs,
    run_ids_with_status,
    write_run,
)
from vouch.index.store.tables import Tables
from vouch.pipeline.context.notifications import notify_finished
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.approval_log import KIND, agreement
from vouch.pipeline.operations.approval_terms import (
    about,
    checked_reference,
    end_of,
    reason,
    who_agrees,
)
from vouch.pipeline.operations.operation_record import locks_of, new_record, write_final_record
from vouch.pipeline.operations.rollback import refuse_after_rollback
from vouch.pipeline.operations.staged_candidate import candidate_of
from vouch.reports.run_report import write_run_report
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.errors import NotFound, SettingsError, failure, failure_kind
from vouch.schemas.runs.approval import Approval
from vouch.schemas.runs.record import RunRecord, Status
from vouch.validators.batch.verdict import decide, with_approvals

_OR_WARN = (
    ", or let the checks warn for a while: vouch approve --check CHECK --until DATE --why TEXT"
)


def approve(
    file: SettingsFile,
    run: str | None,
    why: str,
    who: str | None = None,
    checks: Sequence[str] = (),
    until: date | None = None,
) -> RunRecord:
    """Record that a person agrees to failed checks, and publish the candidate that they rejected.

    Args:
        file: The settings.
        run: A rejected run by its id or a unique prefix, or `latest` for the newest rejected one.
            None publishes nothing: later runs may fail the checks until the date.
        why: The reason, in words.
        who: The name of the person; by default that of the user of this process.
        checks: The checks that are agreed to, as `vouch.schemas.runs.record.Check.reference` or a
            shorter form; by default all that rejected the run.
        until: Until when later runs may fail the same checks with a warning: a time, in UTC where
            it names no zone, or a date, the whole of which is included.

    Returns:
        The record of the run that is published now; without a run, that of the approval.

    Raises:
        SettingsError: What is agreed to, by whom or until when is missing or cannot be.
        NotFound: There is no such run, or it has no candidate.
        IndexError_: Another run has published since, or the staged shards are gone.
        PublishingHeld: A rollback keeps runs from publishing.
    """
    record = new_record(file, KIND, "")
    approval = Approval(
        id=record.run_id,
        who=who_agrees(who),
        why=reason(why),
        at=record.started_at,
        checks=tuple(dict.fromkeys(map(checked_reference, checks))),
        until=end_of(until, record.started_at),
    )
    if run is None and not (approval.checks and approval.until):
        raise SettingsError(
            "without a run, name the checks that may fail and until when: vouch approve --check "
            "CHECK --until DATE --why TEXT; with one, its candidate is published: vouch approve RUN"
        )
    locks = locks_of(file)
    with locks.publisher():
        refuse_damaged(file.index_location)
        tables = Tables.open(file.index_location)
        for finished in finish(tables, file.settings, locks.require):
            notify_finished(file, tables, finished.run_id)
        if run is None:
            return write_final_record(file, tables, agreement(record, approval))
        refuse_after_rollback(tables)
        rejected = _rejected_run(tables, run)
        approval = about(approval, rejected)
        intent = candidate_of(tables, rejected, file.settings, "approve that run", _OR_WARN)
        record = agreement(record, approval)
        write_run(tables, record)
        try:
            published = _publish(file, tables, rejected, intent, approval, locks.require)
        except Exception as error:
            # Where the publication has begun, the next run finishes it.
            if read_run(Tables.open(tables.location), rejected.run_id).approval != approval:
                failed = {
                    "status": Status.FAILED,
                    "error": failure(error),
                    "error_kind": failure_kind(error),
                }
                write_run(tables, record.model_copy(update=failed))
            raise
        write_final_record(file, tables, record)
        return published


def _rejected_run(tables: Tables, run: str) -> RunRecord:
    if run == "latest":
        ids = run_ids_with_status(tables, Status.REJECTED)
        if not ids:
            raise NotFound("no run was rejected, so there is nothing to approve; see `vouch runs`")
        return in_order(tables, read_runs(tables, list(ids)))[-1]
    record = read_run(tables, run)
    if record.status is Status.REJECTED:
        return record
    if record.approval is not None and record.kind != KIND:
        raise NotFound(f"run {record.run_id} is published already: {record.approval.sentence}")
    hint = (
        f"`vouch {record.kind} --switch` publishes it"
        if record.status is Status.STAGED
        else "only a rejected run can be approved, and `vouch runs` lists them"
    )
    raise NotFound(f"run {record.run_id} is {record.status}; {hint}")


def _publish(
    file: SettingsFile,
    tables: Tables,
    rejected: RunRecord,
    intent: Intent,
    approval: Approval,
    may_publish: MayPublish,
) -> RunRecord:
    """Publish the candidate, and return the run's record; the caller has the publisher's lock."""
    checks = rejected.verdict.checks if rejected.verdict else ()
    verdict = decide(with_approvals(checks, [approval]))
    record = rejected.model_copy(
        update={"approval": approval, "verdict": verdict, "waits_until": None}
    )
    _note_generation(tables, intent)
    staging = staging_of(intent, file.settings)
    record = publish(tables, staging, intent, record, file.settings, may_publish)
    staging.discard()
    with crossing(Boundary.REPORT):
        report = write_run_report(record, file.report_location, tables)
        record = record.model_copy(update={"staged": (), "report": report.url})
        write_run(tables, record)
        record_checksums(file.index_location)
    notify_finished(file, tables, record.run_id)
    return record


@crossing(Boundary.NOTE_GENERATION)
def _note_generation(tables: Tables, intent: Intent) -> None:
    """Record the model of the candidate's vectors, if they are its first ones."""
    new = intent.generation
    if new is not None and not is_recorded(tables, new.embedding_fingerprint):
        write_generation(tables, new)
