"""Find everything that was made from a document: attachments, chunks, rejects and runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lancedb.expr import col, lit

from vouch.index.store.tables import Tables, is_in, rows
from vouch.schemas.errors import NotFound

Row = dict[str, Any]

_DOCUMENT = (
    "document_id", "parent_id", "source", "uri", "media_type", "status", "reason", "title",
    "language", "parser", "char_count", "chunk_count", "content_sha256", "size",
    "source_modified_at", "first_run_id", "run_id", "ingested_at",
)  # fmt: skip
_CHUNK = (
    "chunk_id", "document_id", "char_start", "char_end", "page_start", "heading_path",
    "token_count", "run_id", "text",
)  # fmt: skip
_REJECT = (
    "quarantine_id", "document_id", "uri", "stage", "reason", "message", "attempts",
    "next_retry_at", "run_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Impact:
    """Rows about a document.

    `documents` holds the document itself first, then what is attached to it, however deep.
    """

    documents: tuple[Row, ...]
    chunks: tuple[Row, ...]
    rejects: tuple[Row, ...]
    runs: tuple[str, ...]


def impact(tables: Tables, uri: str) -> Impact:
    """Return the rows about all documents with this uri, in any source.

    Raises:
        NotFound: The index has no such document.
    """
    matching = rows(tables.documents, _DOCUMENT, col("uri") == lit(uri)).to_pylist()
    if not matching:
        raise NotFound(
            f"the index has no document {uri!r}; uris are relative to the source's path, as "
            "`vouch plan` shows them"
        )
    documents = [*matching, *_attached(tables, [row["document_id"] for row in matching])]
    condition = is_in("document_id", {row["document_id"] for row in documents})
    chunks = rows(tables.chunks, _CHUNK, condition).to_pylist()
    chunks.sort(key=lambda row: (row["document_id"], row["char_start"]))
    rejects = rows(tables.quarantine, _REJECT, condition).to_pylist()
    runs = sorted({row[name] for row in documents for name in ("first_run_id", "run_id")})
    return Impact(tuple(documents), tuple(chunks), tuple(rejects), tuple(runs))


def _attached(tables: Tables, parents: list[str]) -> list[Row]:
    below: list[Row] = rows(tables.documents, _DOCUMENT, is_in("parent_id", parents)).to_pylist()
    return [*below, *_attached(tables, [row["document_id"] for row in below])] if below else []


def roots_of(tables: Tables, documents: Iterable[str]) -> set[str]:
    """Return the listed documents that these are, or that they are attached to."""
    table = rows(tables.documents, ["document_id", "parent_id"])
    ids, parent_ids = table.column("document_id").to_pylist(), table.column("parent_id").to_pylist()
    parents = dict(zip(ids, parent_ids, strict=True))
    return {_root(identity, parents) for identity in documents if identity in parents}


def _root(identity: str, parents: Mapping[str, str | None]) -> str:
    parent = parents.get(identity)
    return _root(parent, parents) if parent else identity
