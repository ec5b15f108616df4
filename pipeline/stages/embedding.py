"""Gives a shard's chunks their vectors: looked up where the index has them, computed where it does
not.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from vouch.embedders.base import Vectors
from vouch.index.store.lookups import indexed_vectors
from vouch.index.store.row_builders import Row
from vouch.pipeline.context.progress import observer
from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.pipeline.stages.row_validation import chunk_reject
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.documents.records import Stage
from vouch.schemas.settings.choices import Redo
from vouch.validators.rows.row_contracts import check_vectors


@dataclass(frozen=True, slots=True)
class EmbeddedDocuments:
    """Documents whose chunks all have a sound vector.

    `vectors`, shape (n, dimension), are those of the documents' chunks, one document after the
    other. `computed` of them were embedded for this shard, the others were indexed already.
    `new_texts` are the hashes of the texts that the index does not have.
    """

    documents: tuple[ProcessedDocument, ...]
    vectors: Vectors
    computed: int
    new_texts: frozenset[str] = frozenset()


@crossing(Boundary.EMBED)
def embed(
    workspace: Workspace, documents: Sequence[ProcessedDocument], redo: Redo | None
) -> EmbeddedDocuments:
    """Return the documents with the vectors of their chunks.

    Texts that the index has in this generation keep their vectors, and equal texts of a run are
    embedded once. Chunks whose vector breaks its contract are rejected.
    """
    rows = list(chain.from_iterable(document.chunks for document in documents))
    keys = [row["embedded_sha256"] for row in rows]
    vectors_by_key: dict[str, Vectors] = {}
    with workspace.timer.measure("look up vectors", len(keys), "chunks"):
        if redo is not Redo.EMBED:
            fingerprint = workspace.fingerprints.embedding
            vectors_by_key = indexed_vectors(workspace.tables, fingerprint, keys)
    missing = {
        row["embedded_sha256"]: row for row in rows if row["embedded_sha256"] not in vectors_by_key
    }
    if missing:
        vectors_by_key |= _compute(workspace, missing)
    if not rows:
        empty = np.empty((0, workspace.card.dimension), dtype=np.float32)
        return EmbeddedDocuments(tuple(documents), empty, 0)
    vectors = np.stack([vectors_by_key[key] for key in keys])
    broken = {
        reject.index: reject.message for reject in check_vectors(vectors, workspace.card.dimension)
    }
    messages = {id(rows[place]): message for place, message in broken.items()}
    kept = [place for place in range(len(rows)) if place not in broken]
    computed = sum(keys[place] in missing for place in kept)
    documents = [_without_broken(document, messages) for document in documents]
    return EmbeddedDocuments(tuple(documents), vectors[kept], computed, frozenset(missing))


def _compute(workspace: Workspace, rows: Mapping[str, Row]) -> dict[str, Vectors]:
    """Return the vectors of the rows' texts, by the texts' hashes."""
    observer().expect("chunks", len(rows))
    # One shard after the other: the next one finds what this one embedded, and both would want the
    # same cores.
    with workspace.embedding_lock:
        vectors = workspace.new_vectors.get(list(rows))
        observer().done("chunks", len(vectors))
        missing = {key: row for key, row in rows.items() if key not in vectors}
        if missing:
            texts = [row["embedded_text"] or row["text"] for row in missing.values()]
            counts = [row["token_count"] for row in missing.values()]
            workspace.tokens.spend(_tokens_by_source(missing.values()))
            embedder = workspace.embedder
            with workspace.timer.measure("embed", len(texts), "chunks"):
                computed = embedder.embed_documents(
                    texts, counts, lambda count: observer().done("chunks", count)
                )
            new = dict(zip(missing, computed.vectors, strict=True))
            workspace.new_vectors.put(new)
            vectors |= new
    return vectors


def _tokens_by_source(rows: Iterable[Row]) -> Counter[str]:
    """Return what embedding these rows takes; a text of several sources is that of one of them."""
    tokens: Counter[str] = Counter()
    for row in rows:
        tokens[row["source"]] += row["token_count"]
    return tokens


def _without_broken(document: ProcessedDocument, messages: Mapping[int, str]) -> ProcessedDocument:
    """Reject the chunks that have a message, by the identity of their rows."""
    rejects = [
        chunk_reject(row, Stage.EMBED, messages[id(row)])
        for row in document.chunks
        if id(row) in messages
    ]
    if not rejects or document.row is None:
        return document
    kept = tuple(row for row in document.chunks if id(row) not in messages)
    row = document.row | {"chunk_count": len(kept)}
    return replace(document, chunks=kept, row=row).with_rejects(rejects)
