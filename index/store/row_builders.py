"""From records to rows: the columns of the published tables, built once, so that lineage is the same everywhere."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from vouch.embedders.model import Vectors
from vouch.schemas.document_codec import dump_structure
from vouch.schemas.ids import chunk_id, quarantine_id, sha256_bytes, sha256_text
from vouch.schemas.records import Chunk, Document, Fingerprints, Metadata, Origin, Reject

Row = dict[str, Any]

_MAX_LINKS = (
    100  # of one chunk; a chunk with more is a list of links, and its first ones say enough of it
)


def chunk_rows(
    origin: Origin,
    document: Document,
    chunks: Sequence[Chunk],
    languages: Sequence[str | None],
    now: Fingerprints,
) -> list[Row]:
    """One row a chunk, without its vector. Its metadata are the document's, and a `link` for each target in its span."""
    shared = _shared(origin, document.metadata, now)
    links = _Links(document)
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
            "row_start": chunk.row_start,
            "row_end": chunk.row_end,
            "chunk_index": number,
            "token_count": chunk.token_count,
            "text_sha256": sha256_text(chunk.text),
            "embedded_sha256": sha256_text(chunk.embedding_input),
            "metadata": [*shared["metadata"], *links.within(chunk)],
        }
        for number, (chunk, language) in enumerate(zip(chunks, languages, strict=True))
    ]


class _Links:
    """A document's links, found by their place in its text."""

    def __init__(self, document: Document) -> None:
        self._links = document.links
        self._starts = [link.char_start for link in document.links]

    def within(self, chunk: Chunk) -> list[Row]:
        """Where the words of a chunk lead to, each target once; a link that is cut counts where it begins."""
        first, end = (
            bisect_left(self._starts, chunk.char_start),
            bisect_left(self._starts, chunk.char_end),
        )
        targets = dict.fromkeys(link.target for link in self._links[first:end])
        return [{"key": "link", "value": target} for target in islice(targets, _MAX_LINKS)]


def _shared(origin: Origin, metadata: Metadata, now: Fingerprints) -> Row:
    return {
        "document_id": origin.document_id,
        "source": origin.source,
        "uri": origin.uri,
        "title": metadata.title,
        "content_sha256": origin.content_sha256,
        "parser": origin.parser,
        "parse_fingerprint": origin.parse_fingerprint,
        "chunk_fingerprint": now.chunk,
        "embedding_fingerprint": now.embedding,
        "source_modified_at": origin.modified,
        "flags": [],
        "minhash": None,
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
    now: Fingerprints,
    *,
    status: str,
    reason: str | None = None,
    document: Document | None = None,
    chunk_count: int = 0,
    language: str | None = None,
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
        "canonical_sha256": sha256_text(document.text) if document else None,
        "structure": dump_structure(document) if document else None,
        "char_count": len(document.text) if document else 0,
        "chunk_count": chunk_count,
        "parser": origin.parser,
        "parse_fingerprint": origin.parse_fingerprint,
        "chunk_fingerprint": now.chunk,
        "embedding_fingerprint": now.embedding,
        "check_fingerprint": now.checked(origin.source),
        "metadata": metadata_pairs(metadata),
    }


def quarantine_row(origin: Origin, reject: Reject, now: Fingerprints) -> Row:
    """Why a document, or one chunk of it, is not published, and under which rules that was decided."""
    span = reject.span or (None, None)
    return {
        "quarantine_id": quarantine_id(
            origin.document_id, reject.stage, f"{span[0]}:{span[1]}" if reject.span else ""
        ),
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
        "parse_fingerprint": origin.parse_fingerprint,
        "chunk_fingerprint": now.chunk,
        "embedding_fingerprint": now.embedding,
        "rule_fingerprint": now.rule(reject.stage, origin.source),
    }


def with_vectors(rows: Iterable[Row], vectors: Vectors, schema: pa.Schema) -> pa.Table:
    """Chunk rows and their vectors, shape (n, dimension), as a table of `schema`."""
    place = schema.get_field_index("vector")
    table = pa.Table.from_pylist(list(rows), schema=schema.remove(place))
    exact = np.ascontiguousarray(vectors, dtype="<f4")
    column = pa.FixedSizeListArray.from_arrays(
        pa.array(exact.reshape(-1)), schema.field("vector").type.list_size
    )
    table = table.add_column(place, schema.field("vector"), column)
    hashes = pa.array([vector_sha256(vector) for vector in exact], pa.string())
    place = schema.get_field_index("vector_sha256")
    return table.set_column(place, schema.field("vector_sha256"), hashes)


def vector_sha256(vector: Vectors) -> str:
    """Over the vector's float32 numbers, little-endian: shows a flipped byte, which the store does not."""
    return sha256_bytes(np.ascontiguousarray(vector, dtype="<f4").tobytes())
