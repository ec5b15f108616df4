"""Repeats requests to a service that fail for a reason that passes, and keeps to its limits."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from vouch.embedders.base import RequestMeter
from vouch.embedders.service.failures import Failure, RequestFailed
from vouch.embedders.service.patience import Deadline, Halt
from vouch.embedders.service.rate_limit import RateLimit
from vouch.schemas.errors import EmbeddingError
from vouch.schemas.settings.http_service import HttpService

if TYPE_CHECKING:
    from tenacity import RetryCallState

_log = logging.getLogger("vouch")

BACKOFF_S = 0.5
"""The longest wait before a first repetition, in seconds, where the service states none; it doubles
with each.
"""
_MAX_BACKOFF_S = 30.0
_POLL_S = 0.2
# Attempts at a request before it is asked whether its texts are the reason.
_ATTEMPTS = {Failure.BUSY: 4, Failure.ERROR: 3, Failure.SLOW: 1}


@dataclass(frozen=True, slots=True)
class Request:
    """Texts of one request. `places` are those of its texts among all that are embedded, none for
    probes and queries; `tokens` are estimated.
    """

    texts: Sequence[str]
    places: Sequence[int]
    tokens: float
    meter: RequestMeter | None
    halt: Halt


class Counted(Protocol):
    """An answer, with the tokens that the service has counted, if any."""

    @property
    def tokens(self) -> int | None: ...


AnswerT = TypeVar("AnswerT", bound=Counted)
Answer_co = TypeVar("Answer_co", bound=Counted, covariant=True)


class Client(Protocol[Answer_co]):
    """Sends requests to a service, one by one."""

    @property
    def name(self) -> str: ...

    def ask(self, texts: Sequence[str], timeout_s: float) -> Answer_co:
        """Return the answer to one request. Raises `RequestFailed`."""


class Requester(Generic[AnswerT]):
    """Sends requests within the limits of a run's process; used from several threads."""

    def __init__(self, service: HttpService, client: Client[AnswerT]) -> None:
        self._service, self._client = service, client
        self.name = self._client.name
        self.limit = RateLimit(service.requests_per_minute, service.tokens_per_minute)
        self._slots = threading.BoundedSemaphore(service.parallel_requests)

    def ask(self, request: Request, deadline: Deadline, *, is_patient: bool = True) -> AnswerT:
        """Return the answer for texts; a request that fails for a reason that passes is repeated.

        Raises `RequestFailed` for any other reason, where the deadline is over, and, unless
        `is_patient`, after a few attempts, because its texts may be the reason.
        """
        from tenacity import Retrying, retry_if_exception, wait_random_exponential

        backoff = wait_random_exponential(multiplier=BACKOFF_S, max=_MAX_BACKOFF_S)

        def wait(state: "RetryCallState") -> float:
            asked_for, own = _failure(state).wait_s, backoff(state)
            # Longer than asked for, by chance: not all are to come back at the same moment.
            return own if asked_for is None else asked_for + min(own, max(1.0, asked_for / 10))

        def stop(state: "RetryCallState") -> bool:
            most = _ATTEMPTS[_failure(state).kind]
            if not is_patient and state.attempt_number >= most:
                return True
            return not deadline.allows(state.upcoming_sleep)

        retrying = Retrying(
            retry=retry_if_exception(_passes),
            wait=wait,
            stop=stop,
            sleep=request.halt.sleep,
            before_sleep=self._log_failure,
            reraise=True,
        )
        return retrying(self._attempt, request, deadline)

    def ask_once(self, request: Request, deadline: Deadline) -> AnswerT:
        """Return the answer for texts by one attempt, without waiting for the limits of a run."""
        return self._send(request, deadline, deadline.left)

    def _attempt(self, request: Request, deadline: Deadline) -> AnswerT:
        self.limit.wait(request.tokens, request.halt.sleep)
        while not self._slots.acquire(timeout=_POLL_S):
            request.halt.check()
        try:
            return self._send(request, deadline, self._service.timeout_s)
        finally:
            self._slots.release()

    def _send(self, request: Request, deadline: Deadline, timeout_s: float) -> AnswerT:
        request.halt.check()
        if request.meter:
            request.meter.sent(request.places)
        try:
            answer = self._client.ask(request.texts, timeout_s)
        except RequestFailed as failure:
            deadline.start()
            if request.meter and failure.was_refused:
                request.meter.refused(request.places)
            if failure.wait_s:
                # For all threads: the limit is one.
                self.limit.pause(min(failure.wait_s, deadline.left))
            raise
        if answer.tokens is not None:
            self.limit.correct(answer.tokens - request.tokens)
        return answer

    def stopped(self, failure: RequestFailed, deadline: Deadline) -> EmbeddingError:
        """Return why a run, or a search, has to stop."""
        if not failure.kind.passes:
            hint = f"; {failure.hint}" if failure.hint else ""
            return EmbeddingError(f"{self.name}: {failure.words}{hint}")
        limit = f"{deadline.seconds:g} s ({deadline.setting})"
        if failure.wait_s is not None and failure.wait_s > deadline.seconds:
            state = f"asks to wait {failure.wait_s:g} s, longer than {limit}"
        else:
            state = f"has not worked for {limit}"
        of_run = deadline.setting.endswith("deadline_s")
        again = "; run again later: finished shards are reused" if of_run else ""
        return EmbeddingError(f"{self.name} {state}: {failure.words}{again}")

    def _log_failure(self, state: "RetryCallState") -> None:
        level = logging.WARNING if state.attempt_number == 1 else logging.DEBUG
        words, wait_s = _failure(state).words, state.upcoming_sleep
        _log.log(level, "%s: %s; asked again in %.1f s", self.name, words, wait_s)


def _passes(error: BaseException) -> bool:
    return isinstance(error, RequestFailed) and error.kind.passes


def _failure(state: "RetryCallState") -> RequestFailed:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, RequestFailed)
    return error
