"""Gives a shard's chunks their vectors: looked up where the index has them, computed where it does
not.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from vouch.embedders.base import Embedded, Vectors
from vouch.index.store.row_builders import Row
from vouch.pipeline.context.progress import observer
from vouch.pipeline.context.request_meter import ServiceMeter
from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.pipeline.stages.row_validation import chunk_reject
from vouch.reports.formatting import plain
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.documents.records import Reason, Reject, Stage
from vouch.schemas.errors import ModelChanged
from vouch.schemas.settings.choices import Redo
from vouch.validators.rows.redaction import report_redactor
from vouch.validators.rows.row_contracts import check_vectors

_WORDS = 300  # characters of what a service says that are kept
_EXCERPT = 300  # characters of the text that it refuses


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

    Texts that the index or a shadow has in this generation keep their vectors, and equal texts of
    a run are embedded once. Chunks whose vector breaks its contract are rejected, and documents
    with a text that the embedding service refuses.
    """
    rows = list(chain.from_iterable(document.chunks for document in documents))
    keys = [row["embedded_sha256"] for row in rows]
    vectors_by_key: dict[str, Vectors] = {}
    with workspace.timer.measure("look up vectors", len(keys), "chunks"):
        if redo is not Redo.EMBED:
            vectors_by_key = workspace.stored_vectors(keys)
    missing = {
        row["embedded_sha256"]: row for row in rows if row["embedded_sha256"] not in vectors_by_key
    }
    if missing:
        computed_vectors, refused = _compute(workspace, missing)
        vectors_by_key |= computed_vectors
        if refused:
            documents = [_without_refused(document, refused) for document in documents]
            rows = list(chain.from_iterable(document.chunks for document in documents))
            keys = [row["embedded_sha256"] for row in rows]
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


def _compute(
    workspace: Workspace, rows: Mapping[str, Row]
) -> tuple[dict[str, Vectors], dict[str, str]]:
    """Return the vectors of the rows' texts, by the texts' hashes, and what a service said of those
    that it refuses.
    """
    observer().expect("chunks", len(rows))
    # One shard after the other: the next one finds what this one embedded, and both would want the
    # same cores, or the same service.
    with workspace.embedding_lock:
        if workspace.card.is_service:
            workspace.paid_vectors.load(workspace.fingerprints.embedding)
        refused = {key: workspace.refused[key] for key in rows if key in workspace.refused}
        vectors = workspace.new_vectors.get(list(rows))
        observer().done("chunks", len(vectors))
        missing = {
            key: row for key, row in rows.items() if key not in vectors and key not in refused
        }
        if missing:
            try:
                embedded = _embedded(workspace, missing)
                workspace.confirm_model()
            except ModelChanged:
                workspace.paid_vectors.forget(missing)
                raise
            new = dict(zip(missing, embedded.vectors, strict=True))
            newly_refused = {list(missing)[at]: words for at, words in embedded.refused.items()}
            workspace.refused.update(newly_refused)
            refused |= newly_refused
            new = {key: vector for key, vector in new.items() if key not in refused}
            workspace.new_vectors.put(new)
            vectors |= new
    return vectors, refused


def _embedded(workspace: Workspace, rows: Mapping[str, Row]) -> Embedded:
    """Embed the rows' texts. Raises `BudgetExceeded` before more is spent than is allowed."""
    texts = [row["embedded_text"] or row["text"] for row in rows.values()]
    counts = [row["token_count"] for row in rows.values()]
    embedder, keys = workspace.embedder, list(rows)
    meter = None
    if workspace.card.is_service:

        def keep(places: Sequence[int], vectors: Vectors) -> None:
            named = (keys[place] for place in places)
            workspace.paid_vectors.add(dict(zip(named, vectors, strict=True)))

        sources = [row["source"] for row in rows.values()]
        meter = ServiceMeter(workspace.tokens, list(zip(sources, counts, strict=True)), keep)
    else:
        workspace.tokens.spend(_tokens_by_source(rows.values()))
    with workspace.timer.measure("embed", len(texts), "chunks"):
        return embedder.embed_documents(
            texts, counts, lambda count: observer().done("chunks", count), meter
        )


def _tokens_by_source(rows: Iterable[Row]) -> Counter[str]:
    """Return what embedding these rows takes; a text of several sources is that of one of them."""
    tokens: Counter[str] = Counter()
    for row in rows:
        tokens[row["source"]] += row["token_count"]
    return tokens


def _without_refused(document: ProcessedDocument, refused: Mapping[str, str]) -> ProcessedDocument:
    """Reject a document that has a text which the service refuses, with all of its chunks."""
    row = next((row for row in document.chunks if row["embedded_sha256"] in refused), None)
    if row is None:
        return document
    words = plain(report_redactor.mask(refused[row["embedded_sha256"]]))
    reject = Reject(
        Stage.EMBED,
        Reason.REFUSED_TEXT,
        f"the embedding service refuses the text [{row['char_start']}:{row['char_end']}]: "
        f"{words[:_WORDS].replace('; ', ', ')}",
        excerpt=report_redactor.mask(row["text"])[:_EXCERPT],
    )
    return replace(document, chunks=()).with_rejects([reject])


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
