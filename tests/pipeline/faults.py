"""Ways to end a run at one of its boundaries (`vouch.schemas.boundary`)."""

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager

from vouch.index.store.run_log import list_runs, write_run
from vouch.index.store.tables import Tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.boundary import Boundary, Side, install
from vouch.schemas.runs.record import Status

PUBLISHING_RUN = (
    Boundary.RECOVER,
    Boundary.LIST,
    Boundary.PLAN,
    Boundary.FETCH_AND_PARSE,
    Boundary.VALIDATE_ROWS,
    Boundary.EMBED,
    Boundary.STAGE,
    Boundary.SYNC_SHARD_FILE,
    Boundary.AUDIT,
    Boundary.VERDICT,
    Boundary.NOTE_GENERATION,
    Boundary.RECORD_INTENT,
    Boundary.COMMIT_CHUNKS,
    Boundary.COMMIT_DOCUMENTS,
    Boundary.COMMIT_QUARANTINE,
    Boundary.REFRESH_INDEXES,
    Boundary.TAG,
    Boundary.WRITE_RUN,
    Boundary.RETAIN,
    Boundary.REPORT,
    Boundary.SHOW_RESULT,
)
"""The boundaries that a run crosses which publishes new texts, in the order of their first
crossing.
"""

ROLLBACK = (
    Boundary.RECORD_INTENT,
    Boundary.RESTORE_TABLES,
    Boundary.TAG,
    Boundary.WRITE_RUN,
    Boundary.RETAIN,
)
"""Likewise, of a rollback."""


class Killed(BaseException):
    """Ends a run in this process. No `except Exception` of the run handles it."""


def raise_killed() -> None:
    raise Killed


def kill_process() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def at(
    name: Boundary, side: Side, action: Callable[[], None] = raise_killed, *, once: bool = False
) -> AbstractContextManager[None]:
    """Within the block, call `action` on this side of a boundary: each time it is crossed, or only
    `once`.
    """
    calls: list[None] = []

    def hook(crossed: Boundary, crossed_side: Side) -> None:
        if (crossed, crossed_side) == (name, side) and not (once and calls):
            calls.append(None)
            action()

    return install(hook)


def make_records_as_killed(file: SettingsFile) -> None:
    """Let the records of failed runs say what they say of runs whose process was killed.

    A run that an exception ends still writes that it has failed; a killed process cannot.
    """
    tables = Tables.open(file.index_location)
    for record in list_runs(tables):
        if record.status is Status.FAILED:
            running = {"status": Status.RUNNING, "error": None, "ended_at": None}
            write_run(tables, record.model_copy(update=running))
