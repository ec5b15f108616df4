"""From records to rows: the columns of the published tables, built once, so that lineage is the same everywhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from embedders.model import Vectors
from parsers.registry import parse_fingerprint
from schemas.ids import chunk_id, quarantine_id, sha256_text
from schemas.records import Chunk, Document, Fingerprints, Metadata, Origin, Reason, Reject

Row = dict[str, Any]

# What may pass by itself: the others are tried again when the file, its parser or a setting has changed.
_MAY_PASS = frozenset({Reason.FETCH_FAILED, Reason.PARSER_TIMEOUT, Reason.PARSER_MEMORY, Reason.PARSER_CRASHED})


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every row of a run carries."""

    run_id: str
    at: datetime
    fingerprints: Fingerprints


def chunk_rows(
    origin: Origin, document: Document, chunks: Sequence[Chunk], languages: Sequence[str | None], stamp: Stamp
) -> list[Row]:
    """One row a chunk, without its vector."""
    shared = _shared(origin, document.metadata, stamp)
    return [
        shared
        | {
            "chunk_id": chunk_id(origin.document_id, chunk.char_start, chunk.char_end, chunk.text),
            "text": chunk.text,
            "embedded_text": chunk.embedded_text,
            "heading_path": list(chunk.heading_path),
            "element_types": [str(kind) for kind in chunk.element_types],
            "language": language,
            "char_start": chunk.char_start,
            "char_end": chunk.char_end,
            "page_start": chunk.page_start,
            "page_end": chunk.page_end,
            "token_count": chunk.token_count,
            "text_sha256": sha256_text(chunk.text),
            "embedded_sha256": sha256_text(chunk.embedding_input),
        }
        for chunk, language in zip(chunks, languages, strict=True)
    ]


def _shared(origin: Origin, metadata: Metadata, stamp: Stamp) -> Row:
    return {
        "document_id": origin.document_id,
        "source": origin.source,
        "uri": origin.uri,
        "title": metadata.title,
        "content_sha256": origin.content_sha256,
        "parser": origin.parser,
        "parse_fingerprint": _parse_fingerprint(origin),
        "chunk_fingerprint": stamp.fingerprints.chunk,
        "embedding_fingerprint": stamp.fingerprints.embedding,
        "run_id": stamp.run_id,
        "source_modified_at": origin.modified,
        "ingested_at": stamp.at,
        "flags": [],
        "metadata": metadata_pairs(metadata),
    }


def metadata_pairs(metadata: Metadata) -> list[Row]:
    """What the document says of itself, as keys and values."""
    known = {
        "author": metadata.author,
        "declared_language": metadata.language,
        "created": metadata.created.isoformat() if metadata.created else None,
        "modified": metadata.modified.isoformat() if metadata.modified else None,
    }
    pairs = [*((key, value) for key, value in known.items() if value), *metadata.extra]
    return [{"key": key, "value": value} for key, value in pairs]


def document_row(
    origin: Origin,
    stamp: Stamp,
    *,
    status: str,
    reason: str | None = None,
    document: Document | None = None,
    chunk_count: int = 0,
    language: str | None = None,
    first_run_id: str | None = None,
) -> Row:
    """A document's row, whatever became of it. Only a published one keeps its text."""
    metadata = document.metadata if document else Metadata()
    return {
        "document_id": origin.document_id,
        "parent_id": origin.parent_id,
        "source": origin.source,
        "uri": origin.uri,
        "media_type": origin.media_type,
        "status": status,
        "reason": reason,
        "content_sha256": origin.content_sha256,
        "size": origin.size,
        "etag": origin.etag,
        "source_modified_at": origin.modified,
        "title": metadata.title,
        "author": metadata.author,
        "language": language,
        "canonical_text": document.text if document else None,
        "char_count": len(document.text) if document else 0,
        "chunk_count": chunk_count,
        "parser": origin.parser,
        "parse_fingerprint": _parse_fingerprint(origin),
        "chunk_fingerprint": stamp.fingerprints.chunk,
        "embedding_fingerprint": stamp.fingerprints.embedding,
        "first_run_id": first_run_id or stamp.run_id,
        "run_id": stamp.run_id,
        "ingested_at": stamp.at,
        "metadata": metadata_pairs(metadata),
    }


def quarantine_row(
    origin: Origin, reject: Reject, stamp: Stamp, earlier: Mapping[str, Any] | None, retry_after_h: float
) -> Row:
    """`earlier` is the row that the index holds for the same document and stage, whose attempts are counted on."""
    span = reject.span or (None, None)
    return {
        "quarantine_id": quarantine_id(origin.document_id, reject.stage, f"{span[0]}:{span[1]}" if reject.span else ""),
        "document_id": origin.document_id,
        "source": origin.source,
        "uri": origin.uri,
        "stage": str(reject.stage),
        "reason": reject.reason,
        "message": reject.message,
        "char_start": span[0],
        "char_end": span[1],
        "excerpt": reject.excerpt,
        "content_sha256": origin.content_sha256,
        "media_type": origin.media_type,
        "parse_fingerprint": _parse_fingerprint(origin),
        "chunk_fingerprint": stamp.fingerprints.chunk,
        "embedding_fingerprint": stamp.fingerprints.embedding,
        "attempts": earlier["attempts"] + 1 if earlier else 1,
        "first_run_id": earlier["first_run_id"] if earlier else stamp.run_id,
        "run_id": stamp.run_id,
        "quarantined_at": stamp.at,
        "next_retry_at": stamp.at + timedelta(hours=retry_after_h) if reject.reason in _MAY_PASS else None,
    }


def with_vectors(rows: Iterable[Row], vectors: Vectors, schema: pa.Schema) -> pa.Table:
    """Chunk rows and their vectors, shape (n, dimension), as a table of `schema`."""
    place = schema.get_field_index("vector")
    table = pa.Table.from_pylist(list(rows), schema=schema.remove(place))
    flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1))
    column = pa.FixedSizeListArray.from_arrays(flat, schema.field("vector").type.list_size)
    return table.add_column(place, schema.field("vector"), column)


def now() -> datetime:
    """Aware, in UTC."""
    return datetime.now(UTC)


def _parse_fingerprint(origin: Origin) -> str | None:
    return parse_fingerprint(origin.parser) if origin.parser else None
