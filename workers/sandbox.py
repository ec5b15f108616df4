"""Parse and chunk documents in worker processes with limits on time and memory.

A document that makes its parser hang, crash or use too much memory costs its own worker, which is
replaced, and becomes a rejection; documents in other workers are not affected. Workers are never
forked from this process, where LanceDB and torch run threads (`vouch.workers.forkserver`).
"""

import gc
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from time import perf_counter
from types import TracebackType
from typing import Any, Protocol, TypeVar

from pebble import CONSTS, ProcessExpired, ProcessPool

from vouch.chunkers.chunker import chunk
from vouch.parsers.common.captions import Caption, with_captions
from vouch.parsers.common.subprocesses import processor_time_bounded
from vouch.parsers.engines import NO_CHOICE, Engines
from vouch.parsers.registry import read
from vouch.schemas.documents.records import Chunk, Document, Reason, Tokenizer
from vouch.schemas.errors import DocumentRejected, StorageError
from vouch.schemas.process.offline import go_offline
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.workers import forkserver
from vouch.workers.attached_files import (
    AttachedFile,
    PictureFile,
    write_attached,
    write_pictures,
)

Result = TypeVar("Result")
_NO_PROCESS = (
    "no process can be started to parse documents; end other programs, raise the limit of "
    "processes (`ulimit -u`), or give this machine more memory, and run again"
)
_POLL_S = 1.0
# By the clock, a document may take this many times its processor time: the machine may be busy.
_CLOCK_TIMES = 4
_TERM_S = 0.5  # that a worker has to end by itself; a regular expression lets it hear nothing
_GC_THRESHOLD = 50_000  # objects


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a worker returns for a document.

    The document's attachments are in `attached` instead, each in a file of its own, unless they are
    more than a listed document may have; their number and bytes are counted all the same.
    `redactions` counts the masked passages by kind, `pictures` are the figures to be described.
    """

    document: Document
    chunks: tuple[Chunk, ...]
    read_by: str
    media_type: str
    seconds_parsing: float
    seconds_chunking: float
    redactions: Mapping[str, int] = field(default_factory=dict)
    attached: tuple[AttachedFile, ...] = ()
    attached_files: int = 0
    attached_bytes: int = 0
    pictures: tuple[PictureFile, ...] = ()


class Redactor(Protocol):
    """Masks passages of a document before it is chunked, keeping the length of the text.

    It must be picklable, because it is sent to the workers.
    """

    def __call__(self, document: Document) -> tuple[Document, dict[str, int]]:
        """Return the masked document, and the number of masked passages by kind."""


@dataclass(frozen=True, slots=True)
class _Worker:
    """What a worker process keeps between documents."""

    parsing: ParsingSettings
    chunking: ChunkingSettings
    tokenizer: Tokenizer
    redactor: Redactor | None
    folder: Path
    keeps_pictures: bool


_worker: _Worker | None = None  # set in worker processes only, by their initializer


class Sandbox:
    """A pool of worker processes; use it as a context manager."""

    def __init__(
        self,
        parsing: ParsingSettings,
        chunking: ChunkingSettings,
        tokenizer: Tokenizer,
        redactor: Redactor | None = None,
        folder: Path | None = None,
        *,
        keeps_pictures: bool = False,
    ) -> None:
        """`folder` is where attachments wait, by default a temporary one; it ends with the pool.
        With `keeps_pictures`, figures wait there too, to be described.
        """
        self._settings = parsing
        self._stopped = False
        self._folder = folder or Path(tempfile.gettempdir()) / f"vouch-attached-{token_hex(8)}"
        self._worker = _Worker(parsing, chunking, tokenizer, redactor, self._folder, keeps_pictures)
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        """Return a pool whose processes start with the first document."""
        # The fork server may have ended meanwhile; `warm_up` starts it again.
        self._is_warm = False
        return ProcessPool(
            max_workers=self._settings.workers,
            initializer=_initialize,
            initargs=[self._worker, dict(os.environ)],
            context=forkserver.context(),
        )

    def warm_up(self) -> None:
        """Start the fork server in the background, so that it is ready for the first document."""
        pickled = (self._worker.tokenizer, self._worker.redactor)
        self._is_warm = True
        forkserver.start(type(value).__module__ for value in pickled if value is not None)

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # After an error, threads in `result` must not wait for what is still being parsed.
        self._stopped = True
        if kind is not None and not issubclass(kind, Exception):
            CONSTS.term_timeout = _TERM_S  # an interrupted process is to end soon
        if kind is None:
            self._pool.close()  # type: ignore[no-untyped-call]
        else:
            self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def stop_workers(self) -> None:
        """End the worker processes, which start again with the next document. None may be busy."""
        self._pool.close()  # type: ignore[no-untyped-call]
        self._pool.join()
        self._pool = self._new_pool()

    def parse(
        self,
        data: bytes | AttachedFile,
        name: str,
        media_type: str | None = None,
        engines: Engines = NO_CHOICE,
        is_attached: bool = False,
    ) -> Future[Parsed]:
        """Parse, redact and chunk in a worker; pass the future to `result`.

        `media_type` is the one that the source declares, None to detect it; `engines` are those
        that the settings choose for the source. `is_attached` says that the file is part of
        another document. The files of what is attached to it are the caller's to remove.
        """
        return self._schedule(_parse, data, name, media_type, dict(engines), is_attached)

    def chunk(self, document: Document) -> Future[tuple[Chunk, ...]]:
        """Chunk a document that was parsed before, in a worker."""
        return self._schedule(_chunk, document)

    def describe(self, parsed: Parsed, captions: Sequence[Caption]) -> Future[Parsed]:
        """Put descriptions of figures into a document, redact and chunk it again, in a worker."""
        return self._schedule(_describe, parsed, tuple(captions))

    def _schedule(self, function: Callable[..., Result], *args: object) -> Future[Result]:
        if not self._is_warm:
            self.warm_up()
        try:
            future: Future[Result] = self._pool.schedule(
                _bounded, args=(function, *args), timeout=_CLOCK_TIMES * self._settings.timeout_s
            )
        except RuntimeError as error:  # the pool is broken, or was stopped
            raise StorageError(_NO_PROCESS) from error
        return future

    def wait(self, future: Future[Any]) -> None:
        """Wait for anything that is done for the run. Raise `RuntimeError` where the run ends."""
        while not wait([future], timeout=_POLL_S).done:
            if self._stopped:
                raise RuntimeError("the run has ended, and its parser processes with it")

    def result(self, future: Future[Result]) -> Result:
        """Wait for a document. Raise `DocumentRejected` for its failure or that of its worker."""
        self.wait(future)
        try:
            return future.result()
        except FutureTimeout as error:
            message = (
                f"the parser was stopped after {_CLOCK_TIMES * self._settings.timeout_s:g} s, "
                f"{_CLOCK_TIMES} times parsing.timeout_s: it hung, or this machine is very busy"
            )
            raise DocumentRejected(Reason.PARSER_TIMEOUT, message) from error
        except MemoryError as error:
            message = (
                f"the parser needed more than {self._settings.memory_mb} MB (parsing.memory_mb)"
            )
            raise DocumentRejected(Reason.PARSER_MEMORY, message) from error
        except BrokenProcessPool as error:
            raise StorageError(_NO_PROCESS) from error
        except ProcessExpired as error:
            if sys.platform != "win32" and error.exitcode == -signal.SIGXCPU:
                message = (
                    f"the parser was stopped after {self._settings.timeout_s:g} s of processor "
                    "time (parsing.timeout_s)"
                )
                raise DocumentRejected(Reason.PARSER_TIMEOUT, message) from error
            message = (
                f"the parser's process died (exit code {error.exitcode}), as it does on damaged or "
                "hostile files"
            )
            raise DocumentRejected(Reason.PARSER_CRASHED, message) from error
        except RecursionError as error:
            raise DocumentRejected(
                Reason.UNSAFE, "the file is nested deeper than the parser follows"
            ) from error


def _initialize(worker: _Worker, environment: Mapping[str, str]) -> None:
    global _worker
    _worker = worker
    # A forked worker has the environment of the fork server's start, not that of this run.
    os.environ.clear()
    os.environ.update(environment)
    go_offline()
    _be_silent()
    forkserver.end_with_parent()
    _limit_memory(worker.parsing.memory_mb)
    # Memory that was filled before the fork stays shared as long as no collection writes to it.
    gc.freeze()
    # A document is thousands of small objects that live equally long. Looking for cycles among them
    # every few hundred allocations takes an eighth of the parsing time.
    gc.set_threshold(_GC_THRESHOLD)


def _be_silent() -> None:
    """Drop what libraries print: it may quote the document, and the rejection says what happened.

    Native ones write to the descriptors, and Rust's a stack before it ends the process.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _limit_memory(megabytes: int) -> None:
    """Limit what the process may allocate.

    Linux only: other systems do not count private memory this way, and there only time is limited.
    """
    if sys.platform == "linux":
        import resource

        limit = megabytes * 1_000_000
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        # A crashed worker would write gigabytes of core dump.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _this_worker() -> _Worker:
    if _worker is None:
        raise RuntimeError("the worker was not started by Sandbox")
    return _worker


