"""Chunks documents again from the text and structure that the index stores: nothing is fetched,
nothing is parsed.
"""

from collections.abc import Sequence
from typing import Any

from vouch.index.store.tables import dicts, is_in
from vouch.pipeline.context.progress import observer
from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.planning.plan import Planned
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.documents.codec import load_document
from vouch.schemas.documents.records import Document, Origin, Stage
from vouch.schemas.errors import DocumentRejected, IndexError_
from vouch.workers.sandbox import Parsed

_ORIGIN_COLUMNS = (
    "document_id", "source", "uri", "parent_id", "size", "etag", "content_sha256", "media_type",
    "parser", "parse_fingerprint", "source_version",
)  # fmt: skip
# The stored text does not say what its parser left out of it.
_KEPT_COLUMNS = ("remove_after", "read_chars", "left_out_chars")


def rechunk(
    workspace: Workspace, shard: Sequence[Planned], attached: Sequence[str]
) -> list[ProcessedDocument]:
    """Return the published documents among the shard's and the `attached` ones, chunked again or
    rejected.
    """
    planned_by_id = {planned.document_id: planned for planned in shard}
    ids = [*planned_by_id, *attached]
    if not ids:
        return []
    indexed = dicts(workspace.tables.documents, is_in("document_id", ids))
    stored = [(row, _stored_document(row)) for row in indexed if row["status"] == "published"]
    futures = [(row, document, workspace.sandbox.chunk(document)) for row, document in stored]
    done = []
    with workspace.timer.measure("chunk"):
        for row, document, future in futures:
            planned = planned_by_id.get(row["document_id"])
            origin = Origin(
                **{name: row[name] for name in _ORIGIN_COLUMNS}, modified=row["source_modified_at"]
            )
            kept = {name: row[name] for name in _KEPT_COLUMNS}
            processed = ProcessedDocument(origin, planned, kept=kept)
            try:
                chunks = workspace.sandbox.result(future)
            except DocumentRejected as rejected:
                done.append(processed.rejected(Stage.CHUNK, rejected.reason, rejected.message))
            else:
                parsed = Parsed(document, chunks, row["parser"], row["media_type"], 0.0, 0.0)
                done.append(processed.with_parsed(parsed))
            observer().done("documents", 1 if planned else 0)
    count = sum(len(processed.parsed.chunks) for processed in done if processed.parsed)
    workspace.timer.add("chunk", 0, count, "chunks")
    return done


def _stored_document(row: dict[str, Any]) -> Document:
    try:
        return load_document(row["canonical_text"], row["structure"])
    except ValueError as error:
        raise IndexError_(
            f"the stored text of {row['uri']} is damaged ({error}); run `vouch doctor --repair`"
        ) from error
