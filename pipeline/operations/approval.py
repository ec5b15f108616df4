"""Approvals: a person agrees to what checks reject.

The candidate of a rejected run is published exactly as it was audited and looked at: its shards are
staged, and its record keeps what it would have published. Where anybody has published since, it is
refused. An approval with a date also lets later runs fail the same checks with a warning.
"""

import getpass
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches

from vouch.index.publishing.fence import MayPublish
from vouch.index.publishing.publish import finish, publish, staging_of
from vouch.index.store.checksums import record_checksums, refuse_damaged
from vouch.index.store.generations import published_probe, write_generation
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import (
    Intent,
    intent_of,
    list_runs,
    newest_published,
    published_before,
    read_run,
    runs_of_kind,
    write_run,
)
from vouch.index.store.tables import Tables
from vouch.pipeline.context.notifications import notify_finished
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.operations.operation_record import locks_of, new_record, write_final_record
from vouch.pipeline.operations.rollback import refuse_after_rollback
from vouch.reports.run_report import write_run_report
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.errors import IndexError_, NotFound, SettingsError, failure
from vouch.schemas.runs.approval import NEVER_APPROVED, Approval
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, RunRecord, Status
from vouch.validators.batch.verdict import blocking, decide, with_approvals

KIND = "approve"
ENDS_SOON = timedelta(days=3)
_LONGEST = timedelta(days=366)
_STATE = ("chunks", "documents")
_REFERENCE = re.compile(r"([^:@]+)(?::(.+?))?(?:@(.+))?", re.DOTALL)


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
        who=_who(who),
        why=_text(why, "a reason", "--why"),
        at=record.started_at,
        checks=tuple(dict.fromkeys(map(_known, checks))),
        until=_end(until, record.started_at),
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
            return write_final_record(file, tables, _agreement(record, approval))
        refuse_after_rollback(tables)
        rejected = _rejected_run(tables, run)
        approval = _about(approval, rejected)
        intent = _candidate(tables, rejected, file)
        record = _agreement(record, approval)
        write_run(tables, record)
        try:
            published = _publish(file, tables, rejected, intent, approval, locks.require)
        except Exception as error:
            # Where the publication has begun, the next run finishes it, and the agreement stands.
            if read_run(Tables.open(tables.location), rejected.run_id).approval != approval:
                failed = {"status": Status.FAILED, "error": failure(error)}
                write_run(tables, record.model_copy(update=failed))
            raise
        write_final_record(file, tables, record)
        return published


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


def _state(approval: Approval, at: datetime, ending: Approval | None) -> str:
    if approval.until is None:
        return "once"
    if ending is not None:
        return "ended"
    if approval.until <= at:
        return "expired"
    return "ends soon" if approval.until - at < ENDS_SOON else "active"


def end_approval(file: SettingsFile, approval: str, why: str, who: str | None = None) -> RunRecord:
    """End an approval before its date, and return the record of that.

    `approval` is its id, or a unique prefix. Raises `NotFound` where no such one is active.
    """
    record = new_record(file, KIND, "")
    name, reason = _who(who), _text(why, "a reason", "--why")
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
            why=reason,
            at=record.started_at,
            checks=ended.checks,
            ends=ended.id,
        )
        return write_final_record(file, tables, _agreement(record, ending))


def _who(who: str | None) -> str:
    if who is None:
        try:
            who = getpass.getuser()
        except (KeyError, OSError, ImportError) as error:
            raise SettingsError(
                "this system has no name for its user; say who agrees: --who NAME"
            ) from error
    return _text(who, "a name", "--who")


