"""Parsing contained: worker processes with limits on time and memory.

A document that hangs, crashes or swells its parser costs its own worker, which is replaced, and becomes a rejection;
the documents beside it go on. Workers are never forked from this process, where LanceDB and torch run threads
(`vouch.workers.forkserver`).
"""

import gc
import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from time import perf_counter
from types import TracebackType
from typing import Protocol, TypeVar

from pebble import ProcessExpired, ProcessPool

from vouch.chunkers.chunker import chunk
from vouch.parsers.registry import read
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Chunk, Document, Reason, Tokenizer
from vouch.schemas.settings import ChunkingSettings, ParsingSettings
from vouch.workers import forkserver as fork_server


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a worker gives back for one document."""

    document: Document
    chunks: tuple[Chunk, ...]
    parser: str
    media_type: str
    seconds_parsing: float
    seconds_chunking: float
    amended: Mapping[str, int] = field(default_factory=dict)


class Amend(Protocol):
    """Changes a document's text in place, character for character, before it is chunked. Must be picklable."""

    def __call__(self, document: Document) -> tuple[Document, dict[str, int]]:
        """The document, and how often what was changed."""


@dataclass(frozen=True, slots=True)
class _Worker:
    """What a worker process keeps between documents."""

    parsing: ParsingSettings
    chunking: ChunkingSettings
    tokenizer: Tokenizer
    amend: Amend | None


_worker: _Worker | None = None


Result = TypeVar("Result")
_LOOK_UP_S = 1.0
_OBJECTS = 50_000


class Sandbox:
    """A pool of parser processes; use as a context manager."""

    def __init__(
        self,
        parsing: ParsingSettings,
        chunking: ChunkingSettings,
        tokenizer: Tokenizer,
        amend: Amend | None = None,
    ) -> None:
        self._settings = parsing
        self._stopped = False
        self._worker = _Worker(parsing, chunking, tokenizer, amend)
        self._pool = self._made()

    def _made(self) -> ProcessPool:
        """Its processes start when there is something to parse."""
        self._ready = False
        return ProcessPool(
            max_workers=self._settings.workers,
            initializer=_start,
            initargs=[self._worker, dict(os.environ)],
            context=fork_server.context(),
        )

    def get_ready(self) -> None:
        """Let what starts the processes start, beside what there is to do until there is something to parse."""
        given = (self._worker.tokenizer, self._worker.amend)
        self._ready = True
        fork_server.start(type(one).__module__ for one in given if one is not None)

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # After an error nobody waits for what is still being parsed, not even who waits for it in another thread.
        self._stopped = True
        if kind is None:
            self._pool.close()  # type: ignore[no-untyped-call]
        else:
            self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def rest(self) -> None:
        """End the processes until there is something to parse again; only while nothing is being parsed."""
        self._pool.close()  # type: ignore[no-untyped-call]
        self._pool.join()
        self._pool = self._made()

    def parse(self, data: bytes, name: str, told: str | None = None) -> Future[Parsed]:
        """Parse and chunk in a worker; hand the future to `result`. `told` is the media type where the source says it."""
        return self._schedule(_parse, data, name, told)

    def chunk(self, document: Document) -> Future[tuple[Chunk, ...]]:
        """Chunk a document that was parsed before, in a worker."""
        return self._schedule(_chunk, document)

    def _schedule(self, function: Callable[..., Result], *args: object) -> Future[Result]:
        if not self._ready:
            self.get_ready()
        future: Future[Result] = self._pool.schedule(
            function, args=args, timeout=self._settings.timeout_s
        )
        return future

    def result(self, future: Future[Result]) -> Result:
        """Wait for a document; raises `DocumentRejected` for whatever happened to it or to its worker."""
        while not wait([future], timeout=_LOOK_UP_S).done:
            if self._stopped:
                raise RuntimeError("the run has ended, and its parser processes with it")
        try:
            return future.result()
        except FutureTimeout as error:
            message = (
                f"the parser was stopped after {self._settings.timeout_s:g} s (parsing.timeout_s)"
            )
            raise DocumentRejected(Reason.PARSER_TIMEOUT, message) from error
        except MemoryError as error:
            message = (
                f"the parser needed more than {self._settings.memory_mb} MB (parsing.memory_mb)"
            )
            raise DocumentRejected(Reason.PARSER_MEMORY, message) from error
        except ProcessExpired as error:
            message = f"the parser's process died (exit code {error.exitcode}); the file may be damaged or hostile"
            raise DocumentRejected(Reason.PARSER_CRASHED, message) from error
        except RecursionError as error:
            raise DocumentRejected(
                Reason.UNSAFE, "the file is nested deeper than the parser follows"
            ) from error


def _start(worker: _Worker, environment: Mapping[str, str]) -> None:
    global _worker
    _worker = worker
    # The fork server's own is that of the time when it started.
    os.environ.clear()
    os.environ.update(environment)
    fork_server.end_with_parent()
    _limit_memory(worker.parsing.memory_mb)
    gc.freeze()  # what was read before this process was forked stays shared, as long as no collection looks through it
    # Documents are thousands of small objects that live as long as each other: to look for cycles among them every few
    # hundred takes an eighth of the time.
    gc.set_threshold(_OBJECTS)


def _limit_memory(megabytes: int) -> None:
    """Bound what the process may allocate. Only Linux accounts private memory this way; elsewhere time alone bounds it."""
    if sys.platform == "linux":
        import resource

        limit = megabytes * 1_000_000
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _chunk(document: Document) -> tuple[Chunk, ...]:
    if _worker is None:
        raise RuntimeError("the worker was not started by Sandbox")
    return chunk(document, _worker.chunking, _worker.tokenizer)


def _parse(data: bytes, name: str, told: str | None) -> Parsed:
    if _worker is None:
        raise RuntimeError("the worker was not started by Sandbox")
    begun = perf_counter()
    reading = read(data, name, told, _worker.parsing)
    document, amended = _worker.amend(reading.document) if _worker.amend else (reading.document, {})
    parsed = perf_counter()
    chunks = chunk(document, _worker.chunking, _worker.tokenizer)
    return Parsed(
        document=document,
        chunks=chunks,
        parser=reading.parser,
        media_type=reading.media_type,
        seconds_parsing=parsed - begun,
        seconds_chunking=perf_counter() - parsed,
        amended=amended,
    )
