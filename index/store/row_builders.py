"""Build rows of the published tables from records, so that lineage columns agree everywhere."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa

from vouch.embedders.base import Vectors
from vouch.index.store.stored_vectors import matrix, vector_column, vector_sha256
from vouch.schemas.documents.advice import with_advice
from vouch.schemas.documents.codec import dump_structure
from vouch.schemas.documents.ids import chunk_id, quarantine_id, sha256_text
from vouch.schemas.documents.records import Chunk, Document, Fingerprints, Metadata, Origin, Reject
from vouch.schemas.documents.values import DeclaredField, dump_fields, texts
from vouch.schemas.process.environment import mask_secrets

Row = dict[str, Any]

# A chunk with more links than this is a list of links, and the first ones say enough about it.
_MAX_LINKS = 100


def chunk_rows(
    origin: Origin,
    document: Document,
    chunks: Sequence[Chunk],
    languages: Sequence[str | None],
    fingerprints: Fingerprints,
    fields: Sequence[DeclaredField] | None = None,
) -> list[Row]:
    """Return one row per chunk, without its vector.

    Its metadata are those of the document (`fields`; by default what it declares itself), and one
    `link` for each target within its span.
    """
    fields = declared_fields(document.metadata) if fields is None else fields
    shared = _document_columns(origin, document.metadata.title, fingerprints, fields)
    links = _LinkFinder(document)
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


class _LinkFinder:
    """Finds a document's links by their position in its text, in logarithmic time."""

    def __init__(self, document: Document) -> None:
        self._links = document.links
        self._starts = [link.char_start for link in document.links]

    def within(self, chunk: Chunk) -> list[Row]:
        """Return the chunk's link targets as metadata, each target once.

        A link that spans two chunks belongs to the one in which it begins.
        """
        first, end = (
            bisect_left(self._starts, chunk.char_start),
            bisect_left(self._starts, chunk.char_end),
        )
        targets = dict.fromkeys(link.target for link in self._links[first:end])
        return [{"key": "link", "value": target} for target in islice(targets, _MAX_LINKS)]


def _document_columns(
    origin: Origin,
    title: str | None,
    fingerprints: Fingerprints,
    fields: Sequence[DeclaredField],
) -> Row:
    """Return the columns that all chunks of a document share."""
    return {
        "document_id": origin.document_id,
        "source": origin.source,
        "uri": origin.uri,
        "title": title,
        "content_sha256": origin.content_sha256,
        "parser": origin.parser,
        "parse_fingerprint": origin.parse_fingerprint,
        "chunk_fingerprint": fingerprints.chunk,
        "embedding_fingerprint": fingerprints.embedding,
        "source_modified_at": origin.modified,
        "flags": [],
        "minhash": None,
        **metadata_columns(fields),
    }


def declared_fields(metadata: Metadata) -> list[DeclaredField]:
    """Return what the document declares about itself."""
    written = dict(metadata.written)
    # The two times are written as they have always been.
    times = {"created": metadata.created, "modified": metadata.modified}
    named = {"author": metadata.author, "declared_language": metadata.language}
    return [
        *(DeclaredField(key, value, (str(value),)) for key, value in named.items() if value),
        *(DeclaredField(key, time, (time.isoformat(),)) for key, time in times.items() if time),
        *(
            DeclaredField(key, value, (written[key],) if key in written else texts(value))
            for key, value in metadata.extra
        ),
    ]


def metadata_columns(fields: Iterable[DeclaredField]) -> Row:
    """Return `metadata`, pairs of texts, a pair for each entry of a list; and `fields`, the same
    values with their types.
    """
    fields = list(fields)
    pairs = [{"key": field.key, "value": text} for field in fields for text in field.texts]
    return {"metadata": pairs, "fields": dump_fields((each.key, each.value) for each in fields)}


def document_row(
    origin: Origin,
    fingerprints: Fingerprints,
    *,
    status: str,
    reason: str | None = None,
    document: Document | None = None,
    chunk_count: int = 0,
    language: str | None = None,
    fields: Sequence[DeclaredField] | None = None,
) -> Row:
    """Return a document's row, whatever its status. Only a published document keeps its text.

    `fields` are its metadata; by default what it declares itself.
    """
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
        "source_version": origin.source_version,
        "source_modified_at": origin.modified,
        "title": metadata.title,
        "author": metadata.author,
        "language": language,
        "canonical_text": document.text if document else None,
        "canonical_sha256": sha256_text(document.text) if document else None,
        "structure": dump_structure(document) if document else None,
        "char_count": len(document.text) if document else 0,
        "read_chars": document.read_chars if document else None,
        "left_out_chars": document.left_out_chars if document else None,
        "chunk_count": chunk_count,
        "parser": origin.parser,
        "parse_fingerprint": origin.parse_fingerprint,
        "chunk_fingerprint": fingerprints.chunk,
        "embedding_fingerprint": fingerprints.embedding,
        "check_fingerprint": fingerprints.checked(origin.source),
        **metadata_columns(declared_fields(metadata) if fields is None else fields),
    }


def quarantine_row(origin: Origin, reject: Reject, fingerprints: Fingerprints) -> Row:
    """Return the row of a rejected document or chunk: why, and under which rules."""
    span = reject.span or (None, None)
    return {
        "quarantine_id": quarantine_id(origin.document_id, reject.stage, _detail(reject)),
        "document_id": origin.document_id,
        "source": origin.source,
        "uri": origin.uri,
        "stage": str(reject.stage),
        "reason": reject.reason,
        "message": mask_secrets(with_advice(reject.reason, reject.message)),
        "char_start": span[0],
        "char_end": span[1],
        "part": reject.part,
        "excerpt": reject.excerpt,
        "content_sha256": origin.content_sha256,
        "media_type": origin.media_type,
        "parse_fingerprint": origin.parse_fingerprint,
        "chunk_fingerprint": fingerprints.chunk,
        "embedding_fingerprint": fingerprints.embedding,
        "rule_fingerprint": fingerprints.rule(reject.stage, origin.source),
    }


def _detail(reject: Reject) -> str:
    """Return what distinguishes the rejects of one document in one stage."""
    if reject.span:
        return f"{reject.span[0]}:{reject.span[1]}"
    return f"part {reject.part}" if reject.part else ""


def with_vectors(rows: Iterable[Row], vectors: Vectors, schema: pa.Schema) -> pa.Table:
    """Return chunk rows with their vectors, shape (rows, dimension), as a table of `schema`."""
    position = schema.get_field_index("vector")
    table = pa.Table.from_pylist(list(rows), schema=schema.remove(position))
    column = vector_column(vectors, schema.field("vector").type)
    table = table.add_column(position, schema.field("vector"), column)
    hashes = pa.array([vector_sha256(vector) for vector in matrix(column)], pa.string())
    position = schema.get_field_index("vector_sha256")
    return table.set_column(position, schema.field("vector_sha256"), hashes)
