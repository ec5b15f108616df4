"""What the service takes and returns, as OpenAPI describes it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from vouch.index.search.hit import Hit
from vouch.schemas.search_options import Mode
from vouch.schemas.settings.choices import Breadth

_RUN_ID = "20261130T120000-1a2b3c4d"


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
    values: dict[str, str | int | float | bool | list[str]] = Field(
        default={}, description="Values for the parameters of the profile's filters, by name"
    )
    explain: bool = Field(default=False, description="Say of each hit why it is where it is")


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
    language: str | None = Field(description="ISO 639 code, where it is known")  # prose: allow
    char_start: int = Field(description="First character in the document's canonical text")
    char_end: int = Field(description="The character after its last one")
    page_start: int | None
    page_end: int | None
    page_unit: str = Field(description="What its pages are: `p.`, `slide` or `sheet`")
    row_start: int | None
    row_end: int | None
    element_types: tuple[str, ...]
    score: float = Field(description="Relevance; comparable within one answer only")

    @classmethod
    def of(cls, hit: Hit) -> "HitAnswer":
        return cls.model_validate(hit)


class SearchAnswer(BaseModel):
    """The passages that answer a query, best first."""

    run_id: str = Field(description="The state that was searched", examples=[_RUN_ID])
    profile: str | None = Field(description="The profile that was searched with")
    hits: list[HitAnswer]
    words_only: str | None = Field(
        description="Why a hybrid search went by words alone; null where it did not"
    )


class Health(BaseModel):
    """Whether the service answers, and from what."""

    status: Literal["ok", "degraded"] = Field(
        description="`degraded`: it answers from the state that it has, because it cannot read a "
        "newer one"
    )
    ready: bool = Field(description="Whether the model and a state are loaded")
    run_id: str | None = Field(description="The state that is served", examples=[_RUN_ID])
    serves: Literal["published", "run", "candidate"] = Field(
        description="`published`: the newest published state; else a named one, fixed"
    )
    published_at: datetime | None = Field(description="When the run of that state began")
    age_s: float | None = Field(description="Seconds since then")
    problem: str | None = Field(description="Why it is degraded")
