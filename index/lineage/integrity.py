"""Row by row: does the index hold what it says it holds?"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vouch.index.store.row_builders import vector_sha256
from vouch.index.store.tables import Tables, rows
from vouch.schemas.document_codec import load_document
from vouch.schemas.ids import chunk_id, sha256_text

Row = Mapping[str, Any]

# Not the source's time: a file that was touched and not changed has a newer one than its chunks.
_SHARED = (
    "source", "uri", "title", "content_sha256", "parser", "parse_fingerprint", "chunk_fingerprint", "embedding_fingerprint",
    "metadata",
)  # fmt: skip
_CHUNK = (
    *_SHARED, "chunk_id", "document_id", "text", "embedded_text", "text_sha256", "embedded_sha256", "vector", "vector_sha256",
    "char_start", "char_end",
)  # fmt: skip
_DOCUMENT = (
    *_SHARED,
    "document_id",
    "status",
    "canonical_text",
    "canonical_sha256",
    "structure",
    "chunk_count",
)
_UNIT = 1e-3
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that does not prove. `document_id` is the document to make again; `lost` says that its own row is damaged."""

    check: str
    document_id: str
    what: str
    lost: bool = False


def find_flaws(tables: Tables) -> Iterator[Flaw]:
    """All documents with their chunks, some at a time: memory does not grow with the corpus."""
    ids = sorted(rows(tables.documents, ["document_id"]).column("document_id").to_pylist())
    for start in range(0, len(ids), _AT_ONCE):
        # By borders, not by names: a damaged name must not make a row disappear.
        last = start + _AT_ONCE >= len(ids)
        where = _between(ids[start] if start else None, None if last else ids[start + _AT_ONCE])
        documents = {
            row["document_id"]: row for row in rows(tables.documents, _DOCUMENT, where).to_pylist()
        }
        chunks = rows(tables.chunks, _CHUNK, where).to_pylist()
        yield from _of_documents(documents, Counter(chunk["document_id"] for chunk in chunks))
        for chunk in chunks:
            yield from _of_chunk(chunk, documents.get(chunk["document_id"]))
    if not ids:
        for row in rows(tables.chunks, ["document_id", "uri"]).to_pylist():
            yield Flaw(
                "every chunk has its document",
                row["document_id"],
                f"a chunk of {row['uri']} has no document",
            )


def _between(low: str | None, high: str | None) -> str | None:
    borders = [f"document_id >= '{low}'"] if low else []
    borders += [f"document_id < '{high}'"] if high else []
    return " AND ".join(borders) or None


def _of_documents(documents: Mapping[str, Row], held: Mapping[str, int]) -> Iterator[Flaw]:
    for identity, row in documents.items():
        if row["status"] != "published":
            continue
        if (
            row["canonical_sha256"]
            and sha256_text(row["canonical_text"] or "") != row["canonical_sha256"]
        ):
            yield Flaw(
                "canonical texts are as hashed",
                identity,
                f"the text of {row['uri']} is not what was parsed",
                lost=True,
            )
        elif row["structure"] and not _loads(row):
            yield Flaw(
                "structures can be read",
                identity,
                f"the structure kept of {row['uri']} is damaged",
                lost=True,
            )
        if held.get(identity, 0) != row["chunk_count"]:
            told = (
                f"{row['uri']} has {held.get(identity, 0):,} of its {row['chunk_count']:,} chunks"
            )
            yield Flaw("every document has its chunks", identity, told)


def _loads(row: Row) -> bool:
    try:
        load_document(row["canonical_text"], row["structure"])
    except ValueError:
        return False
    return True


def _of_chunk(chunk: Row, document: Row | None) -> Iterator[Flaw]:
    identity, where = (
        chunk["document_id"],
        f"{chunk['uri']} [{chunk['char_start']}:{chunk['char_end']}]",
    )
    if document is None or document["status"] != "published":
        yield Flaw(
            "every chunk has its document", identity, f"{where} belongs to no published document"
        )
        return
    for check, holds, told in _proofs(chunk, document):
        if not holds:
            yield Flaw(check, identity, f"{where}: {told}")


def _said_of_it(chunk: Row, name: str, document: Row) -> object:
    """What a chunk says of its document: behind the document's metadata stand the chunk's own links."""
    told, metadata = chunk[name], document["metadata"] or []
    if name != "metadata" or not told or any(one["key"] != "link" for one in told[len(metadata) :]):
        return told
    return told[: len(metadata)] or document["metadata"]


def _proofs(chunk: Row, document: Row) -> Iterator[tuple[str, bool, str]]:
    start, end, text = chunk["char_start"], chunk["char_end"], chunk["text"]
    vector = np.array(chunk["vector"], dtype=np.float32)
    embedded = text if chunk["embedded_text"] is None else chunk["embedded_text"]
    other = [name for name in _SHARED if _said_of_it(chunk, name, document) != document[name]]
    yield (
        "spans prove their texts",
        (document["canonical_text"] or "")[start:end] == text,
        "the span is not the text",
    )
    same = (
        sha256_text(text) == chunk["text_sha256"]
        and sha256_text(embedded) == chunk["embedded_sha256"]
    )
    yield "texts are as hashed", same, "the text is not what was embedded"
    yield (
        "ids are those of document, span and text",
        chunk_id(chunk["document_id"], start, end, text) == chunk["chunk_id"],
        "another id",
    )
    unit = (
        bool(np.isfinite(vector).all())
        and abs(float(np.linalg.norm(vector.astype(np.float64))) - 1) < _UNIT
    )
    yield "vectors are finite and of unit length", unit, "the vector is not"
    exact = chunk["vector_sha256"] is None or vector_sha256(vector) == chunk["vector_sha256"]
    yield "vectors are as hashed", exact, "the vector is not the one that was published"
    yield "chunks say of their document what it says", not other, f"another {', '.join(other)}"
