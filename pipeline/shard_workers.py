"""Who processes the shards of a run: this process, or the workers of a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Protocol

from vouch.index.store.staging import ShardSummary
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.stages.process_shard import process_shard
from vouch.pipeline.stages.shard_job import ShardJob
from vouch.schemas.errors import BudgetExceeded

SHARDS_AT_ONCE = 2
"""In this process: while one shard is embedded the next is parsed; more at once would only hold
more in memory.
"""


class ShardWorkers(Protocol):
    """Makes staged shards; used from several threads."""

    def process(self, job: ShardJob) -> ShardSummary:
        """Make a staged shard, and return what its completion marker reports."""

    def room(self) -> int:
        """Return how many shards may be in progress at this moment."""


class ThisProcess:
    """Makes staged shards in this process, with the run's own workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._over_budget: BudgetExceeded | None = None

    def process(self, job: ShardJob) -> ShardSummary:
        if self._over_budget is not None:
            # Nothing of another shard is read only to be refused likewise.
            raise copy(self._over_budget)
        try:
            return process_shard(job, self._workspace)
        except BudgetExceeded as error:
            self._over_budget = error
            raise

    def room(self) -> int:
        return SHARDS_AT_ONCE


@contextmanager
def shard_workers(run: Run, shards: int) -> Iterator[ShardWorkers]:
    """Yield who processes the run's shards, as `run.cluster` says; without shards, nobody starts.

    Raises `ClusterError` where the cluster cannot be reached.
    """
    settings = run.settings.run.cluster
    if settings is None or not shards:
        yield ThisProcess(run.workspace)
        return
    # Imported here: without a cluster nothing of Dask is ever imported.
    from vouch.pipeline.cluster.cluster import open_cluster

    with open_cluster(run, settings, shards) as workers:
        yield workers
