"""What the service answers, as values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage: one chunk, or several adjacent ones.

    Attributes:
        citation: File, page, headings, rows and span, for people.
        text: The passage, as it is in the document.
        chunk_id: The most relevant chunk, which `Client.trace` proves.
        chunk_ids: All its chunks, in the order of the text.
        document_id: The document, for `Client.document` and `Client.context`.
        source: The name of its source in the settings of the index.
        uri: Its address within the source.
        title: Its title, if it has one.
        heading_path: The headings above the passage, outermost first.
        language: ISO 639 code of its language, if it is known.
        char_start: First character in the document's canonical text.
        char_end: The character after its last one.
        page_start: First page, slide or sheet, counted from 1, if the format has any.
        page_end: Last one.
        page_unit: What its pages are: `p.`, `slide` or `sheet`.
        row_start: First row of a table, counted from 1.
        row_end: Last row.
        element_types: What it is made of, such as `paragraph` or `table`.
        media_type: The kind of file.
        fields: The document's metadata by key; dates and times as ISO 8601.
        source_modified_at: When the file was changed last.
        ingested_at: When a run read it.
        content_sha256: The hash of the file's bytes.
        flags: What the policy has noticed of it, such as `injection`: what may be meant to instruct
            a language model.
        score: Relevance; comparable within one answer only.
        scores: What the relevance is made of.
        explanation: Why the hit is where it is, where the search was to explain it.
        more: Everything else that the service said of it.
    """

    citation: str
    text: str
    chunk_id: str
    document_id: str
    source: str
    uri: str
    char_start: int
    char_end: int
    score: float
    chunk_ids: tuple[str, ...] = ()
    title: str | None = None
    heading_path: tuple[str, ...] = ()
    language: str | None = None
    page_start: int | None = None
    page_end: int | None = None
    page_unit: str = "p."
    row_start: int | None = None
    row_end: int | None = None
    element_types: tuple[str, ...] = ()
    media_type: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    source_modified_at: datetime | None = None
    ingested_at: datetime | None = None
    content_sha256: str | None = None
    flags: tuple[str, ...] = ()
    scores: Mapping[str, Any] = field(default_factory=dict)
    explanation: Mapping[str, Any] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


class Answer(list[Hit]):
    """What a search returns: its hits, best first.

    Attributes:
        run_id: The run whose state was searched; citations are of its texts.
        words_only: Why a search by meaning and words went by words alone; empty where it did not.
        profile: The retrieval profile that was searched with, if any.
    """

    def __init__(
        self,
        hits: Iterable[Hit] = (),
        run_id: str = "",
        words_only: str = "",
        profile: str | None = None,
    ) -> None:
        super().__init__(hits)
        self.run_id = run_id
        self.words_only = words_only
        self.profile = profile


@dataclass(frozen=True, slots=True)
class Document:
    """A document.

    Attributes:
        document_id: Its id.
        uri: Its address within its source.
        source: The name of its source.
        text: Its canonical text, in which citations count their spans.
        run_id: The run whose state this is.
        title: Its title, if it has one.
        author: Who wrote it, if the document says so.
        parent_id: The document that it is attached to.
        media_type: The kind of its file.
        language: ISO 639 code of its language, if it is known.
        char_count: Characters of its text.
        content_sha256: The hash of its file's bytes.
        source_modified_at: When its file was changed last.
        ingested_at: When a run read it.
        written_by: The run that wrote it as it is.
        fields: Its metadata, by key.
        more: Everything else that the service said of it.
    """

    document_id: str
    uri: str
    source: str
    text: str
    run_id: str
    title: str | None = None
    author: str | None = None
    parent_id: str | None = None
    media_type: str | None = None
    language: str | None = None
    char_count: int = 0
    content_sha256: str | None = None
    source_modified_at: datetime | None = None
    ingested_at: datetime | None = None
    written_by: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """A span of a document's canonical text, and what is around it.

    Attributes:
        document_id: The document.
        before: The text before the span.
        text: The text of the span.
        after: The text behind it.
        char_start: First character of the span.
        char_end: The character after its last one.
        run_id: The run whose state this is.
        more: Everything else that the service said of it.
    """

    document_id: str
    before: str
    text: str
    after: str
    char_start: int
    char_end: int
    run_id: str
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the service answers, and from which state.

    Attributes:
        status: `ok`, or `degraded` where it cannot read a newer state than the one it has.
        ready: Whether the model and a state are loaded.
        run_id: The run whose state is served.
        more: Everything else that the service said.
    """

    status: str
    ready: bool
    run_id: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def answer_of(body: Mapping[str, Any]) -> Answer:
    """Return the answer to a search."""
    return Answer(
        (read(Hit, hit) for hit in body["hits"]),
        body["run_id"],
        body.get("words_only") or "",
        body.get("profile"),
    )


_Value = TypeVar("_Value", Hit, Document, Context, Health)


def read(kind: type[_Value], body: Mapping[str, Any]) -> _Value:
    """Return a value of a class of this module; what the class does not know is in its `more`.

    So a newer service can say more than this client knows.
    """
    names = {each.name for each in fields_of(kind)} - {"more"}
    values: dict[str, Any] = {
        name: _converted(name, value) for name, value in body.items() if name in names
    }
    return kind(**values, more={name: body[name] for name in body if name not in names})


def _converted(name: str, value: object) -> object:
    if isinstance(value, str) and name.endswith("_at"):
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value
