"""Fetches a shard's documents and parses them, with everything that is attached to them.

Whatever happens to a document stays its own: it becomes a `Reject` where it happens, and the other
documents continue. What is raised from here is trouble of the shard as a whole, such as a full
disk.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from vouch.parsers.registry import parse_fingerprint
from vouch.pipeline.context.progress import observer
from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.planning.plan import Planned
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.errors import DocumentRejected, SourceError, SourceUnavailable
from vouch.schemas.ids import document_id, sha256_bytes
from vouch.schemas.records import Attachment, Fingerprints, Origin, Reason, Stage
from vouch.schemas.settings import ParsingSettings, Settings
from vouch.workers.sandbox import Parsed

MAX_ATTACHED_MB = 512  # to one listed document
_AHEAD = 4  # documents being parsed for each worker while attachments wait
_READERS = 8  # threads that wait for files: enough to hide an object store's latency


@crossing(Boundary.FETCH_AND_PARSE)
def fetch_and_parse(
    workspace: Workspace, settings: Settings, shard: Sequence[Planned]
) -> list[ProcessedDocument]:
    """Return every document of the shard and all their attachments, parsed or rejected."""
    parsing: deque[tuple[ProcessedDocument, Future[Parsed] | None]] = deque()
    done: list[ProcessedDocument] = []
    for document, data in _fetch_all(workspace, settings.run.max_attempts, shard):
        if data is None:
            done.append(document)
            continue
        origin = document.origin
        engines = workspace.fingerprints.engines_of(origin.source)
        media_type = workspace.sources[origin.source].media_type
        future = workspace.sandbox.parse(data, origin.uri, media_type, engines)
        parsing.append((document, future))
    # In the order of submission, while later documents are parsed. Attachments wait until few
    # documents are left in it, because the results of all of them at once could fill the memory.
    waiting: deque[tuple[ProcessedDocument, bytes, str]] = deque()
    attached = _AttachedBytes()
    while parsing or waiting:
        while waiting and len(parsing) < _AHEAD * settings.parsing.workers:
            child, data, name = waiting.popleft()
            engines = workspace.fingerprints.engines_of(child.origin.source)
            result = None
            if not attached.is_exceeded(child):
                result = workspace.sandbox.parse(data, name, None, engines, is_attached=True)
            parsing.append((child, result))
        document, parsed = parsing.popleft()
        if parsed is None or attached.is_exceeded(document):
            continue
        document, attachments = _parse(workspace, document, parsed)
        for number, attachment in enumerate(attachments, 1):
            child = _attached(document, number, attachment, settings.parsing)
            attached.add(document, child)
            if child.rejects:
                done.append(child)
            else:
                waiting.append((child, attachment.data, attachment.name))
        done.append(document)
        observer().done("documents", 1 if document.planned else 0)
    return attached.without_bombs(done)


class _AttachedBytes:
    """Counts the bytes that are attached to each listed document, on all levels together.

    Archives within archives can each stay within the limits of one archive, and be a bomb as a
    whole. Such a document is rejected with all that is attached to it.
    """

    def __init__(self) -> None:
        self._roots: dict[str, str] = {}  # id of the listed document by that of an attachment
        self._bytes: Counter[str] = Counter()

    def add(self, parent: ProcessedDocument, child: ProcessedDocument) -> None:
        """Count what is attached to a document."""
        parent_id = parent.origin.document_id
        root = self._roots[child.origin.document_id] = self._roots.get(parent_id, parent_id)
        self._bytes[root] += child.origin.size or 0

    def is_exceeded(self, document: ProcessedDocument) -> bool:
        """Return whether a document, or the one that it is attached to, has too much attached."""
        identity = document.origin.document_id
        return self._bytes[self._roots.get(identity, identity)] > MAX_ATTACHED_MB * 1_000_000

    def without_bombs(self, documents: list[ProcessedDocument]) -> list[ProcessedDocument]:
        """Return the documents; of one with too much attached only itself, rejected."""
        message = (
            f"more than {MAX_ATTACHED_MB} MB are attached to it, on all levels together, as in a "
            "bomb; unpack it, or divide it"
        )
        return [
            replace(document, parsed=None).rejected(Stage.PARSE, Reason.UNSAFE, message)
            if self.is_exceeded(document)
            else document
            for document in documents
            if not (self.is_exceeded(document) and document.origin.document_id in self._roots)
        ]


def _fetch_all(
    workspace: Workspace, attempts: int, shard: Sequence[Planned]
) -> Iterator[tuple[ProcessedDocument, bytes | None]]:
    """Yield each document with its bytes; without them where there is nothing to parse."""
    with ThreadPoolExecutor(_READERS) as readers:
        fetches = [
            (planned, readers.submit(_fetch, workspace, attempts, planned)) for planned in shard
        ]
        for planned, fetch in fetches:
            document = ProcessedDocument(planned.origin, planned)
            try:
                data = fetch.result()
            except SourceError as error:
                observer().done("documents", 1)
                yield document.rejected(Stage.FETCH, Reason.FETCH_FAILED, str(error)), None
                continue
            content = sha256_bytes(data)
            document = replace(document, origin=replace(planned.origin, content_sha256=content))
            if _is_unchanged(planned, content):
                observer().done("documents", 1)
                yield replace(document, unchanged=True), None
            else:
                yield document, data


def _fetch(workspace: Workspace, attempts: int, planned: Planned) -> bytes:
    retrying = Retrying(
        retry=retry_if_exception_type(SourceUnavailable),
        stop=stop_after_attempt(attempts),
        wait=wait_random_exponential(multiplier=0.5, max=30),
        reraise=True,
    )
    with workspace.timer.measure("fetch", 1):
        return retrying(workspace.sources[planned.item.source].fetch, planned.item.uri)


def _is_unchanged(planned: Planned, content_sha256: str) -> bool:
    """Return whether a document that looked changed has the very bytes that are published."""
    row = planned.indexed
    return planned.current and row is not None and bool(row["content_sha256"] == content_sha256)


def _parse(
    workspace: Workspace, document: ProcessedDocument, future: Future[Parsed]
) -> tuple[ProcessedDocument, Iterable[Attachment]]:
    """Wait for the parser; return the document, parsed or rejected, and what is attached to it."""
    now = workspace.fingerprints
    try:
        parsed = workspace.sandbox.result(future)
    except DocumentRejected as rejected:
        origin = _read_by(document.origin, rejected.media_type, rejected.parser, now)
        document = replace(document, origin=origin)
        return document.rejected(Stage.PARSE, rejected.reason, rejected.message), ()
    workspace.timer.add("parse", parsed.seconds_parsing, 1, "documents")
    workspace.timer.add("chunk", parsed.seconds_chunking, len(parsed.chunks), "chunks")
    attachments = parsed.document.attachments
    # The attachments are handed on separately; kept here too, their bytes would stay in memory
    # until the shard is staged.
    parsed = replace(parsed, document=replace(parsed.document, attachments=()))
    origin = _read_by(document.origin, parsed.media_type, parsed.read_by, now)
    document = replace(document, origin=origin, parsed=parsed)
    if not parsed.chunks and parsed.document.text.strip():
        message = "no chunk could be made of its text"
        document = document.rejected(Stage.CHUNK, Reason.NO_TEXT, message)
    return document, attachments


def _read_by(
    origin: Origin, media_type: str | None, parser: str | None, now: Fingerprints
) -> Origin:
    fingerprint = parse_fingerprint(parser, now.amend, now.ocr) if parser else None
    return replace(origin, media_type=media_type, parser=parser, parse_fingerprint=fingerprint)


def _attached(
    parent: ProcessedDocument, number: int, attachment: Attachment, limits: ParsingSettings
) -> ProcessedDocument:
    """Return the document that an attachment is, rejected where it is one too many or too deep."""
    origin = parent.origin
    uri = f"{origin.uri}#attachment/{number}/{attachment.name}"
    child = ProcessedDocument(
        Origin(
            document_id(origin.source, uri),
            origin.source,
            uri,
            parent_id=origin.document_id,
            size=len(attachment.data),
            modified=origin.modified,
            content_sha256=sha256_bytes(attachment.data),
        ),
        depth=parent.depth + 1,
    )
    if child.depth <= limits.max_attachment_depth and number <= limits.max_attachments:
        return child.with_rejects([attachment.problem] if attachment.problem else [])
    message = (
        f"attachment {number} at depth {child.depth}: more than parsing.max_attachment_depth "
        f"({limits.max_attachment_depth}) or parsing.max_attachments ({limits.max_attachments}) "
        "allow"
    )
    return child.rejected(Stage.PARSE, Reason.UNSAFE, message)
