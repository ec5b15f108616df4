"""Settings of the gates besides contracts and drift: golden queries and the content policy."""

from typing import Literal

from pydantic import Field

from vouch.schemas.settings.choices import Breadth
from vouch.schemas.settings.minimum import Required
from vouch.schemas.strict import Share, Strict


class TrendSettings(Strict):
    """Slow losses: golden queries over the runs of weeks, each within its tolerance."""

    action: Literal["off", "warn", "block"] = Field(
        default="warn", description="What a slow loss does: nothing, a warning, or a rejection"
    )
    loss: Share = Field(
        default=0.01,
        description=(
            "From which loss on of a group's mean, over all runs within `days`; it counts only "
            "where several queries fell, more than usual fluctuations explain"
        ),
    )
    days: int = Field(default=28, ge=2, le=366, description="How far back a slow loss may begin")


class RetrievalSettings(Strict):
    """Golden queries are searched in the published state and in the candidate of a run."""

    golden: str | None = Field(
        default=None,
        description="File of golden queries (JSON lines); empty: no retrieval gate",
    )
    mode: Literal["vector", "text", "hybrid"] = Field(
        default="hybrid",
        description="How golden queries are searched: by vector, by full text, or by both",
    )
    breadth: Breadth = Field(
        # That of a search by default: the gate judges what people see.
        default="balanced",
        description=(
            "How many less relevant results are returned as well: few (precise) to all candidates "
            "(all)"
        ),
    )
    k: int = Field(
        default=5, ge=1, le=100, description="Results that recall, precision and span recall count"
    )
    tolerance: Share = Field(
        default=0.02, description="How much a mean may fall; a larger fall is a regression"
    )
    alpha: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description=(
            "Significance level of the paired test: a regression below it blocks, any other "
            "warns; 1: every regression blocks"
        ),
    )
    metrics: tuple[str, ...] = Field(
        default=("recall", "span recall", "nDCG"), description="Metrics that can block a run"
    )
    require: Required = Field(
        default_factory=dict,
        description=(
            "Minimum scores by group of golden queries: `overall`, `tag:NAME`, `language:CODE`, "
            "`source:NAME`, `owner:NAME`, `profile:NAME`; a number, or a table with at_least, "
            "metric, owner, why, until, then. A lower mean blocks"
        ),
    )
    profiles: tuple[str, ...] = Field(
        default=(),
        description=(
            "Retrieval profiles by which all golden queries without a profile are searched too"
        ),
    )
    negatives: Literal["off", "warn", "reject"] = Field(
        default="reject",
        description="What a negative golden query does that fails: nothing, warn, or reject",
    )
    max_language_leak: Share | None = Field(
        default=None,
        description=(
            "Largest share of results in another language than the golden query's, over all "
            "queries; a larger one blocks"
        ),
    )
    trend: TrendSettings = Field(
        default=TrendSettings(), description="Losses over weeks that no single run shows"
    )


RowAction = Literal["off", "note", "flag", "redact", "quarantine", "block"]
BatchAction = Literal["off", "flag", "block"]


class PolicySettings(Strict):
    """What is done with a finding.

    note: the chunk's `flags` name it. flag: the same, and the run warns. quarantine: the chunk is
    not published. block: the run is rejected. redact: it is masked before the text is chunked,
    character by character, so that spans stay valid.

    Duplicates and boilerplate concern several documents at once, and which of them came first must
    not decide: they are flagged or block.
    """

    personal_data: RowAction = Field(
        default="note",
        description="Email addresses, phone numbers, card numbers, bank accounts",
    )
    secrets: RowAction = Field(default="flag", description="Keys, tokens, passwords")
    hidden_text: RowAction = Field(
        default="flag", description="Text that is invisible to people but not to a model"
    )
    injection: RowAction = Field(
        default="flag", description="Instructions addressed to a language model"
    )
    possible_injection: RowAction = Field(
        default="note",
        description=(
            "Instructions that may be for people or are shown as an example: a request in a "
            "tutorial, an attack quoted in an article"
        ),
    )
    exact_duplicates: BatchAction = Field(
        default="flag", description="Chunks with the same text as another chunk"
    )
    near_duplicates: BatchAction = Field(
        default="flag", description="Chunks with nearly the same text as another chunk"
    )
    boilerplate: BatchAction = Field(
        default="flag", description="Texts that are repeated in many documents"
    )
    near_duplicate_similarity: Share = Field(
        default=0.8,
        description="Jaccard similarity of word sequences from which chunks are near duplicates",
    )
    boilerplate_documents: int = Field(
        default=5, ge=2, description="Number of documents from which a text is boilerplate"
    )
    max_duplicate_share: Share = Field(
        default=0.2,
        description="Share of duplicate chunks from which the action block rejects the run",
    )
