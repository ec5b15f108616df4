"""Sends shards to workers and waits for them.

A shard is done when its marker is there, whoever wrote it: what a worker returns is a name. So a
worker that dies, a connection that is lost, or a second attempt at a shard that takes too long
costs time and changes nothing.
"""

import logging
import pickle
import threading
from concurrent.futures import CancelledError
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any

from vouch.index.store.staging import ShardSummary
from vouch.pipeline.cluster.shard_worker import (
    ClusterJob,
    code_fingerprint,
    end_run,
    process_on_worker,
)
from vouch.pipeline.cluster.stragglers import is_straggler
from vouch.pipeline.cluster.worker_errors import explained, unseen
from vouch.pipeline.context.progress import WAITING, observer
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.stages.shard_job import ShardJob
from vouch.schemas.errors import BudgetExceeded, ClusterError, VouchError
from vouch.schemas.settings.cluster import ClusterSettings

if TYPE_CHECKING:
    from distributed import Client, Future

_log = logging.getLogger("vouch")

_RETRIES = 2  # by Dask, of errors that no worker expects
_POLL_S = 1.0
_QUEUE_SHARE = 4  # one shard waits for every so many that are processed, and one more
_END_S = 5.0
_BELOW_SCHEDULE = -10  # of Dask's priorities: runs over old documents wait for the others
_PATIENT_KINDS = ("backfill", "reindex", "shadow")
_LOST = ("cancelled", "lost")  # futures, with the connection or with a worker


@dataclass(slots=True)
class _Shard:
    """A shard in progress, with the futures of its attempts; `changed` when one of them ends."""

    job: ShardJob
    started: float = field(default_factory=monotonic)
    attempts: "list[Future[Any]]" = field(default_factory=list)
    changed: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        return self.job.shard.name


