"""How long each stage was at work, and on how much."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from vouch.schemas.run import StageCost


class Clock:
    """Adds up seconds and items by stage; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._costs: dict[str, tuple[float, int, str]] = {}

    @contextmanager
    def measure(self, stage: str, items: int = 0, unit: str = "documents") -> Iterator[None]:
        begun = perf_counter()
        try:
            yield
        finally:
            self.add(stage, perf_counter() - begun, items, unit)

    def add(self, stage: str, seconds: float, items: int, unit: str) -> None:
        with self._lock:
            before = self._costs.get(stage, (0.0, 0, unit))
            self._costs[stage] = (before[0] + seconds, before[1] + items, unit)

    def costs(self) -> tuple[StageCost, ...]:
        """In the order in which the stages were first at work."""
        return tuple(
            StageCost(stage=stage, seconds=round(seconds, 3), items=items, unit=unit)
            for stage, (seconds, items, unit) in self._costs.items()
        )
