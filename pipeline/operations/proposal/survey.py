"""Looks at a source before there are settings: lists it, and reads a sample of its documents.

The sample is read by the workers that a run uses, with their limits. Nothing is written.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from time import monotonic

from vouch.embedders.models import find_model
from vouch.pipeline.context.progress import observer
from vouch.pipeline.stages.row_validation import main_language
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.documents.records import Listing, Metadata, Reason, SourceItem
from vouch.schemas.documents.values import texts
from vouch.schemas.errors import DocumentRejected, SourceError
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.embedding import EmbeddingSettings
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.schemas.settings.sources import FilesSource
from vouch.sources.base import Source
from vouch.sources.registry import open_source
from vouch.validators.policy import KINDS, find
from vouch.validators.rows.language_detection import detect_languages
from vouch.workers.sandbox import Parsed, Sandbox

_AHEAD = 8  # documents being parsed at a time
_MAX_BYTES = 5_000_000  # of a sampled document: larger ones say nothing that smaller ones do not
# A document that takes longer is left to the run: a person waits for the proposal.
_PARSING = ParsingSettings(timeout_s=20)


@dataclass(frozen=True, slots=True)
class SampledDocument:
    """What was seen in a document: its language and fields, or why it cannot be read.

    `findings` has the kinds of the content policy; `chunks` is how many it would have.
    """

    uri: str
    language: str | None = None
    title: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    findings: frozenset[str] = frozenset()
    chunks: int = 0
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a source lists, and what a sample of its documents says.

    `endings` counts the listed files by suffix, with its dot; `newest` is the last modification.
    """

    source: FilesSource
    listed: int
    size: int
    endings: Counter[str]
    filtered: Counter[str]
    problems: tuple[str, ...]
    newest: datetime | None
    sample: tuple[SampledDocument, ...]

    @property
    def read(self) -> list[SampledDocument]:
        """The sampled documents that can be read."""
        return [document for document in self.sample if not document.reason]


def survey(source: FilesSource, folder: Path, most: int, max_s: float) -> Survey:
    """List the source and read up to `most` of its documents, for up to `max_s` seconds.

    Relative paths count from `folder`. Raises `SourceRefused` where there is no such place,
    and other `SourceError`s where nothing can be listed.
    """
    opened = open_source(source, folder)
    listing = opened.list()
    times = [item.modified for item in listing.items if item.modified]
    return Survey(
        source,
        listed=len(listing.items),
        size=sum(item.size or 0 for item in listing.items),
        endings=Counter(ending(item.uri) for item in listing.items),
        filtered=Counter(str(filtered.rule) for filtered in listing.filtered),
        problems=listing.problems,
        newest=max(times, default=None),
        sample=tuple(_read(opened, _choose(listing, most), max_s)),
    )


def ending(uri: str) -> str:
    """Return the suffix of a name, with its dot and as it is written; empty without one."""
    return PurePosixPath(uri).suffix


def _choose(listing: Listing, most: int) -> list[SourceItem]:
    """Return a sample that has something of every folder and every kind of file.

    It depends on the names only: the same folder gives the same proposal.
    """
    strata: dict[tuple[str, str], list[SourceItem]] = {}
    for item in listing.items:
        if (item.size or 0) <= _MAX_BYTES:
            top = item.uri.partition("/")[0] if "/" in item.uri else ""
            strata.setdefault((top, ending(item.uri).lower()), []).append(item)
    shuffled = [
        sorted(items, key=lambda item: sha256_text(item.uri)) for _, items in sorted(strata.items())
    ]
    rounds = zip_longest(*shuffled)
    return [item for each in rounds for item in each if item is not None][:most]


def _read(source: Source, items: Sequence[SourceItem], max_s: float) -> Iterator[SampledDocument]:
    """Yield each document that is read within the time."""
    observer().stage("read a sample")
    observer().expect("documents", len(items))
    tokenizer = find_model(EmbeddingSettings(), Path.cwd()).tokenizer
    end = monotonic() + max_s
    parsing: deque[tuple[str, Future[Parsed]]] = deque()
    remaining = deque(items)
    with Sandbox(_PARSING, ChunkingSettings(), tokenizer) as sandbox:
        while (remaining and monotonic() < end) or parsing:
            while remaining and len(parsing) < _AHEAD and monotonic() < end:
                uri = remaining.popleft().uri
                try:
                    data = source.fetch(uri).data
                except (DocumentRejected, SourceError) as error:
                    yield SampledDocument(uri, reason=Reason.FETCH_FAILED, message=str(error))
                else:
                    parsing.append((uri, sandbox.parse(data, uri)))
            if not parsing:
                continue
            uri, future = parsing.popleft()
            observer().done("documents", 1)
            try:
                parsed = sandbox.result(future)
            except DocumentRejected as rejected:
                yield SampledDocument(uri, reason=str(rejected.reason), message=rejected.message)
            else:
                yield _seen(uri, parsed)


def _seen(uri: str, parsed: Parsed) -> SampledDocument:
    texts = [chunk.text for chunk in parsed.chunks]
    metadata = parsed.document.metadata
    return SampledDocument(
        uri,
        language=main_language(detect_languages(texts), [len(text) for text in texts]),
        title=metadata.title,
        fields=_fields(metadata),
        findings=frozenset(_kinds(texts)),
        chunks=len(texts),
    )


def _fields(metadata: Metadata) -> dict[str, str]:
    """Return the fields with a value, by the names that a contract uses."""
    author = {"author": metadata.author} if metadata.author else {}
    values = ((key, ", ".join(texts(value))) for key, value in metadata.extra)
    return author | {key: text for key, text in values if text.strip()}


def _kinds(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for finding in find(text, KINDS):
            yield finding.kind