def _bounded(function: Callable[..., Result], *args: object) -> Result:
    """Call in a worker, whose next document has its time for itself again."""
    with processor_time_bounded(_this_worker().parsing.timeout_s):
        return function(*args)


def _chunk(document: Document) -> tuple[Chunk, ...]:
    worker = _this_worker()
    return chunk(document, worker.chunking, worker.tokenizer)


def _describe(parsed: Parsed, captions: Sequence[Caption]) -> Parsed:
    worker = _this_worker()
    document = with_captions(parsed.document, captions)
    redactions = Counter(parsed.redactions)
    if worker.redactor:
        document, more = worker.redactor(document)
        redactions.update(more)
    return replace(
        parsed,
        document=document,
        chunks=chunk(document, worker.chunking, worker.tokenizer),
        redactions=dict(redactions),
        pictures=(),
    )


def _parse(
    data: bytes | AttachedFile,
    name: str,
    media_type: str | None,
    engines: Engines,
    is_attached: bool,
) -> Parsed:
    worker = _this_worker()
    started = perf_counter()
    content = data if isinstance(data, bytes) else data.read()
    keeps = worker.keeps_pictures
    reading = read(content, name, media_type, worker.parsing, engines, is_attached, keeps)
    attachments, pictures = reading.document.attachments, reading.document.pictures
    document = replace(reading.document, attachments=(), pictures=())
    redactions: dict[str, int] = {}
    if worker.redactor:
        document, redactions = worker.redactor(document)
    parsed = perf_counter()
    chunks = chunk(document, worker.chunking, worker.tokenizer)
    chunked = perf_counter()
    return Parsed(
        document=document,
        chunks=chunks,
        read_by=reading.read_by,
        media_type=reading.media_type,
        seconds_parsing=parsed - started,
        seconds_chunking=chunked - parsed,
        redactions=redactions,
        # Not through the pipe: the attachments of a few documents would fill the run's memory.
        attached=write_attached(worker.folder, attachments, worker.parsing),
        attached_files=len(attachments),
        attached_bytes=sum(len(attachment.data) for attachment in attachments),
        pictures=write_pictures(worker.folder, pictures),
    )
