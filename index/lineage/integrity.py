"""Prove every stored document and chunk: hashes, spans, ids and vectors."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from lancedb.table import Table

from vouch.index.lineage.checks import HealthCheck
from vouch.index.store.sql import quoted
from vouch.index.store.stored_vectors import vector_sha256
from vouch.index.store.tables import Tables, rows
from vouch.schemas.documents.codec import load_document
from vouch.schemas.documents.ids import chunk_id, sha256_text

Row = Mapping[str, Any]

# Columns of a chunk that repeat its document's. Not the modification time: a file that was touched
# without being changed has a newer one than its chunks.
_SHARED = (
    "source", "uri", "title", "content_sha256", "parser", "parse_fingerprint",
    "chunk_fingerprint", "embedding_fingerprint", "metadata", "fields",
)  # fmt: skip
_CHUNK = (
    *_SHARED, "chunk_id", "document_id", "text", "embedded_text", "text_sha256",
    "embedded_sha256", "vector", "vector_sha256", "char_start", "char_end",
)  # fmt: skip
_DOCUMENT = (
    *_SHARED, "document_id", "status", "canonical_text", "canonical_sha256", "structure",
    "chunk_count",
)  # fmt: skip
_LENGTH_TOLERANCE = 1e-3
_BATCH_DOCUMENTS = 200


@dataclass(frozen=True, slots=True)
class Flaw:
    """A stored row that is not as it must be.

    Attributes:
        check: What does not hold.
        document_id: The document whose rows must be rebuilt.
        message: Which row, and what is wrong with it.
        text_damaged: Whether the document's own text is damaged, so that nothing can be rebuilt
            from it.
    """

    check: HealthCheck
    document_id: str
    message: str
    text_damaged: bool = False


def find_flaws(tables: Tables) -> Iterator[Flaw]:
    """Yield the flaws of all documents and chunks.

    Documents are read in batches: memory does not grow with the corpus.
    """
    ids = sorted(rows(tables.documents, ["document_id"]).column("document_id").to_pylist())
    for start in range(0, len(ids), _BATCH_DOCUMENTS):
        # Batches are ranges of ids, open at both ends, instead of lists: a row whose id is damaged
        # must not be missed.
        last = start + _BATCH_DOCUMENTS >= len(ids)
        condition = _id_range(
            ids[start] if start else None, None if last else ids[start + _BATCH_DOCUMENTS]
        )
        documents = {
            row["document_id"]: row for row in _present(tables.documents, _DOCUMENT, condition)
        }
        chunks = _present(tables.chunks, _CHUNK, condition)
        counts = Counter(chunk["document_id"] for chunk in chunks)
        for identity, row in documents.items():
            if row["status"] == "published":
                yield from _document_flaws(row, counts.get(identity, 0))
        for chunk in chunks:
            yield from _chunk_flaws(chunk, documents.get(chunk["document_id"]))
    if not ids:
        for row in rows(tables.chunks, ["document_id", "uri"]).to_pylist():
            message = f"a chunk of {row['uri']} has no document"
            yield Flaw(HealthCheck.CHUNKS_HAVE_DOCUMENT, row["document_id"], message)


def _present(table: Table, columns: Iterable[str], condition: str | None) -> list[dict[str, Any]]:
    """Return rows with these columns; the fields that an index of 0.12 lacks are null."""
    names = [name for name in columns if name in table.schema.names or name != "fields"]
    return [{"fields": None} | row for row in rows(table, names, condition).to_pylist()]


def _id_range(low: str | None, high: str | None) -> str | None:
    bounds = [f"document_id >= {quoted(low)}"] if low else []
    bounds += [f"document_id < {quoted(high)}"] if high else []
    return " AND ".join(bounds) or None


def _document_flaws(row: Row, chunk_count: int) -> Iterator[Flaw]:
    identity, uri, expected = row["document_id"], row["uri"], row["canonical_sha256"]
    if expected and sha256_text(row["canonical_text"] or "") != expected:
        message = f"the text of {uri} is not what was parsed"
        yield Flaw(HealthCheck.TEXT_HASHES, identity, message, text_damaged=True)
    elif row["structure"] and not _loads(row):
        message = f"the stored structure of {uri} is damaged"
        yield Flaw(HealthCheck.STRUCTURES_READABLE, identity, message, text_damaged=True)
    if chunk_count != row["chunk_count"]:
        message = f"{uri} has {chunk_count:,} of its {row['chunk_count']:,} chunks"
        yield Flaw(HealthCheck.CHUNKS_COMPLETE, identity, message)


def _loads(row: Row) -> bool:
    try:
        load_document(row["canonical_text"], row["structure"])
    except ValueError:
        return False
    return True


def _chunk_flaws(chunk: Row, document: Row | None) -> Iterator[Flaw]:
    identity = chunk["document_id"]
    place = f"{chunk['uri']} [{chunk['char_start']}:{chunk['char_end']}]"
    if document is None or document["status"] != "published":
        message = f"{place} belongs to no published document"
        yield Flaw(HealthCheck.CHUNKS_HAVE_DOCUMENT, identity, message)
        return
    for check, holds, problem in _prove_chunk(chunk, document):
        if not holds:
            yield Flaw(check, identity, f"{place}: {problem}")


def _prove_chunk(chunk: Row, document: Row) -> Iterator[tuple[HealthCheck, bool, str]]:
    """Yield each check, whether it holds, and what is wrong if it does not."""
    start, end, text = chunk["char_start"], chunk["char_end"], chunk["text"]
    embedded = text if chunk["embedded_text"] is None else chunk["embedded_text"]
    vector = np.array(chunk["vector"], dtype=np.float32)
    length = float(np.linalg.norm(vector.astype(np.float64)))
    differing = [name for name in _SHARED if _shared_value(chunk, name, document) != document[name]]
    yield (
        HealthCheck.CHUNK_SPANS,
        (document["canonical_text"] or "")[start:end] == text,
        "the text is not that of the span",
    )
    yield (
        HealthCheck.CHUNK_TEXT_HASHES,
        sha256_text(text) == chunk["text_sha256"]
        and sha256_text(embedded) == chunk["embedded_sha256"],
        "the text is not what was embedded",
    )
    yield (
        HealthCheck.CHUNK_IDS,
        chunk_id(chunk["document_id"], start, end, text) == chunk["chunk_id"],
        "the id is that of another chunk",
    )
    yield (
        HealthCheck.VECTORS_UNIT_LENGTH,
        bool(np.isfinite(vector).all()) and abs(length - 1) < _LENGTH_TOLERANCE,
        "the vector is not",
    )
    yield (
        HealthCheck.VECTOR_HASHES,
        # Rows written before there were hashes have none.
        chunk["vector_sha256"] is None or vector_sha256(vector) == chunk["vector_sha256"],
        "the vector is not the one that was published",
    )
    yield (
        HealthCheck.CHUNKS_AGREE_WITH_DOCUMENT,
        not differing,
        f"different {', '.join(differing)}",
    )


def _shared_value(chunk: Row, name: str, document: Row) -> object:
    """Return a chunk's value of a shared column, without the chunk's own links in `metadata`."""
    value, of_document = chunk[name], document["metadata"] or []
    if name != "metadata" or not value:
        return value
    own = value[len(of_document) :]
    if any(pair["key"] != "link" for pair in own):
        return value
    # A document without metadata may have null or an empty list.
    return value[: len(of_document)] or document["metadata"]
