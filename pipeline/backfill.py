"""A backfill in windows: planned once, from one listing, and continued where it was stopped.

Windows without work cost nothing: the plan shows them. A note in the work folder has the windows
that are done, for those that are to be processed again though nothing has changed. Between two
windows every other kind of run goes first.
"""

import json
import logging
import re
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TypeAlias

from vouch.pipeline.context.backfill_progress import BackfillProgress, WindowRow, WindowState
from vouch.pipeline.context.progress import WAITING, observer
from vouch.pipeline.context.scope import Window
from vouch.pipeline.operations.leftovers import KINDS
from vouch.pipeline.operations.operation_record import locks_of
from vouch.pipeline.planning.cost_estimate import estimate, refuse_overspending
from vouch.pipeline.planning.dry_run import dry_run, tables_of
from vouch.pipeline.planning.plan import WORK, Plan, Planned
from vouch.pipeline.run_request import RunRequest
from vouch.pipeline.runner import with_retries
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.documents.records import Listing, SourceItem
from vouch.schemas.errors import BudgetExceeded, IndexError_, RunRejected
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.sources.registry import open_source

RunOne: TypeAlias = Callable[[RunRequest], RunRecord]
"""Does one run; raises `RunRejected` where its verdict is reject."""

_OTHER_KINDS = tuple(kind for kind in KINDS if kind != "backfill")
_POLL_S = 2.0
_NAME_DIGITS = 16
_log = logging.getLogger("vouch")


class Backfill:
    """One start of a backfill over windows that follow one another, oldest first.

    `max_documents` and `max_tokens` limit the backfill as a whole; those of the settings limit each
    run. With `restart` windows are done again that an earlier start had finished.
    """

    def __init__(
        self,
        request: RunRequest,
        windows: Sequence[Window],
        max_documents: int | None = None,
        max_tokens: int | None = None,
        restart: bool = False,
    ) -> None:
        self._request = request
        self._windows = _Windows(windows, request.settings)
        self._limits = request.settings.run.model_copy(
            update={"max_documents": max_documents, "max_tokens": max_tokens}
        )
        self._note = _Note(request, windows, restart)
        self._rows = [WindowRow(str(window)) for window in windows]
        self._started = time.monotonic()

    def run(self, run_one: RunOne) -> list[RunRecord]:
        """Do a run for each window that has work, and return their records.

        Raises `RunRejected` after all windows were tried, where some were rejected, and
        `BudgetExceeded` before the first one where the plan is beyond a limit.
        """
        observer().expect("windows", len(self._rows))
        listed = _list_once(self._request)
        self._plan(listed)
        listings = self._windows.cut(listed)
        records, rejected = [], []
        for number, row in enumerate(self._rows):
            if not row.state.is_over:
                self._let_others_go_first()
                self._set(number, replace(row, state=WindowState.RUNNING))
                try:
                    record = run_one(self._request_for(number, listings[number]))
                    records.append(record)
                    self._note.add(row.window)
                    self._set(number, row.ended(record))
                except RunRejected as error:
                    _log.error("window %s: %s", row.window, error)
                    rejected.append(f"{row.window}: {error}")
                    self._set(number, replace(row, state=WindowState.REJECTED, verdict="reject"))
                except BudgetExceeded as error:
                    raise BudgetExceeded(
                        f"window {row.window}: {error}. What is done stays; started again, the "
                        "backfill continues from here"
                    ) from error
            listings[number] = {}
            observer().done("windows", 1)
        if rejected:
            raise RunRejected(
                f"{len(rejected)} of {len(self._rows)} windows were rejected: {'; '.join(rejected)}"
            )
        self._note.delete()
        return records

    def _plan(self, listings: Mapping[str, Listing]) -> None:
        """Find out which windows have work, and refuse what is beyond the limits."""
        file, done = self._request.file, self._note.done
        for number, row in enumerate(self._rows):
            if row.window in done:
                self._rows[number] = replace(row, state=WindowState.DONE_BEFORE)
        scope = replace(self._request.scope, window=self._windows.whole)
        try:
            plan = dry_run(file, scope, list(listings.values())).plan
        except IndexError_ as error:
            # Of an earlier version, say: the first run brings it up to date, or says what it lacks.
            _log.info("the windows of the backfill could not be planned together: %s", error)
            return
        work: dict[int, list[Planned]] = {}
        for planned in plan.of(*WORK):
            if (place := self._windows.number_of(planned.item)) is not None:
                work.setdefault(place, []).append(planned)
        for number, row in enumerate(self._rows):
            row = replace(row, planned=len(work.get(number, ())))
            if not row.planned and not row.state.is_over:
                row = replace(row, state=WindowState.NOTHING_TO_DO)
            self._rows[number] = row
        left = (part for number, part in work.items() if not self._rows[number].state.is_over)
        rest = Plan(tuple(chain.from_iterable(left)), plan.indexed)
        expected = estimate(rest, tables_of(file), file.settings.embedding)
        refuse_overspending(expected, self._limits)
        self._show()

    def _request_for(self, number: int, listings: Mapping[str, Listing]) -> RunRequest:
        """Return the request of a window's run, with what is left of the tokens."""
        file, limit = self._request.file, self._limits.max_tokens
        if limit is not None:
            left = max(0, limit - sum(row.tokens for row in self._rows))
            own = file.settings.run.max_tokens
            file = file.with_limits(None, left if own is None else min(left, own))
        scope = replace(self._request.scope, window=self._windows.windows[number])
        return replace(self._request, file=file, scope=scope, listings=listings)

    def _let_others_go_first(self) -> None:
        """Wait while a run of another kind is in progress: it may wait for this one's lock."""
        locks = locks_of(self._request.file)
        while kinds := locks.in_progress(_OTHER_KINDS):
            observer().stage(f"{WAITING} the {' and '.join(kinds)} run in progress")
            time.sleep(_POLL_S)

    def _set(self, number: int, row: WindowRow) -> None:
        self._rows[number] = row
        self._show()

    def _show(self) -> None:
        seconds = time.monotonic() - self._started
        progress = BackfillProgress(tuple(self._rows), seconds, self._limits.max_tokens)
        observer().backfill(progress)


