"""What the service takes and returns, as OpenAPI describes it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticSerializationError

from vouch.index.lineage.trace import Row, Trace
from vouch.index.search.documents import Context, StoredDocument
from vouch.index.search.explanation import Explanation
from vouch.index.search.filters.column_conditions import described, filtered_columns
from vouch.index.search.filters.metadata_keys import Key, Kind
from vouch.index.search.hit import Place, Scores, fields_of
from vouch.schemas.documents.values import Value
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.search_options import Mode
from vouch.schemas.settings.choices import Breadth

RunId: TypeAlias = Annotated[
    str, Field(description="The run whose state this is from", examples=["20261130T120000-1a2b3c"])
]
Given: TypeAlias = str | int | float | bool | list[str]
"""A value for a parameter of a profile's filters."""
Fields: TypeAlias = Annotated[
    Mapping[str, Value],
    Field(description="Metadata by key, with their types; dates and times as ISO 8601"),
]


class SearchRequest(BaseModel):
    """A search."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"query": "How long is parental leave?", "k": 3, "filters": ["language=en"]}
            ]
        },
    )

    query: str = Field(description="A question or some words")
    k: int | None = Field(
        default=None, ge=1, description="The most passages; by default the profile's, else 5"
    )
    mode: Mode | None = Field(
        default=None,
        description="`vector`: by meaning, `text`: by words, `hybrid`: by both; by default the "
        "profile's, else hybrid",
    )
    breadth: Breadth | None = Field(
        default=None,
        description="How much less relevant than the best a passage may be; by default the "
        "profile's, else `retrieval.breadth` of the settings",
    )
    filters: list[str] = Field(
        default=[],
        max_length=50,
        description="Conditions that must all hold, such as `language=en`; the filters of the "
        "profile hold besides",
    )
    profile: str | None = Field(
        default=None, description="A retrieval profile of the settings; see `/v1/profiles`"
    )
    values: dict[str, Given] = Field(
        default={}, description="Values for the parameters of the profile's filters, by name"
    )
    explain: bool = Field(default=False, description="Say of each hit why it is where it is")

    @model_validator(mode="after")
    def _is_unicode(self) -> "SearchRequest":
        """Refuse halves of surrogate pairs, which JSON can write and nothing can store."""
        try:
            self.model_dump_json()
        except PydanticSerializationError as error:
            raise ValueError("a text of the request is not valid Unicode") from error
        return self


class HitAnswer(BaseModel):
    """A passage: one chunk, or several adjacent ones."""

    model_config = ConfigDict(from_attributes=True)

    chunk_id: str = Field(description="The most relevant chunk")
    chunk_ids: tuple[str, ...] = Field(description="All chunks, in the order of the text")
    document_id: str
    source: str = Field(description="The source of the document in the settings")
    uri: str = Field(description="Its address within the source")
    title: str | None
    text: str = Field(description="The passage, as it is in the document")
    citation: str = Field(description="File, page, headings, rows and span, for people")
    heading_path: tuple[str, ...] = Field(description="The headings above it, outermost first")
    language: str | None = Field(description="ISO 639 code, or null")
    char_start: int = Field(description="First character in the document's canonical text")
    char_end: int = Field(description="The character after its last one")
    page_start: int | None
    page_end: int | None
    page_unit: str = Field(description="What its pages are: `p.`, `slide` or `sheet`")
    row_start: int | None
    row_end: int | None
    element_types: tuple[str, ...]
    best_start: int = Field(description="First character of the most relevant chunk")
    best_end: int = Field(description="The character after its last one")
    flags: tuple[str, ...] = Field(
        description="What was noticed of its chunks, such as `injection`: text that may be meant "
        "to instruct a language model"
    )
    places: tuple[Place, ...] = Field(
        description="Where the same text is, this place first; of those that the caller may see"
    )
    more_places: int = Field(description="How many more places there are at least")
    score: float = Field(description="Relevance; comparable within one answer only")
    scores: Scores
    media_type: str | None = Field(description="The kind of file", examples=["application/pdf"])
    fields: Fields
    source_modified_at: datetime | None
    ingested_at: datetime | None
    content_sha256: str = Field(description="The hash of the file's bytes")
    explanation: Explanation | None = Field(
        description="Why it is where it is; null unless `explain` is set"
    )


class SearchAnswer(BaseModel):
    """The passages that answer a query, best first."""

    run_id: RunId
    profile: str | None = Field(description="The profile that was searched with")
    hits: list[HitAnswer]
    words_only: str | None = Field(
        description="Why a hybrid search went by words alone; null where it did not"
    )


class DocumentAnswer(BaseModel):
    """A document, with a part of its canonical text."""

    run_id: RunId
    document_id: str
    parent_id: str | None = Field(description="The document that it is attached to")
    source: str
    uri: str
    title: str | None
    author: str | None
    media_type: str | None
    language: str | None
    size: int | None = Field(description="Bytes of its file")
    char_count: int = Field(description="Characters of its canonical text")
    chunk_count: int
    parser: str | None
    content_sha256: str | None
    source_modified_at: datetime | None
    ingested_at: datetime | None
    written_by: str = Field(description="The run that wrote it as it is")
    fields: Fields
    text: str = Field(description="Its canonical text from `start` on")
    start: int = Field(description="First character of `text`")
    next_start: int | None = Field(description="Where the next part begins; null at the end")

    @classmethod
    def of(cls, document: StoredDocument, run_id: str, start: int, length: int) -> "DocumentAnswer":
        """Return a document with `length` characters of its text from `start` on."""
        own = {name: getattr(document, name) for name in cls.model_fields if name in _OF_DOCUMENT}
        end = min(start + length, len(document.text))
        return cls(
            **own,
            run_id=run_id,
            written_by=document.run_id,
            text=document.text[start:end],
            start=start,
            next_start=end if end < len(document.text) else None,
        )


_OF_DOCUMENT = frozenset(StoredDocument.__slots__) - {"run_id", "text"}


class ContextAnswer(BaseModel):
    """A span of a document's canonical text, and what is around it."""

    model_config = ConfigDict(from_attributes=True)

    run_id: RunId
    document_id: str
    before: str = Field(description="The text before the span")
    text: str = Field(description="The text of the span")
    after: str = Field(description="The text behind it")
    char_start: int
    char_end: int
    char_count: int = Field(description="Characters of the whole document")

    @classmethod
    def of(cls, context: Context, run_id: str) -> "ContextAnswer":
        """Return a context of the state of a run."""
        own = {name: getattr(context, name) for name in Context.__slots__}
        return cls(run_id=run_id, **own)


