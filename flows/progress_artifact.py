"""How far a run is, as an artifact in Prefect's pages while it runs."""

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

from vouch.pipeline.context.progress_observer import Observer, observed_by, observer

_EVERY_S = 2.0  # between two updates: each is a request
_READ = 90.0  # percent, when all documents are staged
_LATER = {"audit": _READ, "publish": 95.0, "report": 98.0}


class ToldProgress:
    """An `Observer` that tells another one too. What cannot be told now is told with what comes next."""

    def __init__(self, beside: Observer, run_id: str) -> None:
        self._beside, self._run_id = beside, run_id
        self._stage, self._told_at = "list", 0.0
        self._expected: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._lock = threading.Lock()
        made: Any = ProgressArtifact(
            progress=0.0, key="vouch-progress", description=self._words()
        ).create()
        self._id: UUID = made.id

    def stage(self, name: str) -> None:
        self._beside.stage(name)
        self._stage = name
        self._tell(now=True)

    def expect(self, unit: str, count: int) -> None:
        self._beside.expect(unit, count)
        with self._lock:
            self._expected[unit] += count

    def done(self, unit: str, count: int) -> None:
        self._beside.done(unit, count)
        with self._lock:
            self._done[unit] += count
        self._tell(now=False)

    def end(self, how: str) -> None:
        """All is done, and came out like this."""
        self._send(100.0, f"{how} · {self._words()}")

    def _tell(self, *, now: bool) -> None:
        with self._lock:
            if not now and time.monotonic() - self._told_at < _EVERY_S:
                return
            self._told_at = time.monotonic()
        self._send(self._percent(), self._words())

    def _percent(self) -> float:
        """Of a run: most of it is reading and embedding; each document counts alike."""
        read = self._done["documents"] / max(1, self._expected["documents"])
        return _LATER.get(self._stage, _READ * min(1.0, read))

    def _words(self) -> str:
        counts = (
            f"{self._done[unit]:,} of {count:,} {unit}"
            for unit, count in self._expected.items()
            if count
        )
        return " · ".join((f"run {self._run_id}: {self._stage}", *counts))

    def _send(self, percent: float, words: str) -> None:
        with suppress(Exception), get_client(sync_client=True) as client:
            client.update_artifact(
                self._id, ArtifactUpdate(data=round(percent, 1), description=words)
            )


@contextmanager
def progress_artifact(run_id: str) -> Iterator[ToldProgress]:
    """Within the block, what the run does is told there too."""
    artifact = ToldProgress(observer(), run_id)
    with observed_by(artifact):
        yield artifact
