"""Candidates as frames of a few rows, valid unless stated otherwise."""

import polars as pl

from vouch.index.publishing.states import Candidate, State

_PAIRS = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))


def documents(count: int = 4, **changes) -> pl.DataFrame:
    """Published documents `d0`, `d1`, … of the source `docs`, as the audit reads them."""
    columns = {
        "document_id": [f"d{n}" for n in range(count)],
        "source": ["docs"] * count,
        "uri": [f"{n}.md" for n in range(count)],
        "status": ["published"] * count,
        "reason": [None] * count,
        "title": ["T"] * count,
        "language": ["en"] * count,
        "media_type": ["text/markdown"] * count,
        "char_count": [1000] * count,
        "read_chars": [1000] * count,
        "left_out_chars": [0] * count,
        "chunk_count": [2] * count,
        "metadata": [[]] * count,
        "source_modified_at": [None] * count,
    }
    types = {
        "chunk_count": pl.Int32, "reason": pl.String, "title": pl.String, "language": pl.String,
        "metadata": _PAIRS, "source_modified_at": pl.Datetime("us", "UTC"),
    }  # fmt: skip
    return pl.DataFrame(columns | changes, schema_overrides=types)


def chunks(count: int = 8, fingerprint: str = "e", **changes) -> pl.DataFrame:
    """Two chunks for each document."""
    columns = {
        "chunk_id": [f"c{n}" for n in range(count)],
        "document_id": [f"d{n // 2}" for n in range(count)],
        "source": ["docs"] * count,
        "language": ["en"] * count,
        "token_count": [30] * count,
        "text_sha256": [f"t{n}" for n in range(count)],
        "embedding_fingerprint": [fingerprint] * count,
        "chunk_fingerprint": ["k"] * count,
        "flags": [[]] * count,
        "minhash": [None] * count,
        "heading_depth": [1] * count,
    }
    types = {"language": pl.String, "flags": pl.List(pl.String), "minhash": pl.Binary}
    return pl.DataFrame(columns | changes, schema_overrides=types)


EMPTY = State(documents().clear(), chunks().clear())


def candidate(
    after: State | None = None, before: State = EMPTY, arrivals: State | None = None
) -> Candidate:
    """The state after publishing, by default four documents where nothing was published."""
    after = after or State(documents(), chunks())
    return Candidate(after.documents, after.chunks, before, arrivals or after)
