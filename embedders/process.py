"""The model in a process of its own, that uses all cores.

The process that runs a flow keeps to what it is for: it needs no torch, and what it does in Python does not hold up the threads
that embed. The process is spawned, loads the model while documents are read, and stays as long as its parent, because loading
takes seconds.
"""

import atexit
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from pebble import ProcessExpired, ProcessPool

from vouch.embedders.fingerprint import ModelCard
from vouch.embedders.model import Vectors
from vouch.schemas.errors import EmbeddingError

if TYPE_CHECKING:
    from vouch.embedders.engine import Engine


class EmbeddingProcess:
    """An `Engine` that works elsewhere; starts at once, and works in the order in which it is asked."""

    def __init__(self, card: ModelCard) -> None:
        self._card = card
        self._lock = threading.Lock()
        self._asked: set[Future[Vectors]] = set()
        self._pool = self._start()

    def _start(self) -> ProcessPool:
        pool = ProcessPool(
            max_workers=1,
            initializer=_start,
            initargs=[self._card],
            context=multiprocessing.get_context("spawn"),
        )
        pool.schedule(_get_ready)
        atexit.register(pool.stop)
        return pool

    def submit(self, texts: Sequence[str]) -> Future[Vectors]:
        """Hand the future to `result`. A process that has died is started again."""
        with self._lock:
            if not self._pool.active:
                self._pool = self._start()
            future: Future[Vectors] = self._pool.schedule(_encode, args=[list(texts)])
            self._asked = {one for one in self._asked if not one.done()} | {future}
        return future

    @staticmethod
    def result(future: Future[Vectors]) -> Vectors:
        """Raises `EmbeddingError` where the process died."""
        try:
            return future.result()
        except (ProcessExpired, BrokenProcessPool) as error:
            raise EmbeddingError(
                f"the process that embeds died ({error}); most likely memory ran out: set a smaller embedding.batch_tokens "
                "or give it more, and run again, which goes on from the finished shards"
            ) from error

    def rest(self) -> None:
        """End it until there is something to embed again; not while another run in this process waits for it."""
        with self._lock:
            if all(one.done() for one in self._asked):
                self._pool.stop()  # type: ignore[no-untyped-call]
                self._pool.join()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (n, dimension)."""
        return self.result(self.submit(texts))


_made: dict[ModelCard, EmbeddingProcess] = {}
_making = threading.Lock()


def embedding_process(card: ModelCard) -> EmbeddingProcess:
    """That of this process for a model; the same one for every run, also of runs that begin at one moment."""
    with _making:
        if card not in _made:
            _made[card] = EmbeddingProcess(card)
        return _made[card]


_card: ModelCard | None = None
_engine: "Engine | None" = None


def _start(card: ModelCard) -> None:
    global _card
    _card = card
    # Ctrl-C reaches every process of a terminal; the parent says when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _get_ready() -> None:
    """Nothing of the model goes back: it cannot be sent, and a worker that fails to send its result is started again."""
    _load()


def _load() -> "Engine":
    """One thread an operation: threads side by side, each with batches of its own, never wait for one another."""
    global _engine
    if _card is None:
        raise RuntimeError("the process was not started by EmbeddingProcess")
    if _engine is None:
        import torch

        from vouch.embedders.engine import choose

        threads = _cores()
        torch.set_num_threads(1)
        _engine = choose(_card, threads)
    return _engine


def _encode(texts: list[str]) -> Vectors:
    return _load().encode(texts)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
