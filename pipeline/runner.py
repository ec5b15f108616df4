"""Who executes the stages of a run: the protocol, and the retry policy that every runner follows.

A run (`vouch.pipeline.run`) knows what its stages do and in which order. A runner knows how they
are executed and shown: in this process (`vouch.pipeline.local_runner`), or as tasks of a Prefect
flow run (`vouch.flows.prefect_runner`).
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from vouch.pipeline.shard_workers import ShardWorkers
from vouch.pipeline.stages.shard_job import ShardJob
from vouch.schemas.errors import VouchError, in_words
from vouch.schemas.process.environment import mask_secrets
from vouch.schemas.runs.record import RunRecord

T = TypeVar("T")
_log = logging.getLogger("vouch")

RETRIES = 2
BACKOFF_S = 2.0
"""The wait before the first retry, in seconds; it doubles with each."""
JITTER = 0.5
"""Waits are lengthened by up to this share at random, so that runs that failed together do not
retry together.
"""

MAX_SHARDS_AT_ONCE = 1000
"""Threads that wait for shards on a cluster, however many workers there are."""
_POLL_S = 1.0


class Runner(Protocol):
    """Executes the stages of one run."""

    def started(self, record: RunRecord, sources: Sequence[str]) -> None:
        """Note that the run of `record` has started on these sources."""

    def stage(self, name: str, work: Callable[[], T], *, retry: bool = False) -> T:
        """Return what `work` returns; with `retry`, call it again after a transient error."""

    def map_shards(self, workers: ShardWorkers, jobs: Sequence[ShardJob]) -> None:
        """Let the workers process every job, each with the retry policy, as many at once as they
        have room for.

        A job that fails does not keep the others from being finished: finished shards are reused by
        the next run. The first error is raised when all are done.
        """

    def finished(self, record: RunRecord) -> None:
        """Show how the run ended. Not called for a run that ended with an error."""


class Slots:
    """Lets as many shards be in progress at once as there is room for, which may change."""

    def __init__(self, room: Callable[[], int]) -> None:
        self._room, self._taken, self._freed = room, 0, threading.Condition()

    def take(self) -> None:
        """Wait for room."""
        with self._freed:
            while self._taken >= min(self._room(), MAX_SHARDS_AT_ONCE):
                self._freed.wait(_POLL_S)
            self._taken += 1

    def free(self) -> None:
        """Give a place back."""
        with self._freed:
            self._taken -= 1
            self._freed.notify()


def is_retryable(error: BaseException) -> bool:
    """Return whether the same call may succeed later: errors state it of themselves."""
    if isinstance(error, VouchError):
        return error.retryable
    return isinstance(error, ConnectionError | TimeoutError)


def with_retries(name: str, work: Callable[[], T]) -> T:
    """Return what `work` returns; call it again after a transient error."""

    def warn(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        problem = mask_secrets(in_words(error)) if error else ""
        _log.warning("%s failed and is tried again: %s", name, problem)

    retrying = Retrying(
        retry=retry_if_exception(is_retryable),
        stop=stop_after_attempt(1 + RETRIES),
        wait=wait_exponential(multiplier=BACKOFF_S) + wait_random(0, JITTER * BACKOFF_S),
        before_sleep=warn,
        reraise=True,
    )
    return retrying(work)
