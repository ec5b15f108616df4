"""The records that are passed between packages. All frozen, with slots, and picklable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from vouch.schemas.documents.values import Value
from vouch.schemas.settings.choices import Engine

Span: TypeAlias = tuple[int, int]
"""`[start, end)` in Unicode code points of a canonical text."""


class Stage(StrEnum):
    """The stage in which something happened to a document."""

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
    GARBLED_TEXT = "garbled_text"
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
    # embed
    INVALID_VECTOR = "invalid_vector"
    REFUSED_TEXT = "refused_text"
    # filtered by a rule of the settings
    EXCLUDED = "excluded"
    TOO_LARGE = "too_large"
    HIDDEN = "hidden"
    OUTSIDE_ROOT = "outside_root"
    LINKED_FOLDER = "linked_folder"
    SPECIAL_FILE = "special_file"
    BAD_NAME = "bad_name"
    # table rows that their key does not identify
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
    FIGURE = "figure"  # what a picture says: its text by OCR, its description


PAGE_MARGINS = (ElementType.HEADER, ElementType.FOOTER)
"""Types of elements that are not searched as long as a document has others."""


class LeftOutKind(StrEnum):
    """Why a piece of a document is not searched, although its parser read it."""

    RUNNING_HEADER = "running_header"  # headers and footers that repeat on pages
    PAGE_NUMBER = "page_number"
    BOILERPLATE = "boilerplate"  # navigation, sidebars, notices around a page's content
    SIGNATURE = "signature"  # of a mail
    QUOTED_MAIL = "quoted_mail"  # an earlier mail that a mail repeats
    HIDDEN = "hidden"  # what the format hides from readers
    DELETED = "deleted"  # what tracked changes take out
    WATERMARK = "watermark"
    ALTERNATIVE = "alternative"  # another form of what is searched: the plain text beside HTML
    REPEATED = "repeated"  # what a document has twice: captions, rendered formulas
    FIGURE = "figure"  # what OCR is not confident of in a picture: photographs read as letters
    METADATA = "metadata"  # fields before a page (front matter), which are kept as its metadata


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The pieces of a document that are not searched for one reason.

    `characters` is their length together; `examples` are the beginnings of the longest few.
    """

    kind: LeftOutKind
    pieces: int
    characters: int
    examples: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class DamagedPart:
    """A part of a document that its parser could not read: a chapter, a sheet, a line.

    The rest of the document is published; the part is in quarantine under its `name`, with a
    `message` that says what is wrong with it.
    """

    name: str
    message: str
    reason: str = Reason.MALFORMED


FILE_STATE = "changed:"
"""Begins the etag of a local file: its times of modification and of change, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class SourceItem:
    """An item of a listing: a file or a table row.

    `size` is in bytes, `modified` has a time zone, `etag` is as the store returns it, or begins
    with `FILE_STATE`. With `always_read` none of them proves that the content is the same.
    """

    source: str
    uri: str
    size: int | None = None
    modified: datetime | None = None
    etag: str | None = None
    always_read: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of an item, and what its store says of exactly these bytes.

    That is more than the listing says where the item was replaced in between. All is None for a
    store that says nothing with the bytes. `version` is the id by which a bucket with versions
    keeps them.
    """

    data: bytes
    etag: str | None = None
    modified: datetime | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Filtered:
    """An item that a rule of the settings excludes."""

    item: SourceItem
    rule: Reason


@dataclass(frozen=True, slots=True)
class Listing:
    """The items of a source; of many, as `vouch.schemas.documents.listed_items.ListedItems`.

    Only a `complete` listing justifies a delete; `problems` states why one is incomplete. With
    `since`, only rows at or past this value of the source's cursor were listed, so that the
    listing is never complete.
    """

    source: str
    items: Sequence[SourceItem]
    filtered: tuple[Filtered, ...]
    complete: bool
    problems: tuple[str, ...] = ()
    since: str | None = None


@dataclass(frozen=True, slots=True)
class TableGrid:
    """A table's cells as spans of the canonical text, row by row.

    The first `header_rows` rows are column headings.
    """

    rows: tuple[tuple[Span, ...], ...]
    header_rows: int = 0


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of the canonical text.

    `heading_path` contains the titles above it, outermost first, without its own. `page` counts
    pages, slides or sheets from 1 and is None where a format has none. `level` is a title's depth
    from 1.
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
    """A span of the canonical text that links to the URL `target`.

    The URL is absolute where the document declares its base URL.
    """

    char_start: int
    char_end: int
    target: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside a document, which becomes a separate document.

    `problem` says why its bytes cannot be had (damaged, encrypted); it is quarantined for that
    reason, and the other files of the document are not affected.
    """

    name: str
    data: bytes = field(repr=False)
    problem: Reject | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as it is shown, as a JPEG, for a service that describes it.

    Its description comes after the first `after` elements, on this page and below these headings.
    `key` says which picture it is, by the bytes in its file.
    """

    key: str
    after: int
    page: int | None
    heading_path: tuple[str, ...]
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata that a document declares.

    `language` is a BCP 47 tag; `extra` contains all other keys with their values. `written` has the
    texts of those that are written in another way than their types say: `10.50`, `True`.
    """

    title: str | None = None
    author: str | None = None
    language: str | None = None
    created: datetime | None = None
    modified: datetime | None = None
    extra: tuple[tuple[str, Value], ...] = ()
    written: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document: its canonical text, elements, metadata, attachments and links.

    The elements are in order and do not overlap. The links are in order of their starts; each lies
    within an element. `read_by` is the parser's name where it is not the one that the media type
    selects. `left_out` counts what is not searched, for the run's report; it is not stored.
    `damaged` are the parts that could not be read, `pictures` the figures, where they are asked
    for; they are not stored.
    """

    # Without texts in the repr: it would write whole documents into logs and error messages.
    text: str = field(repr=False)
    elements: tuple[Element, ...] = field(repr=False)
    metadata: Metadata = Metadata()
    attachments: tuple[Attachment, ...] = ()
    links: tuple[Link, ...] = field(default=(), repr=False)
    read_by: str = field(default="", compare=False)
    left_out: tuple[LeftOut, ...] = field(default=(), repr=False, compare=False)
    damaged: tuple[DamagedPart, ...] = ()
    pictures: tuple[Picture, ...] = field(default=(), repr=False, compare=False)

    @property
    def left_out_chars(self) -> int:
        """Characters that its parser read and that are not searched."""
        return sum(row.characters for row in self.left_out)

    @property
    def read_chars(self) -> int:
        """Characters that its parser read: those that are searched, and those that are not."""
        left_out = types_left_out(self.elements)
        return self.left_out_chars + sum(
            element.char_end - element.char_start
            for element in self.elements
            if element.type not in left_out
        )


