"""The figures of a state of the index, or of a part of it: what drift is told by, and what is kept as a series."""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

Sample: TypeAlias = npt.NDArray[np.float64]

_SAMPLE = 20_000
SHARES = (
    "untitled", "without_heading", "unknown_language", "repeated", "boilerplate", "quarantined", "garbled", "flagged",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profile:
    """`shares` are (part, whole) in rows; `mixes` are counts by name; `samples` are lengths; `missing` by metadata key.

    `of_document` is how many chunks (`len`) each document (`document_id`) has.
    """

    documents: int
    chunks: int
    shares: dict[str, tuple[int, int]]
    mixes: dict[str, dict[str, int]]
    samples: dict[str, Sample] = field(repr=False)
    missing: dict[str, tuple[int, int]]
    of_document: pl.DataFrame = field(repr=False)

    def share(self, name: str) -> float:
        """Between 0 and 1; 0 of nothing."""
        part, whole = self.shares[name]
        return part / whole if whole else 0.0


def profile(documents: pl.DataFrame, chunks: pl.DataFrame, boilerplate: frozenset[str]) -> Profile:
    """Of documents (without filtered ones) and their chunks, as `vouch.index.publishing.candidate.Candidate` has them.

    `boilerplate` are the hashes of texts that stand in many documents.
    """
    known = documents.filter(pl.col("status") != "filtered")
    published = known.filter(pl.col("status") == "published")
    of_documents = {
        "untitled": (published["title"].null_count(), published.height),
        "quarantined": (known.height - published.height, known.height),
    }
    return Profile(
        documents=published.height,
        chunks=chunks.height,
        shares=of_documents
        | {
            name: (part, chunks.height) for name, part in _chunk_shares(chunks, boilerplate).items()
        },
        mixes={
            "languages": _mix(chunks["language"]),
            "formats": _mix(published["media_type"]),
            "sources": _mix(published["source"]),
        },
        samples={
            "chunk_tokens": _sample(chunks["token_count"]),
            "heading_depth": _sample(chunks["heading_depth"]),
            "document_chars": _sample(published["char_count"]),
        },
        missing=_missing(published),
        of_document=chunks.group_by("document_id").len(),
    )


def _chunk_shares(chunks: pl.DataFrame, boilerplate: frozenset[str]) -> dict[str, int]:
    flags = chunks["flags"].explode().drop_nulls()
    return {
        "without_heading": int((chunks["heading_depth"] == 0).sum()),
        "unknown_language": chunks["language"].null_count(),
        "repeated": chunks.height - chunks["text_sha256"].n_unique(),
        "boilerplate": int(
            chunks["text_sha256"]
            .is_in(pl.Series(sorted(boilerplate), dtype=pl.String).implode())
            .sum()
        ),
        "garbled": int((flags == "garbled").sum()),
        "flagged": chunks.filter(
            pl.col("flags").list.set_difference(["garbled"]).list.len() > 0
        ).height,
    }


def _mix(values: pl.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in values.drop_nulls().value_counts().iter_rows()}


def _sample(values: pl.Series) -> Sample:
    """At most so many, evenly over the rows, whose order is of no meaning."""
    step = max(1, len(values) // _SAMPLE)
    return values.gather_every(step).to_numpy().astype(np.float64)


def _missing(published: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """How many documents are without each key of the metadata that any has."""
    keys = (
        published.select(pl.col("metadata").explode().struct.field("key")).drop_nulls()
        if published.height
        else None
    )
    if keys is None or keys.is_empty():
        return {}
    return {
        str(key): (published.height - int(count), published.height)
        for key, count in keys["key"].value_counts().iter_rows()
    }


def figures(whole: Profile) -> dict[str, float]:
    """Flat, as a point of the series that runs record."""
    found: dict[str, float] = {"documents": whole.documents, "chunks": whole.chunks}
    found |= {name: round(whole.share(name), 6) for name in SHARES}
    found |= {
        f"median {name}": float(np.median(sample))
        for name, sample in whole.samples.items()
        if len(sample)
    }
    total = sum(whole.mixes["languages"].values())
    return found | {
        f"language {name}": round(count / total, 6)
        for name, count in sorted(whole.mixes["languages"].items())
    }
