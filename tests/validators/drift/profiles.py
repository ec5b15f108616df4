"""Frames and profiles of a small state of the index, valid unless stated otherwise."""

import polars as pl

from vouch.validators.drift.profile import Profile, build_profile


def documents(count: int = 100, **changes) -> pl.DataFrame:
    columns = {
        "document_id": [f"d{n}" for n in range(count)],
        "source": ["docs"] * count,
        "uri": [f"{n}.md" for n in range(count)],
        "status": ["published"] * count,
        "reason": [None] * count,
        "title": ["T"] * count,
        "media_type": ["text/markdown"] * count,
        "char_count": [1000 + 10 * (n % 50) for n in range(count)],
        "read_chars": [1000] * count,
        "left_out_chars": [10 * (n % 20) for n in range(count)],
        "metadata": [[{"key": "team", "value": "a"}]] * count,
    }
    types = {
        "title": pl.String, "reason": pl.String, "read_chars": pl.Int64, "left_out_chars": pl.Int64,
        "metadata": pl.List(pl.Struct({"key": pl.String, "value": pl.String})),
    }  # fmt: skip
    return pl.DataFrame(columns | changes, schema_overrides=types)


def chunks(count: int = 400, **changes) -> pl.DataFrame:
    columns = {
        "document_id": [f"d{n // 4}" for n in range(count)],
        "source": ["docs"] * count,
        "language": ["en"] * count,
        "token_count": [100 + n % 90 for n in range(count)],
        "text_sha256": [f"t{n}" for n in range(count)],
        "heading_depth": [2] * count,
        "flags": [[]] * count,
    }
    types = {"language": pl.String, "flags": pl.List(pl.String)}
    return pl.DataFrame(columns | changes, schema_overrides=types)


def state(
    document_changes: dict | None = None,
    chunk_changes: dict | None = None,
    boilerplate: frozenset[str] = frozenset(),
) -> Profile:
    """The profile of a hundred documents with four chunks each."""
    document_rows, chunk_rows = (
        documents(**(document_changes or {})),
        chunks(**(chunk_changes or {})),
    )
    return build_profile(document_rows, chunk_rows, boilerplate)


def halved(values: list, value: object) -> list:
    """Every second value replaced."""
    return [value if n % 2 else kept for n, kept in enumerate(values)]