def types_left_out(elements: Sequence[Element]) -> Sequence[ElementType]:
    """Return the types of elements that are not searched: none where there is nothing else."""
    has_body = any(element.type not in PAGE_MARGINS for element in elements)
    return PAGE_MARGINS if has_body else ()


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text in order, without special tokens.

    `unknown` are those spans that the vocabulary has no tokens for: words or whole runs of letters.
    """

    spans: Sequence[Span]
    unknown: Sequence[Span] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of an embedded text the model's vocabulary covers.

    `unknown_characters` are behind unknown tokens, `spelled_characters` are letters that the model
    reads one by one, because it has no tokens for their words; both are among the `characters`,
    which do not count white space.
    """

    tokens: int = 0
    unknown_tokens: int = 0
    characters: int = 0
    unknown_characters: int = 0
    spelled_characters: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a canonical text.

    `text` is cited; `embedded_text` is embedded and None where it equals `text`. `row_start` and
    `row_end` are set where the chunk is part of a single table: its rows, counted from 1 below the
    header.
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
    coverage: Coverage = field(default=Coverage(), repr=False)

    @property
    def embedding_input(self) -> str:
        """The text that is embedded."""
        return self.text if self.embedded_text is None else self.embedded_text


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document came from and which parser read it: the beginning of its lineage.

    `parent_id` is the id of the document that it was attached to. `content_sha256` is the hash of
    the bytes that were parsed, `parse_fingerprint` the fingerprint of the parser that read them.
    `source_version` is the id by which a bucket with versions keeps these bytes.
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
    source_version: str | None = None

    def fetched(self, fetched: Fetched) -> Origin:
        """Return it with what the store says of the bytes, in the place of what was listed."""
        if fetched.etag is None:
            return self
        return replace(
            self,
            size=len(fetched.data),
            etag=fetched.etag,
            modified=fetched.modified,
            source_version=fetched.version,
        )


@dataclass(frozen=True, slots=True)
class ParseConditions:
    """What a parser's output depends on besides the document and the parser itself.

    `redaction` is the fingerprint of what is masked before a text is chunked (empty: nothing),
    `ocr` that of the program that reads images, `garbled_text` what the settings say of garbled
    pages, `figures` what they say of figures. Each counts only for parsers that it concerns.
    """

    redaction: str = ""
    ocr: str = ""
    garbled_text: str = ""
    figures: str = ""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """The fingerprints of a run's stages; those of parsers: `parsers.registry.parse_fingerprint`.

    `check` covers the rules for all rows, `contracts` by source also its own rules; `limits` the
    limits of parsing, `fetch` by source its settings. `engines` by source are those that the
    settings choose for media types (`vouch.parsers.engines`).
    """

    chunk: str
    embedding: str
    check: str
    limits: str
    fetch: Mapping[str, str]
    contracts: Mapping[str, str] = field(default_factory=dict)
    conditions: ParseConditions = ParseConditions()
    engines: Mapping[str, Mapping[str, Engine]] = field(default_factory=dict)

    def checked(self, source: str) -> str:
        """Return the fingerprint of the rules for rows of this source."""
        return self.contracts.get(source, self.check)

    def engines_of(self, source: str) -> Mapping[str, Engine]:
        """Return the engines that the settings choose for documents of this source."""
        return self.engines.get(source, {})

    def rule(self, stage: str, source: str) -> str:
        """Return the fingerprint of the settings that decide rejects of a stage.

        A reject is retried when it changes, even though the document has not changed.
        """
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
    """The reason why a document, one chunk of it (`span`) or one `part` of it is not published."""

    stage: Stage
    reason: str
    message: str
    span: Span | None = None
    excerpt: str | None = None
    part: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is the document's own: neither of a chunk nor of a part."""
        return self.span is None and self.part is None


class Tokenizer(Protocol):
    """What the chunker needs from the embedding model."""

    @property
    def fingerprint(self) -> str:
        """A fingerprint that changes when token counts may change."""

    @property
    def special_tokens(self) -> int:
        """Number of tokens added to every text: the model's own and those of the prefix."""

    def tokens(self, text: str) -> Tokens:
        """Return the tokens of a text, never truncated."""
