"""Fetches a shard's documents and parses them, with everything that is attached to them.

Whatever happens to a document stays its own: it becomes a `Reject` where it happens, and the other
documents continue. What is raised from here is trouble of the shard as a whole, such as a full
disk.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from time import perf_counter

from vouch.parsers.registry import parse_fingerprint
from vouch.pipeline.context.progress import observer
from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.planning.plan import Planned
from vouch.pipeline.stages.attached_budget import AttachedBudget
from vouch.pipeline.stages.fetches import Fetches
from vouch.pipeline.stages.processed_document import ATTACHED, ProcessedDocument
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.documents.ids import document_id, sha256_bytes
from vouch.schemas.documents.records import Fetched, Origin, Reason, Stage
from vouch.schemas.errors import DocumentRejected, SourceError
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.workers.attached_files import AttachedFile
from vouch.workers.sandbox import Parsed

MAX_PART_CHARS = 64_000_000
"""After so much text, what is parsed of a shard is processed before the rest of it is."""
_AHEAD = 4  # documents being parsed for each worker


def fetch_and_parse(
    workspace: Workspace, settings: Settings, shard: Sequence[Planned]
) -> Iterator[list[ProcessedDocument]]:
    """Yield every document of the shard and all their attachments, parsed or rejected.

    They come in one part as a rule. Archives may hold a thousand times the text that their size
    lets expect; then there are more parts, so that memory holds one of them.
    """
    families = _families(workspace, settings, shard)
    is_last = False
    while not is_last:
        with crossing(Boundary.FETCH_AND_PARSE):
            part, is_last = _next_part(families)
        yield part
        del part  # while the next one is parsed


def _next_part(
    families: Iterator[list[ProcessedDocument]],
) -> tuple[list[ProcessedDocument], bool]:
    """Return the next documents that fit into a part, and whether there are no more."""
    part: list[ProcessedDocument] = []
    characters = 0
    for documents in families:
        part += documents
        characters += sum(
            len(document.parsed.document.text) for document in documents if document.parsed
        )
        if characters > MAX_PART_CHARS:
            return part, False
    return part, True


def _families(
    workspace: Workspace, settings: Settings, shard: Sequence[Planned]
) -> Iterator[list[ProcessedDocument]]:
    """Yield each document of the shard with all that is attached to it, in the shard's order."""
    fetches = Fetches(workspace, shard)
    families: deque[_Family] = deque()
    waiting: deque[_Waiting] = deque()
    parsing: deque[_Parsing] = deque()
    while fetches or waiting or parsing:
        # What is attached comes first, so that few documents have attachments waiting on disk.
        while len(parsing) < _AHEAD * settings.parsing.workers:
            if waiting:
                parsing += _begin_attached(workspace, waiting.popleft())
            elif fetches.is_ready or (fetches and not parsing):
                family = _Family(AttachedBudget(settings.parsing))
                families.append(family)
                parsing += _begin_listed(workspace, family, *fetches.take(), fetches)
            else:
                break
        if parsing:
            first = parsing.popleft()
            waiting += _finish(workspace, first, settings.parsing)
            if first.file is None:
                fetches.released(first.size)
        while families and not families[0].unfinished:
            yield families.popleft().documents()


