"""A shard's vectors: looked up where the index holds them, computed where it does not."""

import numpy as np

from vouch.embedders.base import Vectors
from vouch.index.store.lookups import indexed_vectors
from vouch.index.store.row_builders import Row, quarantine_row
from vouch.pipeline.context.progress_observer import observer
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.stages.row_validation import Rows, chunk_reject
from vouch.schemas.choices import Redo
from vouch.schemas.errors import BudgetExceeded
from vouch.schemas.records import Origin, Stage
from vouch.validators.rows.row_contracts import check_vectors

_ORIGIN = ("document_id", "source", "uri", "content_sha256", "parser", "parse_fingerprint")


def embed(run: Run, rows: Rows) -> tuple[Vectors, int]:
    """Vectors of the chunk rows, shape (n, dimension), and how many texts had to be embedded.

    Texts that the index holds in this generation keep their vectors, and equal texts of a run are embedded once. Rows whose
    vector breaks its contract move to quarantine.
    """
    keys = [row["embedded_sha256"] for row in rows.chunks]
    with run.clock.measure("look up vectors", len(keys), "chunks"):
        known = (
            {}
            if run.scope.redo is Redo.EMBED
            else indexed_vectors(run.tables, run.fingerprints.embedding, keys)
        )
    wanted = {
        row["embedded_sha256"]: row for row in rows.chunks if row["embedded_sha256"] not in known
    }
    if wanted:
        known |= _embed_new(run, wanted)
    if not keys:
        return np.empty((0, run.card.dimension), dtype=np.float32), 0
    vectors = _check_vectors(run, rows, np.stack([known[key] for key in keys]))
    return vectors, sum(row["embedded_sha256"] in wanted for row in rows.chunks)


def _embed_new(run: Run, wanted: dict[str, Row]) -> dict[str, Vectors]:
    observer().expect("chunks", len(wanted))
    # One shard after the other: what this one makes the next one knows, and both would have the same cores.
    with run.embedding_lock:
        made = run.fresh.get(list(wanted))
        observer().done("chunks", len(made))
        left = {key: row for key, row in wanted.items() if key not in made}
        if left:
            new = _embed(run, left)
            run.fresh.put(new)
            made |= new
    return made


def _embed(run: Run, wanted: dict[str, Row]) -> dict[str, Vectors]:
    texts = [row["embedded_text"] or row["text"] for row in wanted.values()]
    counts = [row["token_count"] for row in wanted.values()]
    _spend(run, sum(counts))
    embedder = run.embedder
    with run.clock.measure("embed", len(texts), "chunks"):
        vectors = embedder.embed_documents(
            texts, counts, lambda count: observer().done("chunks", count)
        )
    return dict(zip(wanted, vectors, strict=True))


def _spend(run: Run, tokens: int) -> None:
    """The plan's estimate may have been low: the cap holds for what is really embedded too."""
    run.tokens_spent += tokens
    most = run.settings.run.max_tokens
    if most is not None and run.tokens_spent > most:
        raise BudgetExceeded(
            f"the run would embed more than {most:,} tokens (run.max_tokens), {run.tokens_spent:,} so far; finished shards are "
            "kept: raise the cap and run again, and it goes on from them"
        )


def _check_vectors(run: Run, rows: Rows, vectors: Vectors) -> Vectors:
    broken = {reject.index: reject for reject in check_vectors(vectors, run.card.dimension)}
    if not broken:
        return vectors
    for number, reject in broken.items():
        row = rows.chunks[number]
        origin = Origin(**{name: row[name] for name in _ORIGIN})
        rows.quarantine.append(
            quarantine_row(origin, chunk_reject(row, Stage.EMBED, reject.message), run.fingerprints)
        )
        _one_chunk_less(rows, row["document_id"])
    rows.refused += len(broken)
    kept = [number for number in range(len(rows.chunks)) if number not in broken]
    rows.chunks = [rows.chunks[number] for number in kept]
    return vectors[kept]


def _one_chunk_less(rows: Rows, document: str) -> None:
    for row in rows.documents:
        if row["document_id"] == document:
            row["chunk_count"] -= 1
