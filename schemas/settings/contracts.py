"""Rules for documents, chunks and the whole index; a source's own are in `source_contract`."""

from typing import Literal

from pydantic import Field

from vouch.schemas.strict import Share, Strict


class DocumentContract(Strict):
    """Rules for each document; a document that breaks one is quarantined."""

    min_chars: int = Field(default=1, ge=0, description="Minimum length of its text")
    max_chars: int = Field(default=50_000_000, ge=1, description="Maximum length of its text")
    languages: tuple[str, ...] = Field(
        default=(), description="Allowed languages as ISO 639-1 codes; empty: any"
    )


class ChunkContract(Strict):
    """Rules for each chunk; a chunk that breaks one is quarantined, without its document."""

    min_chars: int = Field(default=1, ge=0, description="Minimum length of its text")
    languages: tuple[str, ...] = Field(
        default=(), description="Allowed languages as ISO 639-1 codes; empty: any"
    )


class BatchContract(Strict):
    """Rules for the index as a run would leave it: `warn_*` warn, the others reject the run."""

    min_documents: int = Field(default=1, ge=0, description="Minimum number of published documents")
    max_quarantine_share: Share = Field(
        default=0.5,
        description=(
            "Maximum share of quarantined documents. Unsupported types do not count, nor what a "
            "contract or the content policy stops before it is published (in a source's own "
            "`max_quarantine_share` it does)"
        ),
    )
    warn_quarantine_share: Share = Field(
        default=0.05,
        description="Share of quarantined documents, counted likewise, from which the run warns",
    )
    warn_untitled_share: Share = Field(
        default=0.5,
        description="Share of published documents without a title, of formats that can have one",
    )
    warn_duplicate_share: Share = Field(
        default=0.2, description="Share of chunks with the same text as another chunk"
    )
    warn_unknown_language_share: Share = Field(
        default=0.3, description="Share of chunks whose language was not detected"
    )
    warn_unknown_token_share: Share = Field(
        # 0.11 at most in languages of Latin letters, 0.33 and more in others (decision 33).
        default=0.25,
        description=(
            "Share of a source's newly embedded characters that the model reads as unknown tokens "
            "or letter by letter: it does not know their language"
        ),
    )
    model_change: Literal["block", "warn"] = Field(
        default="block",
        description=(
            "block: a run with another embedding model than the published one's is rejected until "
            "a person approves it; warn: it is published with a warning"
        ),
    )


class Contracts(Strict):
    """Rules for all sources; a source's own rules are in its `contract`."""

    documents: DocumentContract = Field(
        default=DocumentContract(), description="Rules for each document"
    )
    chunks: ChunkContract = Field(default=ChunkContract(), description="Rules for each chunk")
    batch: BatchContract = Field(
        default=BatchContract(), description="Rules for the index as a run would leave it"
    )
