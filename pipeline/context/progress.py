"""Progress of a run, reported to whoever watches it: the command line's bars, or a Prefect
artifact.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from vouch.pipeline.context.backfill_progress import BackfillProgress

WAITING = "waiting for"
"""How a stage is named that only waits; then comes for what."""


class Observer(Protocol):
    """Is called with the progress of a run, from several threads."""

    def stage(self, name: str) -> None:
        """A stage of the run begins."""

    def expect(self, unit: str, count: int) -> None:
        """`count` more of `unit` ("documents", "chunks") are to be processed."""

    def done(self, unit: str, count: int) -> None:
        """`count` more of `unit` are processed."""

    def backfill(self, progress: BackfillProgress) -> None:
        """A window of a backfill begins or has ended. May wait, where the backfill is paused."""


class _NoObserver:
    """Ignores everything: nobody watches."""

    def stage(self, name: str) -> None:
        """Ignore it."""

    def expect(self, unit: str, count: int) -> None:
        """Ignore it."""

    def done(self, unit: str, count: int) -> None:
        """Ignore it."""

    def backfill(self, progress: BackfillProgress) -> None:
        """Ignore it."""


_observer: Observer = _NoObserver()


def observer() -> Observer:
    """Return the current observer."""
    return _observer


@contextmanager
def observed_by(watching: Observer) -> Iterator[None]:
    """Report runs of this process to `watching` within the block."""
    global _observer
    before, _observer = _observer, watching
    try:
        yield
    finally:
        _observer = before
