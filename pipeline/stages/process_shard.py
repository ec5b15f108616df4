"""One shard's way: fetch and parse, or chunk again; validate rows; embed; stage."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import pyarrow as pa

from vouch.index.store.row_builders import Row, document_row, quarantine_row, with_vectors
from vouch.index.store.staging import ShardSummary
from vouch.index.store.tables import Tables, dicts, is_in
from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.stages.captions import describe_figures
from vouch.pipeline.stages.embedding import EmbeddedDocuments, embed
from vouch.pipeline.stages.fetch_and_parse import fetch_and_parse
from vouch.pipeline.stages.left_out_texts import left_out_of, merge_left_out
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.pipeline.stages.rechunk import rechunk
from vouch.pipeline.stages.row_validation import ValidatedDocuments, validate_rows
from vouch.pipeline.stages.shard_job import ShardJob
from vouch.pipeline.stages.vocabulary import merge_vocabulary, vocabulary_of
from vouch.schemas.documents.records import Fingerprints


def process_shard(job: ShardJob, workspace: Workspace) -> ShardSummary:
    """Make one staged shard, and return what its completion marker reports."""
    settings, planned = job.request.settings, job.shard.documents
    with_text = [document for document in planned if document.from_text]
    from_source = [document for document in planned if not document.from_text]
    summaries: list[ShardSummary] = []
    tables: list[dict[str, pa.Table]] = []
    with ExitStack() as folders:
        for documents in fetch_and_parse(workspace, settings, from_source):
            if not tables:
                documents += rechunk(workspace, with_text, job.attached)
            else:
                # Several parts would fill the memory: all but one are on disk.
                folder = Path(folders.enter_context(workspace.temporary_folder()))
                tables[-1] = _on_disk(tables[-1], folder)
            summary, part = _process(job, workspace, documents)
            summaries.append(summary)
            tables.append(part)
            del documents, part  # while the next part is parsed
        whole = {name: pa.concat_tables(part[name] for part in tables) for name in tables[0]}
        summary = _sum(summaries)
        with workspace.timer.measure("stage"):
            workspace.staging.write(job.shard.name, whole, summary)
        workspace.paid_vectors.staged(whole["chunks"]["embedded_sha256"].to_pylist())
    return summary


def _process(
    job: ShardJob, workspace: Workspace, documents: Sequence[ProcessedDocument]
) -> tuple[ShardSummary, dict[str, pa.Table]]:
    """Validate and embed documents; return what is to be reported of them, and their rows."""
    settings = job.request.settings
    with workspace.timer.measure("check", len(documents)):
        validated = validate_rows(documents, settings, job.fingerprints, workspace.staging)
    if settings.captions and any(_has_pictures(document) for document in documents):
        # Checked first, so that nothing is sent of what the policy or a contract refuses.
        documents = describe_figures(workspace, settings.captions, documents, validated.documents)
        with workspace.timer.measure("check", len(documents)):
            validated = validate_rows(documents, settings, job.fingerprints, workspace.staging)
    embedded = embed(workspace, validated.documents, job.request.scope.redo)
    limit = settings.contracts.batch.warn_unknown_token_share
    return _summary(validated, embedded, limit), _tables(job, workspace, embedded)


def _has_pictures(document: ProcessedDocument) -> bool:
    return document.parsed is not None and bool(document.parsed.pictures)


def _on_disk(tables: Mapping[str, pa.Table], folder: Path) -> dict[str, pa.Table]:
    """Return the same rows, from files that are read where they are needed."""
    mapped = {}
    for name, table in tables.items():
        file = str(folder / f"{name}.arrow")
        with pa.OSFile(file, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        mapped[name] = pa.ipc.open_file(pa.memory_map(file)).read_all()
    return mapped


def _summary(
    validated: ValidatedDocuments, embedded: EmbeddedDocuments, unknown_limit: float
) -> ShardSummary:
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
        vocabulary=vocabulary_of(embedded.documents, embedded.new_texts, unknown_limit),
        left_out=left_out_of(
            document for document in embedded.documents if not document.whole_reject
        ),
    )


def _sum(parts: Sequence[ShardSummary]) -> ShardSummary:
    return ShardSummary(
        produced=sum(part.produced for part in parts),
        refused=sum(part.refused for part in parts),
        vectors_computed=sum(part.vectors_computed for part in parts),
        vectors_reused=sum(part.vectors_reused for part in parts),
        touched=list(chain.from_iterable(part.touched for part in parts)),
        findings=list(chain.from_iterable(part.findings for part in parts)),
        broken=list(chain.from_iterable(part.broken for part in parts)),
        left_out=merge_left_out(part.left_out for part in parts),
        vocabulary=list(merge_vocabulary(chain.from_iterable(part.vocabulary for part in parts))),
    )


def _tables(
    job: ShardJob, workspace: Workspace, embedded: EmbeddedDocuments
) -> dict[str, pa.Table]:
    """Return the rows of all three tables."""
    chunks = list(chain.from_iterable(document.chunks for document in embedded.documents))
    with workspace.timer.measure("stage", len(chunks), "chunks"):
        schemas = workspace.staging.schemas
        documents = _document_rows(workspace.tables, embedded.documents, job.fingerprints)
        quarantine = [
            quarantine_row(document.origin, reject, job.fingerprints)
            for document in embedded.documents
            for reject in document.rejects
        ]
        return {
            "chunks": with_vectors(chunks, embedded.vectors, schemas["chunks"]),
            "documents": pa.Table.from_pylist(documents, schema=schemas["documents"]),
            "quarantine": pa.Table.from_pylist(quarantine, schema=schemas["quarantine"]),
        }


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
    Rows that have them already are left out.
    """
    if not documents:
        return []
    ids = [document.origin.document_id for document in documents]
    indexed = {
        row["document_id"]: row for row in dicts(tables.documents, is_in("document_id", ids))
    }
    rows = []
    for document in documents:
        row, origin = indexed[document.origin.document_id], document.origin
        noted = {
            "size": origin.size,
            "etag": origin.etag,
            "source_version": origin.source_version,
            "source_modified_at": origin.modified,
            "remove_after": None,
        }
        if row | noted != row:
            rows.append(row | noted)
    return rows