@dataclass(slots=True)
class _Family:
    """A listed document and all that is attached to it, as far as they are processed."""

    budget: AttachedBudget
    done: list[ProcessedDocument] = field(default_factory=list)
    unfinished: int = 0

    def forget_attached(self) -> None:
        """Keep the listed document alone."""
        self.done = [document for document in self.done if document.depth == 0]

    def documents(self) -> list[ProcessedDocument]:
        """Return the documents; of one with too much attached only itself, rejected."""
        problem = self.budget.problem
        if not problem:
            return self.done
        self.forget_attached()
        return [
            replace(document, parsed=None).rejected(Stage.PARSE, Reason.UNSAFE, problem)
            for document in self.done
        ]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An attachment that is not yet being parsed."""

    family: _Family
    document: ProcessedDocument
    file: AttachedFile


@dataclass(frozen=True, slots=True)
class _Parsing:
    """A document that is being parsed: a listed one of `size` bytes, or an attachment in `file`."""

    family: _Family
    document: ProcessedDocument
    future: Future[Parsed]
    size: int
    file: AttachedFile | None = None


def _begin_listed(
    workspace: Workspace,
    family: _Family,
    planned: Planned,
    reading: Future[Fetched],
    fetches: Fetches,
) -> list[_Parsing]:
    """Begin to parse a fetched document, unless it needs none."""
    document = ProcessedDocument(planned.origin, planned)
    size = 0
    try:
        fetched = reading.result()
    except SourceError as error:
        document = document.rejected(Stage.FETCH, Reason.FETCH_FAILED, str(error))
    except DocumentRejected as rejected:
        document = document.rejected(Stage.FETCH, rejected.reason, rejected.message)
    else:
        data = fetched.data
        size, content = len(data), sha256_bytes(data)
        origin = replace(planned.origin.fetched(fetched), content_sha256=content)
        document = replace(document, origin=origin)
        if not _is_unchanged(planned, content):
            source = planned.origin.source
            engines = workspace.fingerprints.engines_of(source)
            media_type = workspace.sources[source].media_type
            future = workspace.sandbox.parse(data, planned.origin.uri, media_type, engines)
            family.unfinished += 1
            return [_Parsing(family, document, future, size)]
        document = replace(document, unchanged=True)
    fetches.released(size)
    family.done.append(document)
    observer().done("documents", 1)
    return []


def _begin_attached(workspace: Workspace, waiting: _Waiting) -> list[_Parsing]:
    """Begin to parse an attachment, unless there is too much beside it."""
    family, document, file = waiting.family, waiting.document, waiting.file
    if family.budget.problem:
        file.remove()
        family.unfinished -= 1
        return []
    engines = workspace.fingerprints.engines_of(document.origin.source)
    future = workspace.sandbox.parse(file, file.name, None, engines, is_attached=True)
    return [_Parsing(family, document, future, file.size, file)]


def _is_unchanged(planned: Planned, content_sha256: str) -> bool:
    """Return whether a document that looked changed has the very bytes that are published."""
    row = planned.indexed
    return planned.current and row is not None and bool(row["content_sha256"] == content_sha256)


def _finish(workspace: Workspace, parsing: _Parsing, limits: ParsingSettings) -> list[_Waiting]:
    """Wait for the parser, note what became of the document, and return what is attached to it."""
    family, document = parsing.family, parsing.document
    attached: tuple[AttachedFile, ...] = ()
    started = perf_counter()
    try:
        parsed = workspace.sandbox.result(parsing.future)
    except DocumentRejected as rejected:
        document = _read_by(workspace, document, rejected.media_type, rejected.parser)
        document = document.rejected(Stage.PARSE, rejected.reason, rejected.message)
        # Nobody knows how long a parser took that was stopped: no less than was waited for it.
        seconds = perf_counter() - started
    else:
        workspace.timer.add("parse", parsed.seconds_parsing, 1, "documents")
        workspace.timer.add("chunk", parsed.seconds_chunking, len(parsed.chunks), "chunks")
        seconds = parsed.seconds_parsing + parsed.seconds_chunking
        family.budget.add_files(parsed.attached_files, parsed.attached_bytes)
        attached = parsed.attached
        document = _read_by(workspace, document, parsed.media_type, parsed.read_by)
        document = document.with_parsed(replace(parsed, attached=()))
        if not parsed.chunks and parsed.document.text.strip():
            message = "no chunk could be made of its text"
            document = document.rejected(Stage.CHUNK, Reason.NO_TEXT, message)
    if parsing.file is not None:
        parsing.file.remove()
        family.budget.add_seconds(seconds)
    family.done.append(document)
    observer().done("documents", 1 if document.planned else 0)
    waiting = _take_in(family, document, attached, limits)
    family.unfinished += len(waiting) - 1
    return waiting


def _take_in(
    family: _Family,
    parent: ProcessedDocument,
    attached: Sequence[AttachedFile],
    limits: ParsingSettings,
) -> list[_Waiting]:
    """Return what of the attachments is to be parsed; where there is too much, nothing is."""
    if family.budget.problem:
        family.forget_attached()
    waiting = []
    for number, file in enumerate(attached, 1):
        if family.budget.problem:
            file.remove()
            continue
        child = _attached(parent, number, file, limits)
        if child.rejects:
            file.remove()
            family.done.append(child)
        else:
            waiting.append(_Waiting(family, child, file))
    return waiting


def _read_by(
    workspace: Workspace, document: ProcessedDocument, media_type: str | None, parser: str | None
) -> ProcessedDocument:
    conditions = workspace.fingerprints.conditions
    fingerprint = parse_fingerprint(parser, conditions) if parser else None
    origin = replace(
        document.origin, media_type=media_type, parser=parser, parse_fingerprint=fingerprint
    )
    return replace(document, origin=origin)


def _attached(
    parent: ProcessedDocument, number: int, file: AttachedFile, limits: ParsingSettings
) -> ProcessedDocument:
    """Return the document that an attachment is, rejected where it is too deep."""
    origin = parent.origin
    uri = f"{origin.uri}{ATTACHED}{number}/{file.name}"
    child = ProcessedDocument(
        Origin(
            document_id(origin.source, uri),
            origin.source,
            uri,
            parent_id=origin.document_id,
            size=file.size,
            modified=origin.modified,
            content_sha256=file.sha256,
        ),
        depth=parent.depth + 1,
    )
    if child.depth <= limits.max_attachment_depth:
        return child.with_rejects([file.problem] if file.problem else [])
    message = (
        f"it is attached at depth {child.depth}; parsing.max_attachment_depth allows "
        f"{limits.max_attachment_depth}"
    )
    return child.rejected(Stage.PARSE, Reason.UNSAFE, message)
