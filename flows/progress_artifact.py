"""Shows how far a run is, as an artifact in Prefect's pages while it runs."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

from prefect.artifacts import ProgressArtifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactUpdate

from vouch.pipeline.context.backfill_progress import BackfillProgress
from vouch.pipeline.context.progress import Observer, observed_by, observer

_INTERVAL_S = 2.0  # between two updates: each is a request
_PROCESSED = 90.0  # percent, when all documents are staged
_LATER_STAGES = {"audit": _PROCESSED, "publish": 95.0, "report": 98.0}


class ProgressReporter:
    """An `Observer` that updates an artifact, and passes everything on to another observer.

    An update that fails is skipped: the next one has all that it had.
    """

    def __init__(self, then: Observer) -> None:
        self._then = then
        self._run_id, self._stage, self._sent_at = "", "list", 0.0
        self._expected: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._lock = threading.Lock()
        artifact: Any = ProgressArtifact(
            progress=0.0, key="vouch-progress", description=self._description()
        ).create()
        self._id: UUID = artifact.id

    def run_started(self, run_id: str) -> None:
        self._run_id = run_id

    def stage(self, name: str) -> None:
        self._then.stage(name)
        self._stage = name
        self._update(now=True)

    def expect(self, unit: str, count: int) -> None:
        self._then.expect(unit, count)
        with self._lock:
            self._expected[unit] += count

    def done(self, unit: str, count: int) -> None:
        self._then.done(unit, count)
        with self._lock:
            self._done[unit] += count
        self._update(now=False)

    def backfill(self, progress: BackfillProgress) -> None:
        self._then.backfill(progress)

    def run_ended(self, result: str) -> None:
        """Show the run as complete, with its result."""
        self._send(100.0, f"{result} · {self._description()}")

    def _update(self, *, now: bool) -> None:
        with self._lock:
            if not now and time.monotonic() - self._sent_at < _INTERVAL_S:
                return
            self._sent_at = time.monotonic()
        # Most of a run is reading and embedding; each document counts alike.
        share = self._done["documents"] / max(1, self._expected["documents"])
        percent = _LATER_STAGES.get(self._stage, _PROCESSED * min(1.0, share))
        self._send(percent, self._description())

    def _description(self) -> str:
        counts = (
            f"{self._done[unit]:,} of {count:,} {unit}"
            for unit, count in self._expected.items()
            if count
        )
        return " · ".join((f"run {self._run_id}: {self._stage}", *counts))

    def _send(self, percent: float, description: str) -> None:
        with suppress(Exception), get_client(sync_client=True) as client:
            update = ArtifactUpdate(data=round(percent, 1), description=description)
            client.update_artifact(self._id, update)


@contextmanager
def report_progress() -> Iterator[ProgressReporter]:
    """Report the progress of runs within the block in an artifact of the current flow run."""
    reporter = ProgressReporter(observer())
    with observed_by(reporter):
        yield reporter
