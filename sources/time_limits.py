"""Time limits of reading: no listing and no fetch may keep a run, whatever its storage does.

A thread that waits in a system call (for a dead server, or a mount that hangs) cannot be ended. It
is left behind instead. Such threads are daemons, which the end of the process does not wait for.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


class OutOfTime(Exception):
    """Some work was not done in time; it may continue in its thread."""


def started(work: Callable[[], T]) -> Future[T]:
    """Start `work` in a daemon thread of its own, and return its future."""
    future: Future[T] = Future()

    def do() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            future.set_exception(error)

    threading.Thread(target=do, daemon=True, name="vouch-reader").start()
    return future


def within(seconds: float, work: Callable[[], T]) -> T:
    """Return what `work` returns. Raise what it raises, or `OutOfTime` where it takes longer."""
    return result_within(seconds, started(work))


def result_within(seconds: float, future: Future[T]) -> T:
    """Return a future's result. Raise its error, or `OutOfTime` where it is not done in time."""
    try:
        return future.result(seconds)
    except TimeoutError:
        # The work may have raised an error of the same class.
        if future.done():
            return future.result()
        raise OutOfTime from None


class Deadline:
    """A point in time, `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then, 0 where it has passed."""
        return max(self._end - monotonic(), 0.0)
