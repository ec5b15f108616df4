"""What a candidate is held against before it is published, besides contracts and drift: golden queries, content policy."""

from typing import Literal

from pydantic import Field

from vouch.schemas.search import Breadth
from vouch.schemas.strict import Share, Strict


class RetrievalSettings(Strict):
    golden: str | None = Field(
        default=None, description="File of golden queries (JSON lines); none: no retrieval gate"
    )
    mode: Literal["vector", "text", "hybrid"] = Field(
        default="hybrid",
        description="How golden queries are searched: by meaning, by words, or by both",
    )
    breadth: Breadth = Field(
        default="balanced", description="How much that is less relevant than the best is found too"
    )
    k: int = Field(
        default=5, ge=1, le=100, description="Depth of recall, precision and span recall"
    )
    tolerance: Share = Field(default=0.02, description="A mean that falls by more is a regression")
    alpha: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="A regression blocks where the paired test finds it at this level, else warns; 1: blocks",
    )
    metrics: tuple[str, ...] = Field(
        default=("recall", "span recall", "nDCG"), description="Those that can block"
    )


RowAction = Literal["off", "note", "flag", "redact", "quarantine", "block"]
SetAction = Literal["off", "flag", "block"]


class PolicySettings(Strict):
    """note: the chunk's `flags` say so. flag: and the run warns. quarantine: the chunk is not published. block: nothing is.

    redact: masked before the text is chunked, character by character, so that spans stay true.

    Duplicates and boilerplate are true of several documents at once, and which of them came first must not decide: they are
    flagged or block.
    """

    personal_data: RowAction = Field(
        default="note", description="Mail addresses, phone numbers, cards, accounts"
    )
    secrets: RowAction = Field(default="flag", description="Keys, tokens, passwords")
    hidden_text: RowAction = Field(default="flag", description="Text that people do not see")
    injection: RowAction = Field(default="flag", description="Instructions to a model")
    exact_duplicates: SetAction = Field(
        default="flag", description="Chunks with the text of another"
    )
    near_duplicates: SetAction = Field(
        default="flag", description="Chunks with nearly the text of another"
    )
    boilerplate: SetAction = Field(default="flag", description="Texts that stand in many documents")
    near_duplicate_similarity: Share = Field(
        default=0.8, description="Jaccard similarity of word sequences"
    )
    boilerplate_documents: int = Field(
        default=5, ge=2, description="A text that stands in so many documents is boilerplate"
    )
    max_duplicate_share: Share = Field(
        default=0.2, description="Of the chunks: where `block` begins to block"
    )
