"""Turns parsed documents into rows, and validates the rows: language, policy, Pandera contracts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import polars as pl
import pyarrow as pa

from vouch.index.store.row_builders import Row, chunk_rows, document_row
from vouch.index.store.staging import Staging
from vouch.pipeline.stages.contract_validation import check_contracts, check_field_names
from vouch.pipeline.stages.document_fields import with_fields
from vouch.pipeline.stages.policy_enforcement import apply_policy, merge_findings
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.documents.records import Document, Fingerprints, Reason, Reject, Stage
from vouch.schemas.runs.record import PolicyFinding, RuleBreak
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.validators.rows.language_detection import detect_languages
from vouch.validators.rows.row_contracts import check_chunks, check_documents


@dataclass(frozen=True, slots=True)
class ValidatedDocuments:
    """A shard's documents with the rows that hold their contracts, and what was found on the way.

    `produced` chunks came out of the chunker. `breaks` are the rules that only warn, or that block
    the run.
    """

    documents: tuple[ProcessedDocument, ...]
    produced: int
    findings: tuple[PolicyFinding, ...]
    breaks: tuple[RuleBreak, ...]


@crossing(Boundary.VALIDATE_ROWS)
def validate_rows(
    documents: Sequence[ProcessedDocument], settings: Settings, now: Fingerprints, staging: Staging
) -> ValidatedDocuments:
    """Build the rows of every parsed document and reject what breaks a contract or the policy.

    Documents that were rejected before pass through as they are.
    """
    checked, name_breaks = check_field_names(with_fields(documents, settings), settings)
    sound = [document for document in checked if document.is_sound]
    produced = sum(len(document.parsed.chunks) for document in sound if document.parsed)
    sound = [_with_chunk_rows(document, now) for document in sound]
    # The policy comes first: a chunk that both refuse gets its reject, whose excerpt is masked.
    sound = apply_policy(settings.policy, sound)
    sound = _check_chunks(sound, settings, staging)
    sound = [replace(document, row=_published_row(document, now)) for document in sound]
    sound, rule_breaks = _check_documents(sound, settings, staging)
    by_id = {document.origin.document_id: document for document in sound}
    # What the index does not get need not be looked at: it rejects nothing and warns of nothing.
    findings = merge_findings(
        finding for document in sound if not document.is_stopped for finding in document.findings
    )
    documents = [by_id.get(document.origin.document_id, document) for document in checked]
    return ValidatedDocuments(tuple(documents), produced, findings, (*name_breaks, *rule_breaks))


def _with_chunk_rows(document: ProcessedDocument, now: Fingerprints) -> ProcessedDocument:
    """Add the chunk rows; a chunk's language is its own where it can be detected, else the
    document's.
    """
    assert document.parsed is not None
    parsed = document.parsed
    detected = detect_languages([chunk.text for chunk in parsed.chunks])
    main = main_language(detected, [len(chunk.text) for chunk in parsed.chunks])
    languages = [language or main for language in detected]
    rows = chunk_rows(
        document.origin, parsed.document, parsed.chunks, languages, now, document.fields
    )
    return replace(document, chunks=tuple(rows))


def main_language(languages: Sequence[str | None], lengths: Sequence[int]) -> str | None:
    """Return the language of most characters; None where no language is known."""
    weights: dict[str, int] = {}
    for language, length in zip(languages, lengths, strict=True):
        if language:
            weights[language] = weights.get(language, 0) + length
    return max(weights, key=lambda language: weights[language], default=None)


def _published_row(document: ProcessedDocument, now: Fingerprints) -> Row:
    """Return the document's row as it is published, with the chunks that are left."""
    assert document.parsed is not None
    language = main_language(
        [row["language"] for row in document.chunks], [len(row["text"]) for row in document.chunks]
    )
    row = document_row(
        document.origin,
        now,
        status="published",
        document=document.parsed.document,
        chunk_count=len(document.chunks),
        language=language or _declared_language(document.parsed.document),
        fields=document.fields,
    )
    return row | dict(document.kept)


def _declared_language(document: Document) -> str | None:
    """Return the language that a document declares, as the detector names it: `en` of `en-US`."""
    language = document.metadata.language
    return re.split("[-_]", language)[0].lower() or None if language else None


def _check_chunks(
    documents: Sequence[ProcessedDocument], settings: Settings, staging: Staging
) -> list[ProcessedDocument]:
    """Reject the chunks that break their contract; all rows of the shard are one frame."""
    rows = list(chain.from_iterable(document.chunks for document in documents))
    if not rows:
        return list(documents)
    texts = {
        document.origin.document_id: document.parsed.document.text
        for document in documents
        if document.parsed
    }
    slices = [texts[row["document_id"]][row["char_start"] : row["char_end"]] for row in rows]
    schema = staging.schemas["chunks"]
    table = pa.Table.from_pylist(rows, schema=schema.remove(schema.get_field_index("vector")))
    frame = pl.DataFrame(pl.from_arrow(table)).with_columns(canonical_slice=pl.Series(slices))
    limit = settings.chunking.max_embedded_tokens
    broken = check_chunks(frame, settings.contracts.chunks, max_tokens=limit)
    # By identity, not by id: two chunks of one id in a shard are among what is rejected here.
    messages = {id(rows[reject.index]): reject.message for reject in broken}
    checked = []
    for document in documents:
        kept = tuple(row for row in document.chunks if id(row) not in messages)
        rejects = [
            chunk_reject(row, Stage.CHECK, messages[id(row)])
            for row in document.chunks
            if id(row) in messages
        ]
        checked.append(replace(document, chunks=kept).with_rejects(rejects))
    return checked


def chunk_reject(row: Row, stage: Stage, message: str) -> Reject:
    """Return the reject of one chunk, by its row."""
    span = (row["char_start"], row["char_end"])
    # A rule of the settings stops documents on purpose; a model that fails does not.
    reason = Reason.INVALID_VECTOR if stage is Stage.EMBED else Reason.CONTRACT
    return Reject(stage, reason, message, span, row["text"][:300])


def _check_documents(
    documents: Sequence[ProcessedDocument], settings: Settings, staging: Staging
) -> tuple[list[ProcessedDocument], list[RuleBreak]]:
    """Reject the documents that break their contract or their source's; none of their chunks is
    published.
    """
    if not documents:
        return [], []
    rows = [document.row for document in documents]
    frame = pl.DataFrame(
        pl.from_arrow(pa.Table.from_pylist(rows, schema=staging.schemas["documents"]))
    )
    checked = list(documents)
    for broken in check_documents(frame, settings.contracts.documents):
        checked[broken.index] = checked[broken.index].rejected(
            Stage.CHECK, Reason.CONTRACT, broken.message
        )
    checked, breaks = check_contracts(checked, frame, settings)
    return [
        replace(document, chunks=()) if document.whole_reject else document for document in checked
    ], breaks
