"""A shard's documents read and parsed.

Whatever happens to a document stays its own: it is turned into a `Reject` where it happens, and the rest goes on. What
is raised from here is trouble of the shard as a whole (a full disk, a model that cannot be loaded).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from vouch.parsers.registry import parse_fingerprint
from vouch.pipeline.context.progress_observer import observer
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.planning.plan import Planned
from vouch.pipeline.stages.status_rows import origin_of
from vouch.schemas.errors import DocumentRejected, SourceError, SourceUnavailable
from vouch.schemas.ids import document_id, sha256_bytes
from vouch.schemas.records import Attachment, Origin, Reason, Reject, Stage
from vouch.workers.sandbox import Parsed

_READERS = 8  # threads that wait for files: enough to hide a store's latency


@dataclass(slots=True)
class Work:
    """One document on its way. It ends with `parsed`, with `rejects`, or as `untouched` (equal in content after all)."""

    origin: Origin
    planned: Planned | None
    depth: int = 0
    parsed: Parsed | None = None
    rejects: list[Reject] = field(default_factory=list)
    untouched: bool = False
    remove_after: datetime | None = None
    discarded: frozenset[str] = frozenset()
    """Keys of its metadata that the source's contract leaves out."""

    def reject(self, stage: Stage, reason: str, message: str) -> None:
        self.rejects.append(Reject(stage, reason, message))


def read_and_parse(run: Run, shard: Sequence[Planned]) -> list[Work]:
    """Every document of the shard and all that is attached to them, parsed or rejected."""
    waiting: deque[tuple[Work, Future[Parsed]]] = deque()
    done: list[Work] = []
    for work, data in _fetched(run, shard):
        if data is None:
            done.append(work)
        else:
            waiting.append(
                (
                    work,
                    run.sandbox.parse(
                        data, work.origin.uri, run.sources[work.origin.source].media_type
                    ),
                )
            )
    while waiting:
        work, future = waiting.popleft()
        for child, attachment in _parsed(run, work, future):
            if child.rejects:
                done.append(child)
            else:
                waiting.append((child, run.sandbox.parse(attachment.data, attachment.name)))
        done.append(work)
        observer().done("documents", 1 if work.planned else 0)
    return done


def _fetched(run: Run, shard: Sequence[Planned]) -> Iterator[tuple[Work, bytes | None]]:
    """Each document with its bytes; without them where it cannot be read, or turns out to be what the index holds."""
    with ThreadPoolExecutor(_READERS) as readers:
        fetches = [(planned, readers.submit(_fetch, run, planned)) for planned in shard]
        for planned, fetch in fetches:
            origin = origin_of(planned)
            work = Work(origin, planned)
            try:
                data = fetch.result()
            except SourceError as error:
                work.reject(Stage.FETCH, Reason.FETCH_FAILED, str(error))
                observer().done("documents", 1)
                yield work, None
                continue
            work.origin = replace(origin, content_sha256=sha256_bytes(data))
            work.untouched = (
                planned.current
                and planned.held is not None
                and _same_bytes(planned.held, work.origin)
            )
            if work.untouched:
                observer().done("documents", 1)
            yield work, None if work.untouched else data


def _fetch(run: Run, planned: Planned) -> bytes:
    tries = Retrying(
        retry=retry_if_exception_type(SourceUnavailable),
        stop=stop_after_attempt(run.settings.run.max_attempts),
        wait=wait_random_exponential(multiplier=0.5, max=30),
        reraise=True,
    )
    with run.clock.measure("fetch", 1):
        return tries(run.sources[planned.item.source].fetch, planned.item.uri)


def _same_bytes(held: Mapping[str, Any], origin: Origin) -> bool:
    """Whether a document that looked changed has the very bytes that were published."""
    return bool(held["content_sha256"] == origin.content_sha256)


def _parsed(run: Run, work: Work, future: Future[Parsed]) -> Iterable[tuple[Work, Attachment]]:
    """Wait for a document's parse; returns the works for what is attached to it."""
    try:
        parsed = run.sandbox.result(future)
    except DocumentRejected as rejected:
        work.origin = _read_by(run, work.origin, rejected.media_type, rejected.parser)
        work.reject(Stage.PARSE, rejected.reason, rejected.message)
        return []
    work.origin = _read_by(run, work.origin, parsed.media_type, parsed.parser)
    work.parsed = parsed
    run.clock.add("parse", parsed.seconds_parsing, 1, "documents")
    run.clock.add("chunk", parsed.seconds_chunking, len(parsed.chunks), "chunks")
    if not parsed.chunks and parsed.document.text.strip():
        work.reject(Stage.CHUNK, Reason.NO_TEXT, "no chunk could be made of its text")
    children = [
        (_child(run, work, number, attachment), attachment)
        for number, attachment in enumerate(parsed.document.attachments, 1)
    ]
    # The bytes of what is attached are on their way; they need not be kept until the shard is staged.
    work.parsed = replace(parsed, document=replace(parsed.document, attachments=()))
    return children


def _read_by(run: Run, origin: Origin, media_type: str | None, parser: str | None) -> Origin:
    made = (
        parse_fingerprint(parser, run.fingerprints.amend, run.fingerprints.ocr) if parser else None
    )
    return replace(origin, media_type=media_type, parser=parser, parse_fingerprint=made)


def _child(run: Run, parent: Work, number: int, attachment: Attachment) -> Work:
    uri = f"{parent.origin.uri}#attachment/{number}/{attachment.name}"
    child = Work(
        Origin(
            document_id(parent.origin.source, uri),
            parent.origin.source,
            uri,
            parent_id=parent.origin.document_id,
            size=len(attachment.data),
            modified=parent.origin.modified,
            content_sha256=sha256_bytes(attachment.data),
        ),
        planned=None,
        depth=parent.depth + 1,
    )
    limits = run.settings.parsing
    if child.depth > limits.max_attachment_depth or number > limits.max_attachments:
        message = (
            f"attachment {number} at depth {child.depth}: more than parsing.max_attachment_depth "
            f"({limits.max_attachment_depth}) or parsing.max_attachments ({limits.max_attachments}) allow"
        )
        child.reject(Stage.PARSE, Reason.UNSAFE, message)
    return child
