"""Thresholds of drift: how much a state of the index may differ from the published one.

`validators/drift` computes the distances; the distance of each metric is documented at
`DriftThresholds`.
"""

from typing import Annotated

from pydantic import Field, model_validator

from vouch.schemas.strict import Strict

Level = Annotated[float, Field(ge=0.0)]


class Threshold(Strict):
    """The distances from which a metric warns and from which it blocks."""

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


# The metrics, with their descriptions: DriftThresholds and ArrivalThresholds have all of them.
Documents = Annotated[Threshold, Field(description="Number of published documents")]
Chunks = Annotated[Threshold, Field(description="Number of published chunks")]
ChunkTokens = Annotated[Threshold, Field(description="Distribution of chunk lengths in tokens")]
HeadingDepth = Annotated[
    Threshold, Field(description="Distribution of the number of headings above a chunk")
]
DocumentChars = Annotated[
    Threshold, Field(description="Distribution of document lengths in characters")
]
Languages = Annotated[Threshold, Field(description="Shares of languages among chunks")]
Formats = Annotated[Threshold, Field(description="Shares of formats (media types) among documents")]
Sources = Annotated[Threshold, Field(description="Shares of sources among documents")]
Untitled = Annotated[Threshold, Field(description="Share of documents without a title")]
WithoutHeading = Annotated[
    Threshold, Field(description="Share of chunks without a heading above them")
]
UnknownLanguage = Annotated[
    Threshold, Field(description="Share of chunks whose language was not detected")
]
Missing = Annotated[
    Threshold,
    Field(
        description="Share of documents without a metadata key, for the key that changed the most"
    ),
]
Repeated = Annotated[
    Threshold, Field(description="Share of chunks with the same text as another chunk")
]
Boilerplate = Annotated[
    Threshold,
    Field(description="Share of chunks that are boilerplate (`policy.boilerplate_documents`)"),
]
Quarantined = Annotated[
    Threshold,
    Field(
        description=(
            "Share of documents in quarantine, without new ones that a contract or the content "
            "policy stopped; types that nothing here reads only warn"
        )
    ),
]
Garbled = Annotated[
    Threshold, Field(description="Share of chunks that look decoded with a wrong encoding")
]
Flagged = Annotated[Threshold, Field(description="Share of chunks that the content policy flagged")]
LeftOut = Annotated[
    Threshold,
    Field(
        description=(
            "Share of the characters that parsers read and that are not searched: page headers, "
            "boilerplate, hidden text"
        )
    ),
]
Vocabulary = Annotated[
    Threshold, Field(description="Share of words that are not in the published texts")
]
Vectors = Annotated[Threshold, Field(description="Distribution of document vectors")]


class DriftThresholds(Strict):
    """Thresholds of the whole index after a run against the published state.

    Distances: counts by relative change (growth alone only warns); shares of languages, formats
    and sources by total variation distance; lengths by the Kolmogorov-Smirnov D, or the shift
    (Wasserstein distance over the mean) where that is less; single shares by difference;
    vocabulary by the share of new words beyond that of the published texts among themselves;
    vectors by the energy coefficient, where a permutation test over documents is significant too.
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
    left_out: LeftOut = Threshold(warn=0.1)
    vocabulary: Vocabulary = Threshold(warn=0.2, block=0.5)
    vectors: Vectors = Threshold(warn=0.1, block=0.4)

    def of(self, metric: str) -> Threshold:
        """Return the threshold of a metric by its name."""
        threshold = getattr(self, metric)
        assert isinstance(threshold, Threshold)
        return threshold


class ArrivalThresholds(DriftThresholds):
    """Thresholds of the documents that a run adds or changes, against those of the same source.

    The defaults are higher: a few documents vary more than a corpus does.
    """

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
    left_out: LeftOut = Threshold(warn=0.3)
    vocabulary: Vocabulary = Threshold(warn=0.25)
    vectors: Vectors = Threshold(warn=0.2)


class DriftSettings(Strict):
    """What a run would publish is compared with what is published."""

    index: DriftThresholds = Field(
        default=DriftThresholds(),
        description="Thresholds of the whole index against the published state",
    )
    arrivals: ArrivalThresholds = Field(
        default=ArrivalThresholds(),
        description="Thresholds of the run's documents against the published ones of their source",
    )
    min_documents: int = Field(
        default=10, ge=2, description="Two sides are compared if each has this many documents"
    )
    alpha: float = Field(
        default=0.001,
        gt=0,
        lt=1,
        description="Significance level: a difference above it is attributed to chance",
    )
    window_runs: int = Field(
        default=30,
        ge=0,
        description="Published runs whose metrics are the reference window; 0: no window",
    )
    window_deviations: float = Field(
        default=6.0,
        gt=0,
        description="Robust standard deviations from the window's median from which a run warns",
    )
