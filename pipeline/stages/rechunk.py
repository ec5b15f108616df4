"""A shard's documents from the text that the index keeps: chunked again, neither read nor parsed."""

from collections.abc import Sequence
from typing import Any

from vouch.index.store.tables import dicts, is_in
from vouch.pipeline.context.progress_observer import observer
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.planning.plan import Planned
from vouch.pipeline.stages.fetch_and_parse import Work
from vouch.schemas.document_codec import load_document
from vouch.schemas.errors import DocumentRejected, IndexError_
from vouch.schemas.records import Document, Origin, Stage
from vouch.workers.sandbox import Parsed

_ORIGIN = (
    "document_id", "source", "uri", "parent_id", "size", "etag", "content_sha256", "media_type", "parser",
    "parse_fingerprint",
)  # fmt: skip


def chunk_again(run: Run, shard: Sequence[Planned], attached: Sequence[str]) -> list[Work]:
    """The published ones among the shard's documents and what is `attached` to them."""
    planned = {one.document_id: one for one in shard}
    wanted = [*planned, *attached]
    rows = [
        row
        for row in dicts(run.tables.documents, is_in("document_id", wanted))
        if row["status"] == "published"
    ]
    waiting = [(row, _document(row)) for row in rows] if wanted else []
    futures = [(row, document, run.sandbox.chunk(document)) for row, document in waiting]
    works = []
    with run.clock.measure("chunk"):
        for row, document, future in futures:
            work = Work(
                _origin(row), planned.get(row["document_id"]), remove_after=row["remove_after"]
            )
            try:
                chunks = run.sandbox.result(future)
            except DocumentRejected as rejected:
                work.reject(Stage.CHUNK, rejected.reason, rejected.message)
            else:
                work.parsed = Parsed(document, chunks, row["parser"], row["media_type"], 0.0, 0.0)
            works.append(work)
            observer().done("documents", 1 if work.planned else 0)
    run.clock.add(
        "chunk", 0, sum(len(work.parsed.chunks) for work in works if work.parsed), "chunks"
    )
    return works


def _document(row: dict[str, Any]) -> Document:
    try:
        return load_document(row["canonical_text"], row["structure"])
    except ValueError as error:
        raise IndexError_(
            f"what the index keeps of {row['uri']} is damaged ({error}); run `vouch doctor --repair`"
        ) from error


def _origin(row: dict[str, Any]) -> Origin:
    return Origin(**{name: row[name] for name in _ORIGIN}, modified=row["source_modified_at"])
