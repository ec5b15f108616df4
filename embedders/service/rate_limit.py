"""The limits of a service on requests and tokens a minute, kept by one process of a run."""

import threading
import time
from collections.abc import Callable

_MINUTE = 60.0  # seconds
# Of the tokens a minute: a request counts as a whole when it is sent, so that the minute in which
# it is sent could otherwise have more than the limit by its size.
_REQUEST_SHARE = 0.1


class RateLimit:
    """Spaces requests evenly, whatever thread sends them, so that no minute has more of them, or of
    their tokens, than is allowed.

    `clock` returns seconds.
    """

    def __init__(
        self,
        requests_per_minute: int | None,
        tokens_per_minute: int | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._requests, self._tokens, self._clock = requests_per_minute, tokens_per_minute, clock
        self._workers = 1
        self._lock = threading.Lock()
        self._next = self._paused_until = 0.0

    @property
    def max_tokens(self) -> float:
        """The most tokens that a request should have."""
        return self._tokens * _REQUEST_SHARE / self._workers if self._tokens else float("inf")

    def share(self, workers: int) -> None:
        """Keep from now on to an equal part of the limits, which so many processes use."""
        self._workers = max(1, workers)

    def wait(self, tokens: float, sleep: Callable[[float], None]) -> None:
        """Wait for the turn of a request with so many tokens; `sleep` may raise, to end it."""
        with self._lock:
            turn = max(self._clock(), self._next)
            self._next = turn + self._spacing(tokens)
        while (left := max(turn, self._paused_until) - self._clock()) > 0:
            sleep(left)

    def correct(self, tokens: float) -> None:
        """Count so many tokens more, or fewer, for a request that was answered."""
        with self._lock:
            self._next += self._tokens_take(tokens)

    def pause(self, seconds: float) -> None:
        """Let no request be sent for so many seconds."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)
            self._next = max(self._next, self._paused_until)

    def _spacing(self, tokens: float) -> float:
        request = _MINUTE * self._workers / self._requests if self._requests else 0.0
        return max(request, self._tokens_take(tokens))

    def _tokens_take(self, tokens: float) -> float:
        """Return how many seconds of the limit these tokens use up."""
        if not self._tokens:
            return 0.0
        return tokens * _MINUTE * self._workers / (self._tokens * (1 - _REQUEST_SHARE))
