"""From where on a difference between two states of the index is told, and from where on it blocks."""

from typing import Annotated

from pydantic import Field, model_validator

from schemas.strict import Strict

Level = Annotated[float, Field(ge=0.0)]


class Threshold(Strict):
    """From which distance on a figure warns, and from which it blocks; null never does."""

    warn: Level | None = None
    block: Level | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Threshold":
        if self.warn is not None and self.block is not None and self.block < self.warn:
            raise ValueError("block must not be below warn")
        return self


class DriftThresholds(Strict):
    """Distances between two states. Counts: relative change; growth alone warns only. Mixes: total variation distance.

    Lengths: Kolmogorov-Smirnov D, or the shift (Wasserstein distance over the mean) where that is less. Shares: difference.
    Vocabulary: share of words that the published texts do not have, beyond what they have among themselves. Vectors: energy
    coefficient, where a permutation test over documents finds the difference too.
    """

    documents: Threshold = Threshold(warn=0.2, block=0.5)
    chunks: Threshold = Threshold(warn=0.3, block=0.6)
    chunk_tokens: Threshold = Threshold(warn=0.15, block=0.4)
    heading_depth: Threshold = Threshold(warn=0.15, block=0.4)
    document_chars: Threshold = Threshold(warn=0.15, block=0.5)
    languages: Threshold = Threshold(warn=0.05, block=0.25)
    formats: Threshold = Threshold(warn=0.1, block=0.5)
    sources: Threshold = Threshold(warn=0.2, block=0.5)
    untitled: Threshold = Threshold(warn=0.1, block=0.4)
    without_heading: Threshold = Threshold(warn=0.1, block=0.4)
    unknown_language: Threshold = Threshold(warn=0.1, block=0.4)
    missing: Threshold = Threshold(warn=0.1, block=0.5)
    repeated: Threshold = Threshold(warn=0.05, block=0.3)
    boilerplate: Threshold = Threshold(warn=0.05, block=0.3)
    quarantined: Threshold = Threshold(warn=0.05, block=0.25)
    garbled: Threshold = Threshold(warn=0.02, block=0.2)
    flagged: Threshold = Threshold(warn=0.05, block=None)
    vocabulary: Threshold = Threshold(warn=0.2, block=0.5)
    vectors: Threshold = Threshold(warn=0.1, block=0.4)

    def of(self, figure: str) -> Threshold:
        """Of one figure, by its name."""
        found = getattr(self, figure)
        assert isinstance(found, Threshold)
        return found


class ArrivalThresholds(DriftThresholds):
    """The same for what a run brings, held against what its source had: a few documents differ more than a corpus does."""

    documents: Threshold = Threshold()
    chunks: Threshold = Threshold()
    sources: Threshold = Threshold()
    chunk_tokens: Threshold = Threshold(warn=0.35)
    heading_depth: Threshold = Threshold(warn=0.4)
    document_chars: Threshold = Threshold(warn=0.5)
    languages: Threshold = Threshold(warn=0.15)
    formats: Threshold = Threshold(warn=0.5)
    untitled: Threshold = Threshold(warn=0.3)
    without_heading: Threshold = Threshold(warn=0.3)
    unknown_language: Threshold = Threshold(warn=0.3)
    missing: Threshold = Threshold(warn=0.4)
    repeated: Threshold = Threshold(warn=0.2)
    boilerplate: Threshold = Threshold(warn=0.2)
    quarantined: Threshold = Threshold(warn=0.2)
    garbled: Threshold = Threshold(warn=0.05, block=0.5)
    flagged: Threshold = Threshold(warn=0.2)
    vocabulary: Threshold = Threshold(warn=0.25)
    vectors: Threshold = Threshold(warn=0.2)


class DriftSettings(Strict):
    index: DriftThresholds = Field(default=DriftThresholds(), description="The whole index against what is published")
    arrivals: ArrivalThresholds = Field(default=ArrivalThresholds(), description="What a run brings against what is published")
    min_documents: int = Field(default=10, ge=2, description="Fewer on either side are not held against each other")
    alpha: float = Field(default=0.001, gt=0, lt=1, description="A difference that chance makes more often than this is none")
    window_runs: int = Field(default=30, ge=0, description="Published runs whose figures are the reference window; 0: none")
    window_deviations: float = Field(default=6.0, gt=0, description="Robust standard deviations from the window's median")
