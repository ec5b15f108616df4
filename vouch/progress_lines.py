"""Progress of a run where no terminal shows bars: a line at once for what it waits for, and one
every half minute for how far it is.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from vouch.pipeline.context.backfill_progress import BackfillProgress
from vouch.pipeline.context.progress import WAITING, observed_by

_INTERVAL_S = 30.0


class ProgressLines:
    """An `Observer` that writes lines; a run that takes no longer than a moment writes none."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._stage, self._since = "starting", time.monotonic()
        self._expected: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._backfill = ""

    def stage(self, name: str) -> None:
        with self._lock:
            if name == self._stage:
                return
            self._stage, self._since = name, time.monotonic()
        if name.startswith(WAITING):
            self._line(name)

    def expect(self, unit: str, count: int) -> None:
        with self._lock:
            self._expected[unit] += count

    def done(self, unit: str, count: int) -> None:
        with self._lock:
            self._done[unit] += count

    def backfill(self, progress: BackfillProgress) -> None:
        with self._lock:
            self._backfill = str(progress)

    def report(self) -> None:
        """Write how far the run is."""
        with self._lock:
            seconds = round(time.monotonic() - self._since)
            counts = [
                f"{self._done[unit]:,} of {count:,} {unit}"
                for unit, count in self._expected.items()
                if count
            ]
            parts = [f"{self._stage}, for {seconds:,} s", *counts, self._backfill]
        self._line("; ".join(part for part in parts if part))

    def _line(self, text: str) -> None:
        self._write(f"{datetime.now(UTC):%H:%M:%S} {text}")


@contextmanager
def progress_lines(write: Callable[[str], None], every_s: float = _INTERVAL_S) -> Iterator[None]:
    """Write the progress of runs within the block as lines."""
    lines, ended = ProgressLines(write), threading.Event()

    def report() -> None:
        while not ended.wait(every_s):
            lines.report()

    thread = threading.Thread(target=report, name="vouch-progress", daemon=True)
    with observed_by(lines):
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
