"""How a run starts and ends: its locks, its record, who is notified, and what a crashed run left.

The lock of a kind lets one run of each kind work on an index. The publisher's lock is taken for a
moment at the start, and again from the audit on: in between, runs of different kinds stage side
by side. Both are released by the system when a process dies, so a record that still reads
"running" while the lock of its kind is free is a crashed run's.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from vouch.index.publishing.candidate import remove_candidates
from vouch.index.publishing.fence import undo_late_commits
from vouch.index.publishing.publish import finish
from vouch.index.store.checksums import record_checksums, refuse_damaged
from vouch.index.store.publication_columns import Stamp, new_run_id, now
from vouch.index.store.run_log import (
    compact_run_log,
    mark_crashed_runs_failed,
    newest_published,
    read_run,
    unfinished,
    write_run,
)
from vouch.index.store.staging import remove_folders
from vouch.index.store.vector_cache import open_vector_cache
from vouch.pipeline.context.notifications import notify_finished, notify_started
from vouch.pipeline.context.run_context import Run, candidate_prefix
from vouch.pipeline.context.scratch import remove_left_scratch, scratch_of
from vouch.pipeline.context.workspace import CursorStart, Workspace, attached_prefix
from vouch.pipeline.operations.operation_record import locks_of
from vouch.pipeline.operations.rollback import refuse_after_rollback
from vouch.pipeline.planning.incremental_cursor import cursor_start
from vouch.pipeline.run_request import RunRequest
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.errors import failure, failure_kind, note_recorded
from vouch.schemas.process.storage_errors import storage_explained, storage_problem
from vouch.schemas.runs.record import RunRecord, Status

_log = logging.getLogger("vouch")


@contextmanager
def open_run(request: RunRequest) -> Iterator[tuple[Run, RunRecord]]:
    """Start the only run of its kind on its index, and yield it with its first record.

    An error within the block is written to the record. The run's parser processes end with it.
    """
    request.scope.check(request.settings)
    file = request.file
    kind = request.scope.kind
    file.refuse_unwritable()
    locks = locks_of(file)
    with (
        locks.kind(kind, request.wait_s),
        scratch_of(file.work_location) as scratch,
        open_vector_cache(scratch, kind) as vectors,
    ):
        # Only now: a run that has waited for another one starts, and gets its id, when it is its
        # turn.
        started = now()
        stamp = Stamp(new_run_id(started), started)
        start = _cursor_start(request, stamp)
        workspace = Workspace(request, vectors, scratch, stamp.run_id, start)
        run = Run(request, stamp, locks, workspace, workspace.staging)
        # This process has the kind's lock, so a record of it that reads "running" is a dead run's.
        with locks.publisher():
            refuse_damaged(file.index_location)
            spent = workspace.ledger.of_run
            for run_id in mark_crashed_runs_failed(run.tables, kind, spent):
                notify_finished(file, run.tables, run_id)
        run.staging.remove_unfinished()
        remove_candidates(run.tables, candidate_prefix(kind))
        for prefix in (candidate_prefix(kind), attached_prefix(kind)):
            remove_folders(scratch.glob(f"{prefix}*"))
        remove_left_scratch(scratch)
        with (
            _stopped_at_once(workspace),
            workspace.sandbox,
            _recorded(run) as record,
            storage_explained(file.local_folders),
        ):
            yield run, record
        with locks.publisher():
            compact_run_log(run.tables)
            record_checksums(file.index_location)


@contextmanager
def _stopped_at_once(workspace: Workspace) -> Iterator[None]:
    """Where the run is interrupted, stop what still embeds: a thread may be waiting for it."""
    try:
        yield
    except Exception:
        raise
    except BaseException:
        workspace.stop_embedding()
        raise


def _cursor_start(request: RunRequest, stamp: Stamp) -> CursorStart | None:
    """Only a run over all that is new may skip the rows that the index has."""
    if request.scope.whole_sources and request.scope.redo is None:
        return partial(cursor_start, at=stamp.at)
    return None


@contextmanager
def _recorded(run: Run) -> Iterator[RunRecord]:
    """Write the run's first record, and a last one where the block raises."""
    record = run.new_record()
    with run.locks.publisher():
        recover(run)
        write_run(run.tables, record)
    notify_started(run.file, run.tables, record)
    try:
        with run.workspace.paid_vectors.kept_by_failure():
            yield record
    except BaseException as error:
        try:
            _record_failure(run, record, error)
            note_recorded(error)
        except Exception as second:  # noqa: BLE001 - a full disk, say: the first error is reported
            problem = storage_problem(second, run.file.local_folders) or str(second)
            _log.warning("run %s: its record could not be written: %s", run.run_id, problem)
        raise
    finally:
        notify_finished(run.file, run.tables, run.run_id)


@crossing(Boundary.RECOVER)
def recover(run: Run) -> None:
    """Finish what a run that was cut short had begun to publish, and remove what it staged.

    Only under the publisher's lock. Raises `PublishingHeld` where a rollback keeps runs from
    publishing.
    """
    for record in finish(run.tables.latest(), run.settings, run.locks.require):
        notify_finished(run.file, run.tables, record.run_id)
    # A run discards the shards that it has published, unless it died just before that.
    newest = newest_published(run.tables)
    if newest is not None and newest.staged:
        run.staging.of(newest.staged).discard()
        write_run(run.tables, newest.model_copy(update={"staged": ()}))
    refuse_after_rollback(run.tables)


def _record_failure(run: Run, record: RunRecord, error: BaseException) -> None:
    """Write the record of a run that could not be finished.

    Its finished shards stay staged, and the next run reuses them. A run that had begun to publish
    is left as it is: the next run finishes it before anything else.
    """
    # One that is to end does not wait for another one: the next run of its kind writes the record.
    wait_s = None if isinstance(error, Exception) else 0.0
    with run.locks.publisher(wait_s):
        interrupted = {entry.record.run_id for entry in unfinished(run.tables.latest())}
        if not interrupted:
            undo_late_commits(run.tables)
        # An error may come after the last record was written, such as a lost connection to the
        # server that was to show it: the run is over all the same.
        if run.run_id in interrupted or read_run(run.tables, run.run_id).status.is_over:
            return
        spending = run.workspace.ledger.of_run(run.run_id)
        failed = {
            "status": Status.FAILED,
            "tokens_embedded": spending.tokens,
            "spending": spending,
            "staged": run.workspace.shard_names,
            "error": failure(error),
            "error_kind": failure_kind(error),
            "ended_at": now(),
            "stages": run.timer.costs(),
        }
        write_run(run.tables, record.model_copy(update=failed))
