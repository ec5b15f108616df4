"""A shard's rows: languages told, rows checked, texts embedded, and all of it staged."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from embedders.model import Vectors
from flows.context import Run
from flows.plan import Planned
from flows.progress import observer
from flows.work import Work, read_and_parse
from index.held import held_vectors
from index.rows import Row, chunk_rows, document_row, quarantine_row, with_vectors
from index.tables import dicts, is_in
from schemas.arrow import DOCUMENTS, QUARANTINE
from schemas.records import Document, Origin, Reason, Reject, Stage
from validators.language import detect_languages
from validators.rows import RowReject, check_chunks, check_documents, check_vectors


@dataclass(slots=True)
class Rows:
    """What a shard gives: rows of three tables, and what it says of itself in its completion marker."""

    chunks: list[Row] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)
    quarantine: list[Row] = field(default_factory=list)
    produced: int = 0
    refused: int = 0
    touched: list[str] = field(default_factory=list)


def stage_shard(run: Run, name: str, shard: Sequence[Planned]) -> dict[str, Any]:
    """Fetch, parse, chunk, check, embed and stage; returns the shard's summary."""
    works = read_and_parse(run, shard)
    with run.clock.measure("check", len(works)):
        rows = checked_rows(run, works)
    vectors, computed = embed(run, rows)
    with run.clock.measure("stage", len(rows.chunks), "chunks"):
        tables = {
            "chunks": with_vectors(rows.chunks, vectors, run.staging.schemas["chunks"]),
            "documents": pa.Table.from_pylist(rows.documents, schema=DOCUMENTS),
            "quarantine": pa.Table.from_pylist(rows.quarantine, schema=QUARANTINE),
        }
        summary = {
            "produced": rows.produced,
            "refused": rows.refused,
            "vectors_computed": computed,
            "vectors_reused": len(rows.chunks) - computed,
            "touched": rows.touched,
        }
        run.staging.write(name, tables, summary)
    return summary


def checked_rows(run: Run, works: Sequence[Work]) -> Rows:
    """The rows that hold their contracts; what does not hold them as quarantine rows."""
    rows = Rows()
    parsed = [work for work in works if work.parsed and not work.rejects]
    rows.produced = sum(len(work.parsed.chunks) for work in parsed if work.parsed)
    made = _chunk_rows(run, parsed)
    _check_chunks(run, parsed, made)
    _check_documents(run, parsed, made)
    rows.refused = rows.produced - sum(len(chunks) for chunks in made.values())
    for work in works:
        _settle(run, work, made.get(work.origin.document_id, []), rows)
    _touch(run, [work for work in works if work.untouched], rows)
    return rows


def _chunk_rows(run: Run, parsed: Sequence[Work]) -> dict[str, list[Row]]:
    """The chunk rows of each document, with languages: a chunk's own where it can be told, else its document's."""
    made: dict[str, list[Row]] = {}
    for work in parsed:
        if work.parsed is None:
            continue
        document, chunks = work.parsed.document, work.parsed.chunks
        own = detect_languages([chunk.text for chunk in chunks])
        whole = _main_language(own, [len(chunk.text) for chunk in chunks])
        languages = [language or whole for language in own]
        made[work.origin.document_id] = chunk_rows(work.origin, document, chunks, languages, run.stamp)
    return made


def _main_language(languages: Sequence[str | None], lengths: Sequence[int]) -> str | None:
    """The language of most characters; None where no chunk's could be told."""
    weights: dict[str, int] = {}
    for language, length in zip(languages, lengths, strict=True):
        if language:
            weights[language] = weights.get(language, 0) + length
    return max(weights, key=lambda language: weights[language], default=None)


def _check_chunks(run: Run, parsed: Sequence[Work], made: dict[str, list[Row]]) -> None:
    """Take out the rows that break their contract, and note why with their document."""
    works = {work.origin.document_id: work for work in parsed}
    flat = [row for rows in made.values() for row in rows]
    if not flat:
        return
    texts = {identity: work.parsed.document.text for identity, work in works.items() if work.parsed}
    schema = run.staging.schemas["chunks"]
    table = pa.Table.from_pylist(flat, schema=schema.remove(schema.get_field_index("vector")))
    frame = pl.DataFrame(pl.from_arrow(table)).with_columns(
        canonical_slice=pl.Series([texts[row["document_id"]][row["char_start"] : row["char_end"]] for row in flat])
    )
    contract = run.settings.contracts.chunks
    for broken in check_chunks(frame, contract, max_tokens=run.settings.chunking.max_tokens):
        row = flat[broken.index]
        works[row["document_id"]].rejects.append(_chunk_reject(row, broken))
        made[row["document_id"]] = [other for other in made[row["document_id"]] if other is not row]


def _chunk_reject(row: Row, broken: RowReject) -> Reject:
    span = (row["char_start"], row["char_end"])
    return Reject(Stage.CHECK, Reason.CONTRACT, broken.message, span, row["text"][:300])


def _check_documents(run: Run, parsed: Sequence[Work], made: dict[str, list[Row]]) -> None:
    """Note which documents break their contract; none of their chunks is published."""
    rows = [_document_row(run, work, made[work.origin.document_id]) for work in parsed]
    if not rows:
        return
    frame = pl.from_arrow(pa.Table.from_pylist(rows, schema=DOCUMENTS))
    for broken in check_documents(pl.DataFrame(frame), run.settings.contracts.documents):
        work = parsed[broken.index]
        work.reject(Stage.CHECK, Reason.CONTRACT, broken.message)
        made[work.origin.document_id] = []


