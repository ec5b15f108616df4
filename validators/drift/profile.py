"""Profile a state of the index, or a part of it: what drift compares, and what a series keeps."""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from vouch.validators.quarantine import IN_QUARANTINE, is_readable, is_stopped
from vouch.validators.row_parts import Rows, collect, count, part_count, parts_by

Sample: TypeAlias = npt.NDArray[np.float64]

_SAMPLE = 20_000
SHARES = (
    "untitled", "without_heading", "unknown_language", "repeated", "boilerplate", "quarantined",
    "garbled", "flagged",
)  # fmt: skip
QUARANTINED = "quarantined"
"""In a series all documents in quarantine."""
UNPROCESSED = "unprocessed"
"""In a series those of them that no contract and no policy stopped."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The figures of some documents and their chunks.

    `shares` are (part, whole) in rows; `mixes` are counts by name; `samples` are lengths; `missing`
    are (documents without it, documents) by metadata key. `owners` has the `document_id` of each
    chunk. The share `quarantined` leaves out what a contract or the policy stopped; in
    `in_quarantine` it counts. `not_readable` of the documents nothing on this machine reads.
    """

    documents: int
    chunks: int
    shares: dict[str, tuple[int, int]]
    mixes: dict[str, dict[str, int]]
    samples: dict[str, Sample] = field(repr=False)
    left_out: "LeftOutShare"
    missing: dict[str, tuple[int, int]]
    owners: Rows = field(repr=False)
    in_quarantine: tuple[int, int] = (0, 0)
    not_readable: int = 0

    def share(self, name: str) -> float:
        """Return a share between 0 and 1; 0 where there are no rows."""
        part, whole = self.shares[name]
        return part / whole if whole else 0.0

    @property
    def quarantine_share(self) -> float:
        """The share of the documents that is in quarantine, for whatever reason."""
        part, whole = self.in_quarantine
        return part / whole if whole else 0.0

    @property
    def fault_share(self) -> float:
        """The share in quarantine that neither a rule stopped nor another machine would read."""
        part, whole = (count - self.not_readable for count in self.shares["quarantined"])
        return part / whole if whole else 0.0

    @property
    def left_out_share(self) -> float | None:
        """The share of the characters that is not searched; None where none were counted."""
        return self.left_out.characters / self.left_out.read if self.left_out.read else None


@dataclass(frozen=True, slots=True)
class LeftOutShare:
    """The share of a document's characters that is not searched: mean and standard deviation over
    the `documents` in which they were counted, and the sums of both.
    """

    documents: int = 0
    mean: float = 0.0
    deviation: float = 0.0
    characters: int = 0
    read: int = 0


def build_profile(documents: Rows, chunks: Rows, boilerplate: frozenset[str]) -> Profile:
    """Profile documents and their chunks, as `vouch.index.publishing.candidate.State` has them.

    Filtered documents are ignored. `boilerplate` are the hashes of texts that many documents have.
    """
    processed = documents.lazy().filter(pl.col("status") != "filtered")
    published = processed.filter(pl.col("status") == "published")
    counted = collect(published.select(documents=pl.len(), untitled=pl.col("title").null_count()))
    document_count, untitled = counted.row(0)
    outcomes = processed.select(
        processed=pl.len(),
        stopped=is_stopped().sum(),
        not_readable=(IN_QUARANTINE & ~is_readable()).sum(),
    )
    processed_count, stopped, not_readable = collect(outcomes).row(0)
    in_quarantine, chunk_count = processed_count - document_count, count(chunks)
    parts = _chunk_parts(chunks, chunk_count, boilerplate)
    return Profile(
        documents=document_count,
        chunks=chunk_count,
        shares={
            "untitled": (untitled, document_count),
            "quarantined": (in_quarantine - stopped, processed_count - stopped),
            **{name: (part, chunk_count) for name, part in parts.items()},
        },
        mixes={
            "languages": _mix(chunks, "language"),
            "formats": _mix(published, "media_type"),
            "sources": _mix(published, "source"),
        },
        samples={
            "chunk_tokens": _sample(chunks, "token_count", chunk_count),
            "heading_depth": _sample(chunks, "heading_depth", chunk_count),
            "document_chars": _sample(published, "char_count", document_count),
        },
        left_out=_left_out(published),
        missing=_missing(published, document_count),
        owners=chunks.lazy().select("document_id"),
        in_quarantine=(in_quarantine, processed_count),
        not_readable=not_readable,
    )


def _chunk_parts(chunks: Rows, chunk_count: int, boilerplate: frozenset[str]) -> dict[str, int]:
    """Return the number of chunks that count for each share."""
    hashes = pl.Series(sorted(boilerplate), dtype=pl.String).implode()
    other_flags = pl.col("flags").list.set_difference(["garbled"])
    sums = collect(
        chunks.lazy().select(
            without_heading=(pl.col("heading_depth") == 0).sum(),
            unknown_language=pl.col("language").null_count(),
            boilerplate=pl.col("text_sha256").is_in(hashes).sum(),
            garbled=pl.col("flags").list.count_matches("garbled").sum(),
            flagged=(other_flags.list.len() > 0).sum(),
        )
    )
    by_text = parts_by(chunks, "text_sha256", ["text_sha256"], part_count(chunks))
    texts = sum(part["text_sha256"].n_unique() for part in by_text)
    return {"repeated": chunk_count - texts} | {
        str(name): int(value) for name, value in sums.row(0, named=True).items()
    }


def _mix(rows: Rows, column: str) -> dict[str, int]:
    counts = collect(rows.lazy().select(column).drop_nulls().group_by(column).len())
    return {str(name): int(number) for name, number in counts.iter_rows()}


def _sample(rows: Rows, column: str, row_count: int) -> Sample:
    """Return a bounded number of values, taken at even steps: the rows have no order."""
    step = max(1, row_count // _SAMPLE)
    values = rows.lazy().select(column).gather_every(step).collect().to_series()
    return values.to_numpy().astype(np.float64)


def _left_out(published: pl.LazyFrame) -> LeftOutShare:
    share = pl.col("left_out_chars") / pl.col("read_chars")
    figures = published.filter(pl.col("read_chars") > 0).select(
        documents=pl.len(),
        mean=share.mean(),
        deviation=share.std(ddof=0),
        characters=pl.col("left_out_chars").sum(),
        read=pl.col("read_chars").sum(),
    )
    values = collect(figures).row(0, named=True)
    return LeftOutShare(**values) if values["documents"] else LeftOutShare()


def _missing(published: pl.LazyFrame, document_count: int) -> dict[str, tuple[int, int]]:
    """Return by metadata key how many documents lack it, of how many."""
    # An empty frame may have a metadata column without the fields of its structs.
    if not document_count:
        return {}
    # A list has a pair for each of its entries.
    of_each = pl.col("metadata").list.eval(pl.element().struct.field("key")).list.unique()
    keys = published.select(of_each.explode().alias("key")).drop_nulls()
    counts = collect(keys.group_by("key").len())
    return {
        str(key): (document_count - int(number), document_count)
        for key, number in counts.iter_rows()
    }


def to_series(profile: Profile) -> dict[str, float]:
    """Return the figures by name, as a point of the series that runs record."""
    point: dict[str, float] = {"documents": profile.documents, "chunks": profile.chunks}
    point |= {name: round(profile.share(name), 6) for name in SHARES}
    point |= {UNPROCESSED: point["quarantined"], QUARANTINED: round(profile.quarantine_share, 6)}
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