def _text(text: str, what: str, option: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise SettingsError(f"an approval needs {what} that others can read later: {option} TEXT")
    return text


def _end(until: date | None, at: datetime) -> datetime | None:
    """Return when an approval ends that is made at this time."""
    if until is None:
        return None
    if not isinstance(until, datetime):
        until = datetime.combine(until + timedelta(days=1), time(), UTC)
    until = until.astimezone(UTC) if until.tzinfo else until.replace(tzinfo=UTC)
    if not at < until <= at + _LONGEST:
        raise SettingsError(
            f"an approval ends within a year from now, not at {until:%Y-%m-%d %H:%M} UTC; "
            "what is to last longer is a setting"
        )
    return until


def _known(reference: str) -> str:
    """Return a reference to a check. Raises `SettingsError` for an id that no check has."""
    match = _REFERENCE.fullmatch(reference.strip())
    name = match[1] if match else reference
    ids = [str(check_id) for check_id in CheckId if check_id is not CheckId.UNKNOWN]
    if name not in ids:
        near = get_close_matches(name, ids, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise SettingsError(f"there is no check {name!r}{hint}")
    if name in NEVER_APPROVED:
        raise SettingsError(
            f"{name} proves that the index does not contradict itself, so nobody can agree to its "
            "failure; fix the cause and run again (docs/runbook.md)"
        )
    return reference.strip()


def _agreement(record: RunRecord, approval: Approval) -> RunRecord:
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


def _rejected_run(tables: Tables, run: str) -> RunRecord:
    if run == "latest":
        rejected = [each for each in list_runs(tables) if each.status is Status.REJECTED]
        if not rejected:
            raise NotFound("no run was rejected, so there is nothing to approve; see `vouch runs`")
        return rejected[0]
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


def _about(approval: Approval, rejected: RunRecord) -> Approval:
    """Return the approval of a run. Raises `SettingsError` where it leaves something that blocks,
    or names what does not.
    """
    blocked = blocking(rejected.verdict.checks if rejected.verdict else ())
    never = [check.reference for check in blocked if check.id in NEVER_APPROVED]
    if never:
        raise SettingsError(
            f"run {rejected.run_id} cannot be approved: {', '.join(never)} proves that the index "
            "does not contradict itself; fix the cause and run again"
        )
    references = [check.reference for check in blocked]
    if approval.checks:
        needless = [name for name in approval.checks if not _covered((name,), blocked)]
        left = [check.reference for check in blocked if not _covered(approval.checks, [check])]
        if needless:
            raise SettingsError(
                f"{', '.join(needless)} did not reject run {rejected.run_id}; what did: "
                f"{', '.join(references)}"
            )
        if left:
            raise SettingsError(
                f"run {rejected.run_id} was also rejected by {', '.join(left)}; agree to these "
                "too, or fix their cause and run again"
            )
    checks = approval.checks or tuple(references)
    return approval.model_copy(update={"run_id": rejected.run_id, "checks": checks})


def _covered(references: tuple[str, ...], checks: Collection[Check]) -> bool:
    names = Approval(id="", who="", why="", at=now(), checks=references)
    return any(names.covers(check.qualified_id, check.scope) for check in checks)


def _candidate(tables: Tables, rejected: RunRecord, file: SettingsFile) -> Intent:
    """Return what the rejected run would have published, if it can still be published."""
    intent = intent_of(tables, rejected.run_id)
    again = f"run `vouch {rejected.kind}` again, then approve that run"
    if intent is None:
        has_any = rejected.accounting.published or rejected.accounting.removed
        why = (
            "was rejected by an earlier version of Vouch, which did not keep what it would publish"
            if has_any
            else "has nothing to publish"
        )
        raise NotFound(
            f"run {rejected.run_id} {why}; {again}, or let the checks warn for a while: vouch "
            "approve --check CHECK --until DATE --why TEXT"
        )
    versions = tables.versions()
    if any(versions[name] != intent.versions.get(name) for name in _STATE):
        newest = newest_published(tables)
        by = f" (run {newest.run_id})" if newest else ""
        raise IndexError_(
            f"the index has changed since run {rejected.run_id} was audited{by}, so its candidate "
            f"is not what would be published now; {again}"
        )
    staging = staging_of(intent, file.settings)
    gone = set(intent.shards) - staging.finished(intent.shards)
    if gone:
        raise IndexError_(
            f"{len(gone)} of {len(intent.shards)} staged shards of run {rejected.run_id} are gone "
            f"or damaged (they are kept for run.keep_staged_h, "
            f"{file.settings.run.keep_staged_h:g} hours); {again}"
        )
    return intent


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
        before = published_before(tables, record.run_id)
        report = write_run_report(record, file.report_location, before)
        record = record.model_copy(update={"staged": (), "report": report.url})
        write_run(tables, record)
        record_checksums(file.index_location)
    notify_finished(file, tables, record.run_id)
    return record


@crossing(Boundary.NOTE_GENERATION)
def _note_generation(tables: Tables, intent: Intent) -> None:
    """Record the model of the candidate's vectors, if they are its first ones."""
    new = intent.generation
    if new is not None and published_probe(tables, new.embedding_fingerprint) is None:
        write_generation(tables, new)
