"""The fence: a publication changes tables only as they were when it was audited.

A lease alone cannot keep two publishers apart: a process may be suspended after it has asked, and
wake when another one has published. The store does not refuse what it commits then: it carries a
merge over to the newest version. So each commit is followed by a look at what it was made on. Where
anything came in between, the rows are compared with those that were intended, and are put right by
whoever may still publish, else by the next run. Readers see none of this: they follow the records
of runs, and a record is changed only from the status in which its run left it.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import polars as pl
from lancedb.table import Table

from vouch.index.store.run_log import list_runs, newest_published, read_run
from vouch.index.store.tables import KEYS, Tables, frame, open_table
from vouch.schemas.errors import IndexError_
from vouch.schemas.runs.record import Status

_log = logging.getLogger("vouch")
_ATTEMPTS = 3
_RECENT = 50  # runs among which may be one that was taken for dead and still wakes

MayPublish: TypeAlias = Callable[[], None]
"""Raises an error where this process no longer has the publisher's lock."""


def always() -> None:
    """Do nothing: nobody takes a lock of the file system from a process that lives."""


@dataclass(frozen=True, slots=True)
class Fence:
    """What a run's publication was audited on, and whether it may continue.

    Attributes:
        tables: The tables that it changes.
        run_id: The run.
        versions: The version of each table that was audited; empty where a version until 0.9.0
            began the publication, which then is not checked.
        may_publish: Raises an error where this process may not.
    """

    tables: Tables
    run_id: str
    versions: Mapping[str, int] = field(default_factory=dict)
    may_publish: MayPublish = always

    def commit(
        self, name: str, change: Callable[[], None], intended: Callable[[Table], pl.DataFrame]
    ) -> None:
        """Change a table in one commit.

        `change` makes it, and has the same result when it is repeated. `intended` returns the
        `identities` that the table is to have afterwards, from the table as it was audited.

        Raises `IndexError_` or `StorageError` where another run has published meanwhile.
        """
        table: Any = getattr(self.tables, name)
        audited = expected = self.versions.get(name)
        for _ in range(_ATTEMPTS):
            self.may_publish()
            change()
            if audited is None or expected is None or table.version == expected + 1:
                return
            if identities(table, name).equals(intended(self.at(name, audited)).sort(KEYS[name])):
                return
            self.require()
            table.checkout_latest()
            table.restore(audited)
            expected = table.version
        raise IndexError_(
            f"another program writes to {name} in {self.tables.location} while this run publishes; "
            "stop that program and run again, and the next run finishes this one"
        )

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Raise the error of `require` instead of one within the block that follows from it.

        A run that finishes what this one began also removes what it has staged.
        """
        try:
            yield
        except Exception:
            self.require()
            raise

    def require(self) -> None:
        """Raise an error where another run publishes, or has finished what this one began."""
        self.may_publish()
        now = Tables.open(self.tables.location)
        if read_run(now, self.run_id).status is not Status.PUBLISHING:
            raise self.overtaken()

    def overtaken(self) -> IndexError_:
        """Return the error of a run that was taken for dead while it published."""
        return IndexError_(
            f"run {self.run_id} was taken for dead while it published to {self.tables.location}, "
            "and another run has finished or given up its publication; `vouch runs` shows which "
            "state is published. Run again"
        )

    def at(self, name: str, version: int) -> Table:
        """Return a new handle on a version of a table."""
        past = open_table(self.tables.location, name)
        past.checkout(version)
        return past


def identities(table: Table, name: str) -> pl.DataFrame:
    """Return key and run of each row, sorted: what a commit has changed shows in them."""
    return frame(table, (KEYS[name], "run_id")).sort(KEYS[name])


def merged(past: Table, name: str, staged: pl.DataFrame, deleted: Collection[str]) -> pl.DataFrame:
    """Return the identities that a merge into this version of a table is to leave.

    `staged` are those of its rows; of the documents `deleted` all other rows go.
    """
    key = KEYS[name]
    before = frame(past, tuple({key, "document_id", "run_id"}))
    kept = before.filter(~pl.col("document_id").is_in(list(deleted)))
    return pl.concat([kept.join(staged, on=key, how="anti").select(key, "run_id"), staged])


def undo_late_commits(tables: Tables) -> None:
    """Restore the tables in which a run has committed after it was taken for dead.

    Only under the publisher's lock, at the newest versions, and where no publication is unfinished.
    """
    newest = newest_published(tables)
    moved = [
        name
        for name, version in (newest.versions.items() if newest else ())
        if getattr(tables, name).version != version
    ]
    # Versions also move without a change of rows, in maintenance that was cut short.
    recent = list_runs(tables, _RECENT) if newest and moved else []
    if newest is None or not any(record.finished_later for record in recent):
        return
    # A rejected run changes the quarantine, and publishes nothing.
    if any(
        record.status is Status.REJECTED
        and record.ended_at is not None
        and record.ended_at > newest.started_at
        for record in recent
    ):
        moved = [name for name in moved if name != "quarantine"]
    for name in moved:
        table: Any = getattr(tables, name)
        past = Fence(tables, newest.run_id).at(name, newest.versions[name])
        if not identities(table, name).equals(identities(past, name)):
            table.restore(newest.versions[name])
            _log.warning(
                "%s in %s is again as run %s published it: a run that was taken for dead had "
                "written to it since",
                name,
                tables.location,
                newest.run_id,
            )