class _Windows:
    """Windows that follow one another, and which of them a listed item is in."""

    def __init__(self, windows: Sequence[Window], settings: Settings) -> None:
        self.windows = windows
        self._starts = [window.start for window in windows if window.start]
        self._dates = {source.name: re.compile(source.path_date) for source in settings.sources}

    @property
    def whole(self) -> Window:
        """The window from the beginning of the first to the end of the last."""
        return replace(self.windows[0], end=self.windows[-1].end)

    def number_of(self, item: SourceItem) -> int | None:
        """Return the number of the window that the item is in, from 0; None where it is in none."""
        time = self.windows[0].time_of(item, self._dates[item.source])
        if time is None or not self.whole.contains(time):
            return None
        return bisect_right(self._starts, time) - 1

    def cut(self, listings: Mapping[str, Listing]) -> list[dict[str, Listing]]:
        """Return the part of each listing that is in each window."""
        parts: list[dict[str, list[SourceItem]]] = [{} for _ in self.windows]
        for name, listing in listings.items():
            for part in parts:
                part[name] = []
            for item in listing.items:
                if (number := self.number_of(item)) is not None:
                    parts[number][name].append(item)
        return [
            {
                name: replace(listings[name], items=tuple(items), filtered=(), complete=False)
                for name, items in part.items()
            }
            for part in parts
        ]


class _Note:
    """Which windows are done, in the work folder, until all are.

    It is found again by a backfill that is asked for the same with the same settings.
    """

    def __init__(self, request: RunRequest, windows: Sequence[Window], restart: bool) -> None:
        parts = (request.file.sha256, str(request.scope), str(windows[0]), str(windows[-1]))
        name = sha256_text("\n".join((*parts, str(len(windows)))))[:_NAME_DIGITS]
        self._place = request.file.work_location / "backfills" / f"{name}.json"
        if restart:
            self.delete()
        try:
            self.done: set[str] = set(json.loads(self._place.read_bytes()))
        except (FileNotFoundError, ValueError):  # no earlier start, or a damaged note
            self.done = set()

    def add(self, window: str) -> None:
        self.done.add(window)
        self._place.write_bytes(json.dumps(sorted(self.done)).encode())

    def delete(self) -> None:
        self._place.delete()


def _list_once(request: RunRequest) -> dict[str, Listing]:
    """List the sources once for all windows: a listing of an object store takes minutes."""
    names = request.source_names
    return {
        source.name: with_retries(
            f"list {source.name}", open_source(source, request.file.folder).list
        )
        for source in request.settings.sources
        if source.name in names
    }
