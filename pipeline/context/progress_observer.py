"""Who watches a run: the command line with its bars, a flow with its artifact."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Observer(Protocol):
    """Told what goes on. Called from several threads."""

    def stage(self, name: str) -> None:
        """A stage of the run begins."""

    def expect(self, unit: str, count: int) -> None:
        """`count` more of `unit` ("documents", "chunks") are to come."""

    def done(self, unit: str, count: int) -> None:
        """`count` more of `unit` are done."""


class _Nobody:
    def stage(self, name: str) -> None:
        """Nobody watches."""

    def expect(self, unit: str, count: int) -> None:
        """Nobody watches."""

    def done(self, unit: str, count: int) -> None:
        """Nobody watches."""


_observer: Observer = _Nobody()


def observer() -> Observer:
    """Who watches now."""
    return _observer


@contextmanager
def observed_by(watching: Observer) -> Iterator[None]:
    """Runs of this process are told to `watching` within the block."""
    global _observer
    before, _observer = _observer, watching
    try:
        yield
    finally:
        _observer = before
