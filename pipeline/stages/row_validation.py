"""A shard's rows: languages told, row contracts held, and every document settled as published or in quarantine."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import polars as pl
import pyarrow as pa

from vouch.index.store.row_builders import Row, chunk_rows, document_row, quarantine_row
from vouch.index.store.tables import dicts, is_in
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.stages.contract_validation import hold_to_contracts, hold_to_fields
from vouch.pipeline.stages.fetch_and_parse import Work
from vouch.pipeline.stages.policy_enforcement import apply_policy
from vouch.schemas.records import Document, Reason, Reject, Stage
from vouch.schemas.run import PolicyFinding, RuleBreak
from vouch.validators.rows.language_detection import detect_languages
from vouch.validators.rows.row_contracts import check_chunks, check_documents


@dataclass(slots=True)
class Rows:
    """What a shard gives: rows of three tables, and what it says of itself in its completion marker."""

    chunks: list[Row] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)
    quarantine: list[Row] = field(default_factory=list)
    produced: int = 0
    refused: int = 0
    touched: list[str] = field(default_factory=list)
    findings: list[PolicyFinding] = field(default_factory=list)
    broken: list[RuleBreak] = field(default_factory=list)


def checked_rows(run: Run, works: Sequence[Work]) -> Rows:
    """The rows that hold their contracts; what does not hold them as quarantine rows."""
    rows = Rows()
    rows.broken += hold_to_fields(run, [work for work in works if work.parsed and not work.rejects])
    parsed = [work for work in works if work.parsed and not work.rejects]
    rows.produced = sum(len(work.parsed.chunks) for work in parsed if work.parsed)
    made = _chunk_rows(run, parsed)
    rows.findings += apply_policy(run.settings.policy, parsed, made)
    _check_chunks(run, parsed, made)
    rows.broken += _check_documents(run, parsed, made)
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
        rows = chunk_rows(work.origin, document, chunks, languages, run.fingerprints)
        made[work.origin.document_id] = [_kept(row, work) for row in rows]
    return made


def _kept(row: Row, work: Work) -> Row:
    """Without what the source's contract leaves out of the metadata."""
    if not work.discarded:
        return row
    return row | {
        "metadata": [pair for pair in row["metadata"] if pair["key"] not in work.discarded]
    }


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
    flat = list(chain.from_iterable(made.values()))
    if not flat:
        return
    texts = {identity: work.parsed.document.text for identity, work in works.items() if work.parsed}
    schema = run.staging.schemas["chunks"]
    table = pa.Table.from_pylist(flat, schema=schema.remove(schema.get_field_index("vector")))
    frame = pl.DataFrame(pl.from_arrow(table)).with_columns(
        canonical_slice=pl.Series(
            [texts[row["document_id"]][row["char_start"] : row["char_end"]] for row in flat]
        )
    )
    broken_rows = check_chunks(
        frame, run.settings.contracts.chunks, max_tokens=run.settings.chunking.most_embedded
    )
    for broken in broken_rows:
        row = flat[broken.index]
        works[row["document_id"]].rejects.append(chunk_reject(row, Stage.CHECK, broken.message))
    refused = {id(flat[broken.index]) for broken in broken_rows}
    for identity in {flat[broken.index]["document_id"] for broken in broken_rows}:
        made[identity] = [row for row in made[identity] if id(row) not in refused]


def chunk_reject(row: Row, stage: Stage, message: str) -> Reject:
    """Of one chunk, by its row."""
    return Reject(
        stage, Reason.CONTRACT, message, (row["char_start"], row["char_end"]), row["text"][:300]
    )


def _check_documents(
    run: Run, parsed: Sequence[Work], made: dict[str, list[Row]]
) -> list[RuleBreak]:
    """Note which documents break a contract; none of their chunks is published. Returns what only warns, or blocks."""
    rows = [_document_row(run, work, made[work.origin.document_id]) for work in parsed]
    if not rows:
        return []
    frame = pl.DataFrame(
        pl.from_arrow(pa.Table.from_pylist(rows, schema=run.staging.schemas["documents"]))
    )
    for broken in check_documents(frame, run.settings.contracts.documents):
        parsed[broken.index].reject(Stage.CHECK, Reason.CONTRACT, broken.message)
    told = hold_to_contracts(run, parsed, frame)
    for work in parsed:
        if any(reject.span is None for reject in work.rejects):
            made[work.origin.document_id] = []
    return told


def _document_row(run: Run, work: Work, chunks: Sequence[Row]) -> Row:
    if work.parsed is None:
        raise ValueError("only a parsed document has a row of its own text")
    language = _main_language(
        [row["language"] for row in chunks], [len(row["text"]) for row in chunks]
    )
    row = document_row(
        work.origin,
        run.fingerprints,
        status="published",
        document=work.parsed.document,
        chunk_count=len(chunks),
        language=language or _declared(work.parsed.document),
    )
    return _kept(row, work)


def _declared(document: Document) -> str | None:
    """The language that a document says it is in, as the detector would call it: `en` of `en-US`."""
    language = document.metadata.language
    return re.split("[-_]", language)[0].lower() or None if language else None


def _settle(run: Run, work: Work, chunks: list[Row], rows: Rows) -> None:
    """Put a document's rows where they belong: published with its chunks, or in quarantine as a whole."""
    if work.untouched:
        return
    rows.quarantine += [
        quarantine_row(work.origin, reject, run.fingerprints) for reject in work.rejects
    ]
    whole = next((reject for reject in work.rejects if reject.span is None), None)
    if whole is None and not chunks and work.parsed and work.parsed.chunks:
        whole = work.rejects[0]
    if whole is None:
        rows.chunks.extend(chunks)
        rows.documents.append(
            _document_row(run, work, chunks) | {"remove_after": work.remove_after}
        )
    else:
        rows.documents.append(
            document_row(work.origin, run.fingerprints, status="quarantined", reason=whole.reason)
        )


def _touch(run: Run, works: Sequence[Work], rows: Rows) -> None:
    """Documents whose bytes are the same after all: their rows learn the new time and etag, so that they are not read again."""
    identities = [work.origin.document_id for work in works]
    held = (
        {
            row["document_id"]: row
            for row in dicts(run.tables.documents, is_in("document_id", identities))
        }
        if works
        else {}
    )
    for work in works:
        origin = work.origin
        fresh = {
            "size": origin.size,
            "etag": origin.etag,
            "source_modified_at": origin.modified,
            "remove_after": None,
        }
        rows.documents.append(held[origin.document_id] | fresh)
    rows.touched = identities
