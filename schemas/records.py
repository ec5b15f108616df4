"""The records that travel between the rooms. All frozen, all with slots, all picklable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

Span: TypeAlias = tuple[int, int]
"""`[start, end)` in Unicode code points of a canonical text."""


class Stage(StrEnum):
    """Where a document was when something happened to it."""

    LIST = "list"
    FETCH = "fetch"
    PARSE = "parse"
    CHUNK = "chunk"
    CHECK = "check"
    EMBED = "embed"


class Reason(StrEnum):
    """Why a document or chunk is in quarantine, or a document was filtered."""

    # fetch
    FETCH_FAILED = "fetch_failed"
    # parse
    UNSUPPORTED_TYPE = "unsupported_type"
    NEEDS_LIBREOFFICE = "needs_libreoffice"
    NEEDS_OCR = "needs_ocr"
    ENCRYPTED = "encrypted"
    EMPTY = "empty"
    NO_TEXT = "no_text"
    MALFORMED = "malformed"
    UNDECODABLE = "undecodable"
    UNSAFE = "unsafe"
    PARSER_TIMEOUT = "parser_timeout"
    PARSER_MEMORY = "parser_memory"
    PARSER_CRASHED = "parser_crashed"
    PARSER_ERROR = "parser_error"
    # check
    CONTRACT = "contract"
    POLICY = "policy"
    # filtered by a rule of the settings
    EXCLUDED = "excluded"
    TOO_LARGE = "too_large"
    HIDDEN = "hidden"
    OUTSIDE_ROOT = "outside_root"
    LINKED_FOLDER = "linked_folder"
    SPECIAL_FILE = "special_file"
    BAD_NAME = "bad_name"
    # rows that their key does not tell
    NO_KEY = "no_key"
    DOUBLED_KEY = "doubled_key"


class ElementType(StrEnum):
    TITLE = "title"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"
    CODE = "code"
    HEADER = "header"
    FOOTER = "footer"


@dataclass(frozen=True, slots=True)
class SourceItem:
    """One thing that a source lists. `size` in bytes; `modified` is aware; `etag` as the store gives it."""

    source: str
    uri: str
    size: int | None = None
    modified: datetime | None = None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Filtered:
    """An item that a rule of the settings keeps out."""

    item: SourceItem
    rule: Reason


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds. Only a `complete` listing justifies a delete; `problems` says why one is not.

    `since`: only what is at or past this value of the source's cursor was asked for; then it is not complete, by design.
    """

    source: str
    items: tuple[SourceItem, ...]
    filtered: tuple[Filtered, ...]
    complete: bool
    problems: tuple[str, ...] = ()
    since: str | None = None


@dataclass(frozen=True, slots=True)
class TableGrid:
    """A table's cells as spans of the canonical text, row by row; the first `header_rows` rows are headings."""

    rows: tuple[tuple[Span, ...], ...]
    header_rows: int = 0


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of the canonical text.

    `heading_path` holds the titles above it, outermost first, without its own. `page` counts pages, slides or sheets
    from 1 and is None where a format has none. `level` is a title's depth from 1.
    """

    type: ElementType
    char_start: int
    char_end: int
    heading_path: tuple[str, ...] = ()
    page: int | None = None
    level: int | None = None
    table: TableGrid | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A span of the canonical text that leads to `target`: a URL, absolute where the document says what it is relative to."""

    char_start: int
    char_end: int
    target: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside a document; becomes a document of its own."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says of itself. `language` is a declared one, as a BCP 47 tag; `extra` holds the rest."""

    title: str | None = None
    author: str | None = None
    language: str | None = None
    created: datetime | None = None
    modified: datetime | None = None
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document: one canonical text, its elements in order and not overlapping, and what came with it.

    `links` are in order of their starts; each lies within one element.
    `read_by` is the parser's name where it is not the one that the media type selects.
    """

    text: str = field(repr=False)
    elements: tuple[Element, ...] = field(repr=False)
    metadata: Metadata = Metadata()
    attachments: tuple[Attachment, ...] = ()
    links: tuple[Link, ...] = field(default=(), repr=False)
    read_by: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a canonical text: `text` is what is cited, `embedded_text` what is embedded where the two differ.

    `row_start` and `row_end` are set where the chunk is a part of one table: its rows, counted from 1 below the header.
    """

    char_start: int
    char_end: int
    text: str = field(repr=False)
    embedded_text: str | None = field(repr=False)
    token_count: int
    heading_path: tuple[str, ...]
    element_types: tuple[ElementType, ...]
    page_start: int | None
    page_end: int | None
    row_start: int | None = None
    row_end: int | None = None

    @property
    def embedding_input(self) -> str:
        return self.text if self.embedded_text is None else self.embedded_text


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document came from, and what read it: the beginning of every lineage.

    `parent_id` is that of the document it was attached to. `content_sha256` is over the bytes that were parsed, and
    `parse_fingerprint` that of the parser that read them.
    """

    document_id: str
    source: str
    uri: str
    parent_id: str | None = None
    size: int | None = None
    etag: str | None = None
    modified: datetime | None = None
    content_sha256: str | None = None
    media_type: str | None = None
    parser: str | None = None
    parse_fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Of the stages as they are set in a run; a parser's is told by `vouch.parsers.registry.parse_fingerprint`.

    `check` is of what is true of any row, and `contracts` of each source's own rules with it; `limits` of what bounds parsing,
    `fetch` of each source's settings, `amend` of what is masked in a text before it is chunked (empty: nothing), `ocr` of
    what reads images.
    """

    chunk: str
    embedding: str
    check: str
    limits: str
    fetch: Mapping[str, str]
    contracts: Mapping[str, str] = field(default_factory=dict)
    amend: str = ""
    ocr: str = ""

    def checked(self, source: str) -> str:
        """The fingerprint of what rows of this source are checked by."""
        return self.contracts.get(source, self.check)

    def rule(self, stage: str, source: str) -> str:
        """The fingerprint of what a reject of this stage was decided by, besides the document and its parser."""
        rules = {
            Stage.FETCH: self.fetch.get(source, ""),
            Stage.PARSE: self.limits,
            Stage.CHUNK: self.chunk,
            Stage.CHECK: self.checked(source),
            Stage.EMBED: self.embedding,
        }
        return rules[Stage(stage)]


@dataclass(frozen=True, slots=True)
class Reject:
    """Why a document, or one chunk of it (`span`), is not published."""

    stage: Stage
    reason: str
    message: str
    span: Span | None = None
    excerpt: str | None = None


class Tokenizer(Protocol):
    """What the chunker needs to know of the embedding model."""

    @property
    def fingerprint(self) -> str:
        """Changes when token counts may change."""

    @property
    def special_tokens(self) -> int:
        """Tokens that are added to every text: the model's own and those of the document prefix."""

    def offsets(self, text: str) -> Sequence[Span]:
        """The span of each token of `text`, in order, without special tokens; never truncated."""
