"""All that came of a document: its states, what was attached to it, its chunks, its rejects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lancedb.expr import col, lit

from vouch.index.store.tables import Tables, is_in, rows
from vouch.schemas.errors import NotFound

Row = dict[str, Any]

_DOCUMENT = (
    "document_id", "parent_id", "source", "uri", "media_type", "status", "reason", "title", "language", "parser", "char_count",
    "chunk_count", "content_sha256", "size", "source_modified_at", "first_run_id", "run_id", "ingested_at",
)  # fmt: skip
_CHUNK = (
    "chunk_id",
    "document_id",
    "char_start",
    "char_end",
    "page_start",
    "heading_path",
    "token_count",
    "run_id",
    "text",
)
_REJECT = (
    "quarantine_id",
    "document_id",
    "uri",
    "stage",
    "reason",
    "message",
    "attempts",
    "next_retry_at",
    "run_id",
)


@dataclass(frozen=True, slots=True)
class Impact:
    """`documents` holds the document itself first, then what was attached to it."""

    documents: tuple[Row, ...]
    chunks: tuple[Row, ...]
    rejects: tuple[Row, ...]
    runs: tuple[str, ...]


def impact(tables: Tables, uri: str) -> Impact:
    """Of all documents with this uri, in whatever source. Raises `NotFound`."""
    found = rows(tables.documents, _DOCUMENT, col("uri") == lit(uri)).to_pylist()
    if not found:
        raise NotFound(
            f"the index knows no document {uri!r}; uris count from the source's path, as `vouch plan` shows them"
        )
    documents = [*found, *_attached(tables, [row["document_id"] for row in found])]
    identities = is_in("document_id", {row["document_id"] for row in documents})
    chunks = sorted(
        rows(tables.chunks, _CHUNK, identities).to_pylist(),
        key=lambda row: (row["document_id"], row["char_start"]),
    )
    rejects = rows(tables.quarantine, _REJECT, identities).to_pylist()
    runs = sorted({row[name] for row in documents for name in ("first_run_id", "run_id")})
    return Impact(tuple(documents), tuple(chunks), tuple(rejects), tuple(runs))


def _attached(tables: Tables, parents: list[str]) -> list[Row]:
    below: list[Row] = rows(tables.documents, _DOCUMENT, is_in("parent_id", parents)).to_pylist()
    return [*below, *_attached(tables, [row["document_id"] for row in below])] if below else []


def roots_of(tables: Tables, documents: Iterable[str]) -> set[str]:
    """The listed documents that these are, or are attached to, however deep."""
    parents = dict(
        zip(
            *(
                rows(tables.documents, ["document_id", "parent_id"]).column(n).to_pylist()
                for n in (0, 1)
            ),
            strict=True,
        )
    )
    return {_root(identity, parents) for identity in documents if identity in parents}


def _root(identity: str, parents: Mapping[str, str | None]) -> str:
    parent = parents.get(identity)
    return _root(parent, parents) if parent else identity
