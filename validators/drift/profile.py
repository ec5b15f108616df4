"""Profile a state of the index, or a part of it: what drift compares, and what a series keeps."""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

Sample: TypeAlias = npt.NDArray[np.float64]

_SAMPLE = 20_000
SHARES = (
    "untitled", "without_heading", "unknown_language", "repeated", "boilerplate", "quarantined",
    "garbled", "flagged",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profile:
    """The figures of some documents and their chunks.

    `shares` are (part, whole) in rows; `mixes` are counts by name; `samples` are lengths; `missing`
    are (documents without it, documents) by metadata key. `left_out`, shape (n, 2), are the
    characters of each document that are not searched, and those that its parser read, of the
    documents in which they were counted. `of_document` has a row for each
    document: its `document_id` and its number of chunks `len`.
    """

    documents: int
    chunks: int
    shares: dict[str, tuple[int, int]]
    mixes: dict[str, dict[str, int]]
    samples: dict[str, Sample] = field(repr=False)
    left_out: Sample = field(repr=False)
    missing: dict[str, tuple[int, int]]
    of_document: pl.DataFrame = field(repr=False)

    def share(self, name: str) -> float:
        """Return a share between 0 and 1; 0 where there are no rows."""
        part, whole = self.shares[name]
        return part / whole if whole else 0.0

    @property
    def left_out_share(self) -> float | None:
        """The share of the characters that is not searched; None where none were counted."""
        left_out, read = self.left_out.sum(axis=0)
        return float(left_out / read) if read else None


def build_profile(
    documents: pl.DataFrame, chunks: pl.DataFrame, boilerplate: frozenset[str]
) -> Profile:
    """Profile documents and their chunks, as `vouch.index.publishing.candidate.State` has them.

    Filtered documents are ignored. `boilerplate` are the hashes of texts that many documents have.
    """
    processed = documents.filter(pl.col("status") != "filtered")
    published = processed.filter(pl.col("status") == "published")
    parts = _chunk_parts(chunks, boilerplate)
    return Profile(
        documents=published.height,
        chunks=chunks.height,
        shares={
            "untitled": (published["title"].null_count(), published.height),
            "quarantined": (processed.height - published.height, processed.height),
            **{name: (part, chunks.height) for name, part in parts.items()},
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
        left_out=_left_out(published),
        missing=_missing(published),
        of_document=chunks.group_by("document_id").len(),
    )


def _chunk_parts(chunks: pl.DataFrame, boilerplate: frozenset[str]) -> dict[str, int]:
    """Return the number of chunks that count for each share."""
    flags = chunks["flags"]
    hashes = pl.Series(sorted(boilerplate), dtype=pl.String).implode()
    other_flags = pl.col("flags").list.set_difference(["garbled"])
    return {
        "without_heading": int((chunks["heading_depth"] == 0).sum()),
        "unknown_language": chunks["language"].null_count(),
        "repeated": chunks.height - chunks["text_sha256"].n_unique(),
        "boilerplate": int(chunks["text_sha256"].is_in(hashes).sum()),
        "garbled": int((flags.explode().drop_nulls() == "garbled").sum()),
        "flagged": chunks.filter(other_flags.list.len() > 0).height,
    }


def _mix(values: pl.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in values.drop_nulls().value_counts().iter_rows()}


def _sample(values: pl.Series) -> Sample:
    """Return a bounded number of values, taken at even steps: the rows have no order."""
    step = max(1, len(values) // _SAMPLE)
    return values.gather_every(step).to_numpy().astype(np.float64)


def _left_out(published: pl.DataFrame) -> Sample:
    counted = published.filter(pl.col("read_chars") > 0)
    return counted.select("left_out_chars", "read_chars").to_numpy().astype(np.float64)


def _missing(published: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Return by metadata key how many documents lack it, of how many."""
    # An empty frame may have a metadata column without the fields of its structs.
    if not published.height:
        return {}
    keys = published.select(pl.col("metadata").explode().struct.field("key")).drop_nulls()
    return {
        str(key): (published.height - int(count), published.height)
        for key, count in keys["key"].value_counts().iter_rows()
    }


def to_series(profile: Profile) -> dict[str, float]:
    """Return the figures by name, as a point of the series that runs record."""
    point: dict[str, float] = {"documents": profile.documents, "chunks": profile.chunks}
    point |= {name: round(profile.share(name), 6) for name in SHARES}
    point |= {
        f"median {name}": float(np.median(sample))
        for name, sample in profile.samples.items()
        if len(sample)
    }
    if profile.left_out_share is not None:
        point["left_out"] = round(profile.left_out_share, 6)
    languages = profile.mixes["languages"]
    total = sum(languages.values())
    shares = {name: round(count / total, 6) for name, count in sorted(languages.items())}
    return point | {f"language {name}": share for name, share in shares.items()}