def _document_row(run: Run, work: Work, chunks: Sequence[Row]) -> Row:
    if work.parsed is None:
        raise ValueError("only a parsed document has a row of its own text")
    return document_row(
        work.origin,
        run.stamp,
        status="published",
        document=work.parsed.document,
        chunk_count=len(chunks),
        language=_main_language([row["language"] for row in chunks], [len(row["text"]) for row in chunks])
        or _declared(work.parsed.document),
        first_run_id=_first_run(work),
    )


def _declared(document: Document) -> str | None:
    """The language that a document says it is in, as the detector would call it: `en` of `en-US`."""
    language = document.metadata.language
    return re.split("[-_]", language)[0].lower() or None if language else None


def _first_run(work: Work) -> str | None:
    held = work.planned.held if work.planned else None
    return held["first_run_id"] if held else None


def _settle(run: Run, work: Work, chunks: list[Row], rows: Rows) -> None:
    """Put a document's rows where they belong: published with its chunks, or in quarantine as a whole."""
    if work.untouched:
        return
    for reject in work.rejects:
        earlier = run.earlier_rejects.get((work.origin.document_id, str(reject.stage)))
        rows.quarantine.append(quarantine_row(work.origin, reject, run.stamp, earlier, run.settings.run.retry_after_h))
    whole = next((reject for reject in work.rejects if reject.span is None), None)
    if whole is None and not chunks and work.parsed and work.parsed.chunks:
        whole = work.rejects[0]
    if whole is None:
        rows.chunks.extend(chunks)
        rows.documents.append(_document_row(run, work, chunks))
    else:
        rows.documents.append(
            document_row(work.origin, run.stamp, status="quarantined", reason=whole.reason, first_run_id=_first_run(work))
        )


def _touch(run: Run, works: Sequence[Work], rows: Rows) -> None:
    """Documents whose bytes are the same after all: their rows learn the new time and etag, so that they are not read again."""
    identities = [work.origin.document_id for work in works]
    held = {row["document_id"]: row for row in dicts(run.tables.documents, is_in("document_id", identities))} if works else {}
    for work in works:
        origin = work.origin
        fresh = {"size": origin.size, "etag": origin.etag, "source_modified_at": origin.modified}
        rows.documents.append(held[origin.document_id] | fresh)
    rows.touched = identities


def embed(run: Run, rows: Rows) -> tuple[Vectors, int]:
    """Vectors of the chunk rows, shape (n, dimension), and how many texts had to be embedded.

    Texts that the index holds in this generation keep their vectors, and equal texts are embedded once. Rows whose vector
    breaks its contract move to quarantine.
    """
    keys = [row["embedded_sha256"] for row in rows.chunks]
    with run.clock.measure("look up vectors", len(keys), "chunks"):
        known = held_vectors(run.tables, run.fingerprints.embedding, keys)
    wanted = {row["embedded_sha256"]: row for row in rows.chunks if row["embedded_sha256"] not in known}
    if wanted:
        known |= _embed_new(run, wanted)
    if not keys:
        return np.empty((0, run.card.dimension), dtype=np.float32), 0
    vectors = np.stack([known[key] for key in keys])
    vectors = _check_vectors(run, rows, vectors)
    return vectors, sum(row["embedded_sha256"] in wanted for row in rows.chunks)


def _embed_new(run: Run, wanted: dict[str, Row]) -> dict[str, Vectors]:
    observer().expect("chunks", len(wanted))
    texts = [row["embedded_text"] or row["text"] for row in wanted.values()]
    counts = [row["token_count"] for row in wanted.values()]
    # One text at a time would leave cores idle, two shards at a time would fight for them.
    with run.embedding_lock:
        embedder = run.embedder
        with run.clock.measure("embed", len(texts), "chunks"):
            vectors = embedder.embed_documents(texts, counts, lambda count: observer().done("chunks", count))
    return dict(zip(wanted, vectors, strict=True))


def _check_vectors(run: Run, rows: Rows, vectors: Vectors) -> Vectors:
    broken = {reject.index: reject for reject in check_vectors(vectors, run.card.dimension)}
    if not broken:
        return vectors
    stamp, settings = run.stamp, run.settings.run
    for number, reject in broken.items():
        row = rows.chunks[number]
        origin = Origin(**{name: row[name] for name in ("document_id", "source", "uri", "content_sha256", "parser")})
        why = Reject(Stage.EMBED, Reason.CONTRACT, reject.message, (row["char_start"], row["char_end"]), row["text"][:300])
        rows.quarantine.append(quarantine_row(origin, why, stamp, None, settings.retry_after_h))
        _one_chunk_less(rows, row["document_id"])
    rows.refused += len(broken)
    kept = [number for number in range(len(rows.chunks)) if number not in broken]
    rows.chunks = [rows.chunks[number] for number in kept]
    return vectors[kept]


def _one_chunk_less(rows: Rows, document: str) -> None:
    for row in rows.documents:
        if row["document_id"] == document:
            row["chunk_count"] -= 1
