"""One shard's way: fetch and parse, or chunk again; validate rows; embed; stage."""

from collections.abc import Sequence
from itertools import chain

import pyarrow as pa

from vouch.index.store.row_builders import Row, document_row, quarantine_row, with_vectors
from vouch.index.store.staging import ShardSummary
from vouch.index.store.tables import Tables, dicts, is_in
from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.stages.embedding import EmbeddedDocuments, embed
from vouch.pipeline.stages.fetch_and_parse import fetch_and_parse
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.pipeline.stages.rechunk import rechunk
from vouch.pipeline.stages.row_validation import ValidatedDocuments, validate_rows
from vouch.pipeline.stages.shard_job import ShardJob
from vouch.schemas.records import Fingerprints


def process_shard(job: ShardJob, workspace: Workspace) -> ShardSummary:
    """Make one staged shard, and return what its completion marker reports."""
    settings, planned = job.request.settings, job.shard.documents
    with_text = [document for document in planned if document.from_text]
    from_source = [document for document in planned if not document.from_text]
    documents = [
        *fetch_and_parse(workspace, settings, from_source),
        *rechunk(workspace, with_text, job.attached),
    ]
    with workspace.timer.measure("check", len(documents)):
        validated = validate_rows(documents, settings, job.fingerprints, workspace.staging)
    embedded = embed(workspace, validated.documents, job.request.scope.redo)
    summary = _summary(validated, embedded)
    _stage(job, workspace, summary, embedded)
    return summary


def _summary(validated: ValidatedDocuments, embedded: EmbeddedDocuments) -> ShardSummary:
    published = len(embedded.vectors)
    return ShardSummary(
        produced=validated.produced,
        refused=validated.produced - published,
        vectors_computed=embedded.computed,
        vectors_reused=published - embedded.computed,
        touched=[
            document.origin.document_id for document in embedded.documents if document.unchanged
        ],
        findings=list(validated.findings),
        broken=list(validated.breaks),
    )


def _stage(
    job: ShardJob, workspace: Workspace, summary: ShardSummary, embedded: EmbeddedDocuments
) -> None:
    """Write the rows of all three tables and the completion marker."""
    chunks = list(chain.from_iterable(document.chunks for document in embedded.documents))
    with workspace.timer.measure("stage", len(chunks), "chunks"):
        schemas = workspace.staging.schemas
        documents = _document_rows(workspace.tables, embedded.documents, job.fingerprints)
        quarantine = [
            quarantine_row(document.origin, reject, job.fingerprints)
            for document in embedded.documents
            for reject in document.rejects
        ]
        tables = {
            "chunks": with_vectors(chunks, embedded.vectors, schemas["chunks"]),
            "documents": pa.Table.from_pylist(documents, schema=schemas["documents"]),
            "quarantine": pa.Table.from_pylist(quarantine, schema=schemas["quarantine"]),
        }
        workspace.staging.write(job.shard.name, tables, summary)


def _document_rows(
    tables: Tables, documents: Sequence[ProcessedDocument], now: Fingerprints
) -> list[Row]:
    """Return one row for each document: published, in quarantine, or as indexed with what its
    source reports now.
    """
    rows = []
    for document in documents:
        if document.unchanged:
            continue
        # Rejected chunks alone do not put a document into quarantine: its others are published.
        reject = document.whole_reject
        if reject is None and document.row is not None:
            rows.append(document.row)
        else:
            reason = reject.reason if reject else None
            rows.append(document_row(document.origin, now, status="quarantined", reason=reason))
    return rows + _unchanged_rows(
        tables, [document for document in documents if document.unchanged]
    )


def _unchanged_rows(tables: Tables, documents: Sequence[ProcessedDocument]) -> list[Row]:
    """Return the indexed rows of documents with the same bytes after all.

    They get the new size, time and etag, so that the next run does not read the documents again.
    """
    if not documents:
        return []
    ids = [document.origin.document_id for document in documents]
    indexed = {
        row["document_id"]: row for row in dicts(tables.documents, is_in("document_id", ids))
    }
    return [
        indexed[document.origin.document_id]
        | {
            "size": document.origin.size,
            "etag": document.origin.etag,
            "source_modified_at": document.origin.modified,
            "remove_after": None,
        }
        for document in documents
    ]