class TracedDocument(BaseModel):
    """A document that a chunk comes from."""

    document_id: str
    parent_id: str | None
    source: str
    uri: str
    title: str | None
    media_type: str | None
    parser: str | None
    parse_fingerprint: str | None
    content_sha256: str | None = Field(description="The hash of the file's bytes")
    canonical_sha256: str | None = Field(description="The hash of the canonical text")
    size: int | None
    source_modified_at: datetime | None
    ingested_at: datetime | None
    run_id: str = Field(description="The run that wrote it")
    fields: Fields

    @classmethod
    def of(cls, row: Row) -> "TracedDocument":
        """Return the document of a row."""
        return cls.model_validate({**row, "fields": fields_of(row)})


class TracedChunk(BaseModel):
    """A chunk, and by what it was made."""

    chunk_id: str
    document_id: str
    text: str
    char_start: int
    char_end: int
    page_start: int | None
    page_end: int | None
    row_start: int | None
    row_end: int | None
    heading_path: tuple[str, ...]
    element_types: tuple[str, ...]
    language: str | None
    token_count: int
    text_sha256: str
    embedded_sha256: str = Field(description="The hash of the text that was embedded")
    chunk_fingerprint: str = Field(description="How it was cut")
    embedding_fingerprint: str = Field(description="The model of its vector")
    run_id: str = Field(description="The run that wrote it")


class TracedRun(BaseModel):
    """The run that wrote a chunk."""

    model_config = ConfigDict(from_attributes=True)

    run_id: str
    kind: str
    started_at: datetime
    ended_at: datetime | None
    code_version: str


