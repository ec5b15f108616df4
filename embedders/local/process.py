"""The embedding process: the model in a process of its own, which uses all cores.

The process that runs a flow never imports torch, and its Python code does not hold the
interpreter lock that the embedding threads need. The embedding process is spawned, loads the
model while documents are read, and lives as long as its parent, because loading takes seconds.
"""

import atexit
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from vouch.embedders.base import Engine, Vectors
from vouch.embedders.model_card import ModelCard
from vouch.schemas.errors import EmbeddingError
from vouch.schemas.process.offline import go_offline
from vouch.schemas.process.process_context import SpawnContext

Result = TypeVar("Result")


class EmbeddingProcess:
    """An `Engine` in another process; it starts at once and encodes in the order of submission."""

    def __init__(self, card: ModelCard) -> None:
        self._card = card
        self._lock = threading.Lock()
        self._pending: set[Future[Any]] = set()
        self._pool = self._start_pool()

    def _start_pool(self) -> ProcessPool:
        pool = ProcessPool(
            max_workers=1,
            initializer=_initialize_worker,
            initargs=[self._card],
            context=SpawnContext(),
        )
        pool.schedule(_warm_up)
        atexit.register(pool.stop)
        return pool

    def submit(self, texts: Sequence[str]) -> Future[Vectors]:
        """Submit texts; pass the future to `result`. A process that has died is started again."""
        return self._schedule(_encode, list(texts))

    def _schedule(self, call: Callable[..., Result], *arguments: object) -> Future[Result]:
        with self._lock:
            if not self._pool.active:
                self._pool = self._start_pool()
            future: Future[Result] = self._pool.schedule(call, args=arguments)
            self._pending = {pending for pending in self._pending if not pending.done()} | {future}
        return future

    @staticmethod
    def result(future: Future[Result]) -> Result:
        """Wait for what was submitted. Raises `EmbeddingError` where the process died."""
        try:
            return future.result()
        except CancelledError as error:
            raise EmbeddingError("the run has ended, and its embedding process with it") from error
        except (ProcessExpired, BrokenProcessPool) as error:
            raise EmbeddingError(
                f"the embedding process died ({error}), most likely for lack of memory; set a "
                "smaller embedding.batch_tokens or give it more memory, and re-run: finished "
                "shards are reused"
            ) from error

    def stop(self) -> None:
        """Stop the process; who waits for its vectors gets an `EmbeddingError`."""
        with self._lock:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            for future in self._pending:
                future.cancel()

    def stop_if_idle(self) -> None:
        """Stop the process until there is something to embed again.

        Does nothing while another run in this process waits for its vectors.
        """
        with self._lock:
            if all(pending.done() for pending in self._pending):
                self._pool.stop()  # type: ignore[no-untyped-call]
                self._pool.join()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (n, dimension)."""
        return self.result(self.submit(texts))

    @property
    def about(self) -> str:
        """What runs the model there, and why."""
        return self.result(self._schedule(_about))


# By the fingerprint too: the files in a folder may have changed since its model was loaded.
_processes: dict[tuple[ModelCard, str], EmbeddingProcess] = {}
_processes_lock = threading.Lock()


def embedding_process(card: ModelCard) -> EmbeddingProcess:
    """Return the embedding process for a model, shared by all runs in this process."""
    key = (card, card.fingerprint)
    with _processes_lock:
        if key not in _processes:
            _processes[key] = EmbeddingProcess(card)
        return _processes[key]


# What follows runs in the embedding process.
_card: ModelCard | None = None
_engine: Engine | None = None


def _initialize_worker(card: ModelCard) -> None:
    global _card
    go_offline()
    _card = card
    # Ctrl-C reaches every process of a terminal; this one is stopped by its parent, which may
    # still need vectors to finish its shard.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _warm_up() -> None:
    """Load the model and return nothing: an engine cannot be pickled to the parent."""
    _load()


def _load() -> Engine:
    global _engine
    if _card is None:
        raise RuntimeError("the process was not started by EmbeddingProcess")
    if _engine is None:
        import torch

        # One thread per operation and one batch per core: such threads never wait for another.
        torch.set_num_threads(1)
        _engine = _card.load(threads=_available_cores())
    return _engine


def _encode(texts: list[str]) -> Vectors:
    return _load().encode(texts)


def _about() -> str:
    return _load().about


def _available_cores() -> int:
    """Return the number of cores that this process may use, which may be fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
