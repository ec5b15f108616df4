"""The runner that needs no server: stages in the calling thread, shards in a few threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from vouch.pipeline.context.progress import observer
from vouch.pipeline.run import require_accepted
from vouch.pipeline.run_request import RunRequest
from vouch.pipeline.runner import MAX_SHARDS_AT_ONCE, Slots, with_retries
from vouch.pipeline.shadows.following import run_and_follow
from vouch.pipeline.shard_workers import ShardWorkers
from vouch.pipeline.stages.shard_job import ShardJob
from vouch.schemas.runs.record import RunRecord

T = TypeVar("T")


class LocalRunner:
    """Executes a run in this process."""

    def started(self, record: RunRecord, sources: Sequence[str]) -> None:
        """Show nothing: whoever watches is an observer (`vouch.pipeline.context.progress`)."""

    def stage(self, name: str, work: Callable[[], T], *, retry: bool = False) -> T:
        observer().stage(name)
        return with_retries(name, work) if retry else work()

    def map_shards(self, workers: ShardWorkers, jobs: Sequence[ShardJob]) -> None:
        slots, futures = Slots(workers.room), []
        pool = ThreadPoolExecutor(MAX_SHARDS_AT_ONCE)
        try:
            for job in jobs:
                slots.take()
                work = partial(workers.process, job)
                future = pool.submit(with_retries, job.shard.name, work)
                future.add_done_callback(lambda _: slots.free())
                futures.append(future)
            errors = [future.exception() for future in futures]
        except BaseException:
            # Ctrl-C: shards that have not begun do not begin, and those in progress are not waited
            # for. They end as soon as the run's processes have ended.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()
        # Only now: an error raised earlier would have left the other shards to the next run.
        for error in errors:
            if error is not None:
                raise error

    def finished(self, record: RunRecord) -> None:
        """Show nothing: the caller has the record."""


def run_locally(request: RunRequest) -> RunRecord:
    """Do the run in this process. Raises `RunRejected` for a rejected run, and other errors."""
    return require_accepted(run_and_follow(request, LocalRunner()))