class ProofAnswer(BaseModel):
    """A step that was verified."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    holds: bool | None = Field(description="null where it could not be checked")
    detail: str


class TraceAnswer(BaseModel):
    """Where a chunk comes from, and what the index itself proves of it."""

    run_id: RunId
    chunk: TracedChunk
    documents: list[TracedDocument] = Field(
        description="From the listed document to the chunk's own, which may be attached to it"
    )
    run: TracedRun
    proofs: list[ProofAnswer]
    proved: bool = Field(description="Whether every step could be checked, and holds")

    @classmethod
    def of(cls, trace: Trace, run_id: str) -> "TraceAnswer":
        """Return a trace in the state of a run."""
        return cls(
            run_id=run_id,
            chunk=TracedChunk.model_validate({**_NO_ROWS, **trace.chunk}),
            documents=[TracedDocument.of(row) for row in trace.lineage],
            run=TracedRun.model_validate(trace.run),
            proofs=[ProofAnswer.model_validate(proof) for proof in trace.proofs],
            proved=trace.proved,
        )


# An early version wrote no rows of tables.
_NO_ROWS = {"row_start": None, "row_end": None}


class CheckAnswer(BaseModel):
    """A check of a run."""

    model_config = ConfigDict(from_attributes=True)

    reference: str = Field(description="How `vouch explain --check` names it")
    name: str
    scope: str
    severity: str
    outcome: str
    figure: float | None
    threshold: float | None
    message: str


class RunAnswer(BaseModel):
    """A run."""

    id: str = Field(examples=["20261130T120000-1a2b3c"])
    kind: str = Field(examples=["ingest"])
    status: str = Field(examples=["published"])
    verdict: str | None = Field(examples=["accept"])
    started_at: datetime
    ended_at: datetime | None
    is_served: bool = Field(description="Whether its state is the one that is served")
    published: int = Field(description="Documents that it published")
    removed: int
    quarantined: int
    chunks_published: int
    checks: list[CheckAnswer] | None = Field(
        description="Its checks; null in a list of runs, and for a caller that is bound to a "
        "profile, because they name documents"
    )

    @classmethod
    def of(
        cls, record: RunRecord, served: str, checks: list[CheckAnswer] | None = None
    ) -> "RunAnswer":
        """Return a run; `served` is that of the state that is served."""
        accounting = record.accounting
        return cls(
            id=record.run_id,
            kind=record.kind,
            status=record.status,
            verdict=record.verdict.decision if record.verdict else None,
            started_at=record.started_at,
            ended_at=record.ended_at,
            is_served=record.run_id == served,
            published=accounting.published,
            removed=accounting.removed,
            quarantined=accounting.quarantined,
            chunks_published=accounting.chunks_published,
            checks=checks,
        )


class RunsAnswer(BaseModel):
    """The newest runs, newest first."""

    run_id: RunId
    runs: list[RunAnswer]


class OneRunAnswer(RunAnswer):
    """A run with its checks."""

    run_id: RunId


class FieldAnswer(BaseModel):
    """A name that filters may use: a column of the chunks, or a key of the metadata."""

    name: str = Field(description="As a filter writes it", examples=["year"])
    types: list[str] = Field(description="What it may be compared with", examples=[["number"]])
    is_list: bool = Field(description="Whether it has lists: `=` is for an entry then")
    is_metadata: bool = Field(description="Whether it is a key of the metadata")
    documents: int | None = Field(
        description="How many documents have it; null for columns, and for a caller that is bound "
        "to a profile"
    )
    example: str | None = Field(description="A value; null as `documents` is")


class FieldsAnswer(BaseModel):
    """The names that filters may use."""

    run_id: RunId
    fields: list[FieldAnswer]

    @classmethod
    def of(
        cls, columns: pa.Schema, keys: Iterable[Key], run_id: str, *, with_values: bool
    ) -> "FieldsAnswer":
        """Return the names of a state; values of its documents where the caller may see all."""
        names = filtered_columns(columns)
        fields = [
            FieldAnswer(
                name=name,
                types=[described(columns.field(name).type)],
                is_list=pa.types.is_list(columns.field(name).type),
                is_metadata=False,
                documents=None,
                example=None,
            )
            for name in names
        ]
        fields += [
            FieldAnswer(
                name=f"metadata.{key.name}" if key.name in names else key.name,
                types=[kind for kind in Kind if kind in key.kinds],
                is_list=key.lists,
                is_metadata=True,
                documents=key.documents if with_values else None,
                example=key.example if with_values else None,
            )
            for key in keys
        ]
        return cls(run_id=run_id, fields=fields)


class ProfileAnswer(BaseModel):
    """A retrieval profile that the caller may use."""

    name: str
    parameters: list[str] = Field(
        description="Values that a search with it must give, apart from those that are bound to "
        "the caller's key"
    )
    mode: str | None
    breadth: str | None
    k: int | None
    reranks: bool


class ProfilesAnswer(BaseModel):
    """The profiles that the caller may use."""

    run_id: RunId
    profiles: list[ProfileAnswer]


class Health(BaseModel):
    """Whether the service answers, and from what. Without a key that is needed: only whether."""

    status: Literal["ok", "degraded"] = Field(
        description="`degraded`: it answers from the state that it has, because it cannot read a "
        "newer one"
    )
    ready: bool = Field(description="Whether the model and a state are loaded")
    run_id: str | None = Field(
        default=None,
        description="The run whose state is served",
        examples=["20261130T120000-1a2b3c"],
    )
    serves: Literal["published", "run", "candidate"] | None = Field(
        default=None,
        description="`published`: the newest published state; else a named one, fixed",
    )
    started_at: datetime | None = Field(default=None, description="When that run began")
    age_s: float | None = Field(default=None, description="Seconds since then")
    problem: str | None = Field(default=None, description="Why it is degraded")


def checks_of(record: RunRecord) -> list[CheckAnswer]:
    """Return the checks of a run."""
    checks: tuple[Any, ...] = record.verdict.checks if record.verdict else ()
    return [CheckAnswer.model_validate(check) for check in checks]
