"""From where on a difference between two states of the index is told, and from where on it blocks."""

from typing import Annotated

from pydantic import Field, model_validator

from vouch.schemas.strict import Strict

Level = Annotated[float, Field(ge=0.0)]


class Threshold(Strict):
    """From which distance on a figure warns, and from which it blocks; null never does."""

    warn: Level | None = Field(
        default=None, description="The run warns from this distance on; null: never"
    )
    block: Level | None = Field(
        default=None, description="The run is rejected from this distance on; null: never"
    )

    @model_validator(mode="after")
    def _in_order(self) -> "Threshold":
        if self.warn is not None and self.block is not None and self.block < self.warn:
            raise ValueError("block must not be below warn")
        return self


# What each figure is: both kinds of thresholds have all of them.
Documents = Annotated[Threshold, Field(description="How many documents are published")]
Chunks = Annotated[Threshold, Field(description="How many chunks are published")]
ChunkTokens = Annotated[Threshold, Field(description="Lengths of chunks, in tokens")]
HeadingDepth = Annotated[Threshold, Field(description="How many headings stand above a chunk")]
DocumentChars = Annotated[Threshold, Field(description="Lengths of documents, in characters")]
Languages = Annotated[Threshold, Field(description="Shares of the languages, over chunks")]
Formats = Annotated[
    Threshold, Field(description="Shares of the formats (media types), over documents")
]
Sources = Annotated[Threshold, Field(description="Shares of the sources, over documents")]
Untitled = Annotated[Threshold, Field(description="Share of documents without a title")]
WithoutHeading = Annotated[
    Threshold, Field(description="Share of chunks without a heading above them")
]
UnknownLanguage = Annotated[
    Threshold, Field(description="Share of chunks whose language could not be told")
]
Missing = Annotated[
    Threshold,
    Field(description="Share of documents without a key of metadata; the key that changes most"),
]
Repeated = Annotated[
    Threshold, Field(description="Share of chunks whose text stands in another chunk too")
]
Boilerplate = Annotated[
    Threshold,
    Field(description="Share of chunks that are boilerplate (`policy.boilerplate_documents`)"),
]
Quarantined = Annotated[Threshold, Field(description="Share of documents in quarantine")]
Garbled = Annotated[Threshold, Field(description="Share of chunks that look wrongly decoded")]
Flagged = Annotated[
    Threshold, Field(description="Share of chunks that the content policy has flagged")
]
Vocabulary = Annotated[
    Threshold, Field(description="Share of words that the published texts do not have")
]
Vectors = Annotated[Threshold, Field(description="Where the vectors of documents lie")]


class DriftThresholds(Strict):
    """Distances between two states. Counts: relative change; growth alone warns only. Mixes: total variation distance.

    Lengths: Kolmogorov-Smirnov D, or the shift (Wasserstein distance over the mean) where that is less. Shares: difference.
    Vocabulary: share of words that the published texts do not have, beyond what they have among themselves. Vectors: energy
    coefficient, where a permutation test over documents finds the difference too.
    """

    documents: Documents = Threshold(warn=0.2, block=0.5)
    chunks: Chunks = Threshold(warn=0.3, block=0.6)
    chunk_tokens: ChunkTokens = Threshold(warn=0.15, block=0.4)
    heading_depth: HeadingDepth = Threshold(warn=0.15, block=0.4)
    document_chars: DocumentChars = Threshold(warn=0.15, block=0.5)
    languages: Languages = Threshold(warn=0.05, block=0.25)
    formats: Formats = Threshold(warn=0.1, block=0.5)
    sources: Sources = Threshold(warn=0.2, block=0.5)
    untitled: Untitled = Threshold(warn=0.1, block=0.4)
    without_heading: WithoutHeading = Threshold(warn=0.1, block=0.4)
    unknown_language: UnknownLanguage = Threshold(warn=0.1, block=0.4)
    missing: Missing = Threshold(warn=0.1, block=0.5)
    repeated: Repeated = Threshold(warn=0.05, block=0.3)
    boilerplate: Boilerplate = Threshold(warn=0.05, block=0.3)
    quarantined: Quarantined = Threshold(warn=0.05, block=0.25)
    garbled: Garbled = Threshold(warn=0.02, block=0.2)
    flagged: Flagged = Threshold(warn=0.05, block=None)
    vocabulary: Vocabulary = Threshold(warn=0.2, block=0.5)
    vectors: Vectors = Threshold(warn=0.1, block=0.4)

    def of(self, figure: str) -> Threshold:
        """Of one figure, by its name."""
        found = getattr(self, figure)
        assert isinstance(found, Threshold)
        return found


class ArrivalThresholds(DriftThresholds):
    """The same for what a run brings, held against what its source had: a few documents differ more than a corpus does."""

    documents: Documents = Threshold()
    chunks: Chunks = Threshold()
    sources: Sources = Threshold()
    chunk_tokens: ChunkTokens = Threshold(warn=0.35)
    heading_depth: HeadingDepth = Threshold(warn=0.4)
    document_chars: DocumentChars = Threshold(warn=0.5)
    languages: Languages = Threshold(warn=0.15)
    formats: Formats = Threshold(warn=0.5)
    untitled: Untitled = Threshold(warn=0.3)
    without_heading: WithoutHeading = Threshold(warn=0.3)
    unknown_language: UnknownLanguage = Threshold(warn=0.3)
    missing: Missing = Threshold(warn=0.4)
    repeated: Repeated = Threshold(warn=0.2)
    boilerplate: Boilerplate = Threshold(warn=0.2)
    quarantined: Quarantined = Threshold(warn=0.2)
    garbled: Garbled = Threshold(warn=0.05, block=0.5)
    flagged: Flagged = Threshold(warn=0.2)
    vocabulary: Vocabulary = Threshold(warn=0.25)
    vectors: Vectors = Threshold(warn=0.2)


class DriftSettings(Strict):
    index: DriftThresholds = Field(
        default=DriftThresholds(), description="The whole index against what is published"
    )
    arrivals: ArrivalThresholds = Field(
        default=ArrivalThresholds(), description="What a run brings against what is published"
    )
    min_documents: int = Field(
        default=10, ge=2, description="Fewer on either side are not held against each other"
    )
    alpha: float = Field(
        default=0.001,
        gt=0,
        lt=1,
        description="A difference that chance makes more often than this is none",
    )
    window_runs: int = Field(
        default=30,
        ge=0,
        description="Published runs whose figures are the reference window; 0: none",
    )
    window_deviations: float = Field(
        default=6.0, gt=0, description="Robust standard deviations from the window's median"
    )
