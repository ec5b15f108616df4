"""Fetches a shard's documents ahead of the parsers, a few at a time and within bounded memory."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.planning.plan import Planned
from vouch.schemas.documents.records import Fetched
from vouch.sources.time_limits import started

MAX_FETCHED_MB = 256  # of the bytes of fetched documents; more only for a single one that is larger
_READERS = 8  # fetches that wait for files: enough to hide an object store's latency
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Fetch:
    planned: Planned
    reading: Future[Fetched]

    @property
    def size(self) -> int:
        """The bytes in memory; while they are being read, as many as the listing says."""
        if not self.reading.done():
            return self.planned.item.size or _MEGABYTE
        return len(self.reading.result().data) if self.reading.exception() is None else 0


class Fetches:
    """The documents of a shard, fetched in their order.

    The memory that is free for further fetches is what the caller has not yet got `released`.
    """

    def __init__(self, workspace: Workspace, shard: Sequence[Planned]) -> None:
        self._workspace = workspace
        self._left = deque(shard)
        self._fetches: deque[_Fetch] = deque()
        self._taken = 0

    def __bool__(self) -> bool:
        """Return whether there are documents left."""
        return bool(self._left or self._fetches)

    @property
    def is_ready(self) -> bool:
        """Whether the next document can be taken without waiting for its bytes."""
        self._start()
        return bool(self._fetches) and self._fetches[0].reading.done()

    def take(self) -> tuple[Planned, Future[Fetched]]:
        """Wait for the next document; return it with the done future of its bytes."""
        self._start()
        fetch = self._fetches[0]
        self._workspace.sandbox.wait(fetch.reading)
        self._taken += fetch.size
        self._fetches.popleft()
        return fetch.planned, fetch.reading

    def released(self, size: int) -> None:
        """Note that the bytes of a taken document are no longer needed."""
        self._taken -= size

    def _start(self) -> None:
        """Start as many fetches as there may be."""
        while self._left and sum(not fetch.reading.done() for fetch in self._fetches) < _READERS:
            fetched = self._taken + sum(fetch.size for fetch in self._fetches)
            size = self._left[0].item.size or _MEGABYTE
            if fetched and fetched + size > MAX_FETCHED_MB * _MEGABYTE:
                return
            planned = self._left.popleft()
            reading = started(partial(_fetch, self._workspace, planned))
            self._fetches.append(_Fetch(planned, reading))


def _fetch(workspace: Workspace, planned: Planned) -> Fetched:
    with workspace.timer.measure("fetch", 1):
        return workspace.sources[planned.item.source].fetch(planned.item.uri)
