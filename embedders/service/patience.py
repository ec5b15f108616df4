"""How long a request is repeated, and how a run's end ends all waiting."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from vouch.schemas.errors import EmbeddingError

T = TypeVar("T")
_POLL_S = 0.2
_ENDED = "the run has ended, and its requests to the service with it"


class Halt:
    """Ends what the threads of one call do: after an error of one of them, or with the run."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._is_abandoned = False

    def end(self) -> None:
        """Let no more requests be sent; those that are under way are finished."""
        self._ended.set()

    def abandon(self) -> None:
        """Let nobody wait for anything any more."""
        self._is_abandoned = True
        self._ended.set()

    def check(self) -> None:
        """Raise `EmbeddingError` where it has ended."""
        if self._ended.is_set():
            raise EmbeddingError(_ENDED)

    def check_abandoned(self) -> None:
        """Raise `EmbeddingError` where nobody waits for answers any more."""
        if self._is_abandoned:
            raise EmbeddingError(_ENDED)

    def wait_for(self, work: Callable[[], T]) -> T:
        """Return what `work` returns. Raises `EmbeddingError` at once where it is abandoned.

        It runs in a thread that the end of the process does not wait for: a request cannot be ended
        from outside.
        """
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - raised by whoever waits
                future.set_exception(error)

        threading.Thread(target=run, name="vouch-request", daemon=True).start()
        while not wait([future], _POLL_S).done:
            self.check_abandoned()
        return future.result()

    def sleep(self, seconds: float) -> None:
        """Wait. Raises `EmbeddingError` as soon as it has ended."""
        self._ended.wait(seconds)
        self.check()


class Deadline:
    """The end of a request's repetitions, so many seconds after its first failure, by a setting.

    `clock` returns seconds.
    """

    def __init__(
        self, seconds: float, setting: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.seconds, self.setting, self._clock = seconds, setting, clock
        self._ends = float("inf")
        self.is_over = False

    def start(self) -> None:
        """Start to count, at the first failure."""
        self._ends = min(self._ends, self._clock() + self.seconds)

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self._ends - self._clock()

    def allows(self, wait_s: float) -> bool:
        """Return whether another attempt may be made after such a wait."""
        self.is_over = self.is_over or self.left <= wait_s
        return not self.is_over