class Dispatcher:
    """Sends the shards of one run to the workers of a cluster. Used from several threads."""

    def __init__(self, client: "Client", run: Run, settings: ClusterSettings, shards: int) -> None:
        """`shards` is the number of those that the run will send."""
        self._client, self._run, self._settings = client, run, settings
        self._versions = run.tables.versions()
        # Workers of this machine have been started from this very code.
        self._code = "" if settings.local is not None else code_fingerprint()
        self._lock = threading.Lock()
        self._to_send = shards
        self._sent = 0
        self._in_progress: dict[str, _Shard] = {}
        self._seconds: list[float] = []
        self._threads = 0
        self._is_deserted = False
        self._fatal: VouchError | None = None
        self._ending = threading.Event()
        self._watch = threading.Thread(target=self._keep_watch, name="vouch-cluster", daemon=True)
        self._watch.start()

    def room(self) -> int:
        """Return how many shards may be in progress now: workers come and go."""
        return self._threads + self._threads // _QUEUE_SHARE + 1

    def wait_for_worker(self) -> None:
        """Wait for a first worker. Raises `ClusterError` where none comes."""
        if not self._threads:
            observer().stage(f"{WAITING} a worker of {self._address}")
        while not self._threads:
            self._refuse_more()
            self._ending.wait(_POLL_S / 10)

    def process(self, job: ShardJob) -> ShardSummary:
        """Let a worker make a staged shard, and return what its completion marker reports.

        Raises what the worker raised, `BudgetExceeded` where the finished shards together have
        embedded more than `run.max_tokens`, and `ClusterError` where the cluster is lost.
        """
        self._refuse_more()
        shard = _Shard(job)
        with self._lock:
            self._to_send -= 1
            self._in_progress[shard.name] = shard
        try:
            self._send(shard)
            summary = self._wait(shard)
        except (ClusterError, BudgetExceeded) as error:
            self._fatal = error  # what holds for one shard holds for the next one
            raise
        finally:
            with self._lock:
                del self._in_progress[shard.name]
            # An attempt that has not begun is dropped by that; one that has begun is in vain.
            for attempt in shard.attempts:
                attempt.release()
        self._note(shard, summary)
        return summary

    def __enter__(self) -> "Dispatcher":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give up what is in progress, and let the workers give back what they hold of the run."""
        self._ending.set()
        with self._lock:
            waiting = list(self._in_progress.values())
        for shard in waiting:
            shard.changed.set()
        # An interrupted run is to end soon, workers of this machine end with it, and others give
        # back by themselves what they have not used for a while.
        is_interrupted = kind is not None and not issubclass(kind, Exception)
        if self._settings.local is None and self._is_connected and not is_interrupted:
            ending = threading.Thread(target=self._end_run, daemon=True)
            ending.start()
            ending.join(_END_S)

    def _end_run(self) -> None:
        with suppress(Exception):  # a worker that has just died holds nothing
            self._client.run(end_run, self._run.run_id, on_error="ignore")

    def _wait(self, shard: _Shard) -> ShardSummary:
        while True:
            shard.changed.wait(_POLL_S)
            shard.changed.clear()
            self._refuse_more()
            for attempt in [attempt for attempt in shard.attempts if attempt.status != "pending"]:
                if attempt.status in _LOST and not self._is_connected:
                    continue
                outcome = self._outcome(shard.name, attempt)
                if isinstance(outcome, ShardSummary):
                    return outcome
                with self._lock:
                    shard.attempts.remove(attempt)
                if outcome is not None and not shard.attempts:
                    raise outcome from None
            if not shard.attempts:
                self._send(shard)

    def _workers_in_use(self) -> int:
        """Return how many workers process shards of this run from now on, at most."""
        with self._lock:
            return max(1, min(self._threads, self._to_send + len(self._in_progress)))

    def _send(self, shard: _Shard) -> None:
        request = shard.job.request
        request = replace(request, file=replace(request.file, golden=None), saved_plan=None)
        job = ClusterJob(
            self._run.run_id,
            replace(shard.job, request=replace(request, golden=None)),
            self._versions,
            self._run.card.fingerprint,
            self._workers_in_use(),
        )
        with self._lock:
            self._sent += 1
            attempt = self._client.submit(
                process_on_worker,
                self._code,
                pickle.dumps(job),
                key=f"{shard.name}-{self._run.run_id}-{self._sent}",
                retries=_RETRIES,
                pure=False,
                priority=_BELOW_SCHEDULE if self._run.scope.kind in _PATIENT_KINDS else 0,
            )
            shard.attempts.append(attempt)
        attempt.add_done_callback(lambda _: shard.changed.set())

    def _outcome(self, name: str, attempt: "Future[Any]") -> ShardSummary | Exception | None:
        """Return what an attempt that is over has led to: what the shard's marker reports, or why
        there is none; None where it was lost, and another attempt is needed.
        """
        staging, error, is_finished = self._run.staging, None, attempt.status == "finished"
        try:
            if is_finished:
                error = attempt.result(timeout=_END_S)
            elif attempt.status == "error":
                error = explained(name, attempt.exception(timeout=_END_S))
        except (OSError, CancelledError):
            # The connection was lost just now, or does not answer, or the worker was lost.
            is_finished = False
        if is_finished and not isinstance(error, Exception):
            return staging.summary_of(name) or unseen(name, staging.root)
        # Another attempt, or this one before it was lost, may have finished the shard all the same.
        return (staging.summary_of(name) if staging.has(name) else None) or error

    def _note(self, shard: _Shard, summary: ShardSummary) -> None:
        """Count what a finished shard cost, and show the progress."""
        for cost in summary.costs:
            self._run.timer.add(cost.stage, cost.seconds, cost.items, cost.unit)
        observer().done("documents", len(shard.job.shard))
        observer().expect("chunks", summary.vectors_computed)
        observer().done("chunks", summary.vectors_computed)
        with self._lock:
            self._seconds.append(monotonic() - shard.started)
        try:
            self._run.workspace.tokens.note_spent_elsewhere(summary.tokens)
        except BudgetExceeded as error:
            self._fatal = error
            raise

    @property
    def _is_connected(self) -> bool:
        return bool(self._client.status == "running")

    def _refuse_more(self) -> None:
        """Raise where no other shard can, or may, be processed."""
        if self._fatal is not None:
            raise copy(self._fatal)  # without the places where it was raised before
        if self._ending.is_set():
            raise ClusterError("the run has ended, and what it had sent to the cluster is given up")
        if self._client.status in ("closing", "closed"):
            raise ClusterError(
                f"{self._address} was lost and cannot be reached again within "
                f"{self._settings.wait_s:g} s; start it and run again: finished shards are reused"
            )
        if self._is_deserted:
            advice = (
                "start some with `vouch worker`, or look at the logs of those that should be there"
                if self._settings.scheduler
                else "the warnings before say why they have ended"
            )
            raise ClusterError(
                f"{self._address} has had no worker for {self._settings.wait_s:g} s; {advice}, and "
                "run again: finished shards are reused"
            )

    @property
    def _address(self) -> str:
        address = self._settings.scheduler
        return f"the scheduler at {address}" if address else "this machine's scheduler"

    def _keep_watch(self) -> None:
        """Count the workers, and send stragglers a second time, until the run ends."""
        worker_seen = monotonic()
        while not self._ending.is_set():
            try:
                # Without a connection nobody knows whether there are workers.
                if self._is_connected:
                    self._threads = int(self._client.scheduler_info(n_workers=0)["total_threads"])
                    if not self._threads:
                        self._is_deserted = monotonic() - worker_seen > self._settings.wait_s
                    self._resend_stragglers()
            except Exception as error:  # noqa: BLE001 - whatever a lost connection raises
                _log.debug("the scheduler does not answer: %s", error)
            if self._threads or not self._is_connected:
                worker_seen = monotonic()
            self._ending.wait(_POLL_S)

    def _resend_stragglers(self) -> None:
        with self._lock:
            shards = list(self._in_progress.values())
            idle = self._threads - sum(len(shard.attempts) for shard in shards)
            if self._to_send > 0 or idle <= 0:
                return
            stragglers = [
                shard
                for shard in shards
                if len(shard.attempts) == 1
                and is_straggler(monotonic() - shard.started, self._seconds)
            ]
        for shard in stragglers[:idle]:
            _log.warning("shard %s takes long and is begun a second time", shard.name)
            self._send(shard)
