"""How long each stage took, and for how many items."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from vouch.schemas.runs.record import StageCost


class StageTimer:
    """Adds up seconds and items by stage; used from several threads.

    Seconds of threads add up: eight readers that wait a second each cost eight seconds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._costs: dict[str, tuple[float, int, str]] = {}

    @contextmanager
    def measure(self, stage: str, items: int = 0, unit: str = "documents") -> Iterator[None]:
        """Add the time that the enclosed block takes, also where it fails."""
        started = perf_counter()
        try:
            yield
        finally:
            self.add(stage, perf_counter() - started, items, unit)

    def add(self, stage: str, seconds: float, items: int, unit: str) -> None:
        """Add a cost that was measured elsewhere, such as in a worker process."""
        with self._lock:
            before = self._costs.get(stage, (0.0, 0, unit))
            self._costs[stage] = (before[0] + seconds, before[1] + items, unit)

    def costs(self) -> tuple[StageCost, ...]:
        """Return the cost of each stage, in the order in which the stages first ran."""
        return tuple(
            StageCost(stage=stage, seconds=round(seconds, 3), items=items, unit=unit)
            for stage, (seconds, items, unit) in self._costs.items()
        )
