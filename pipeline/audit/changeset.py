"""The changeset: what publishing a run would change, the accounting, and the candidate to audit."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from vouch.index.publishing.states import Candidate, candidate
from vouch.index.store.run_log import Intent
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables, frame, is_in
from vouch.pipeline.planning.plan import WORK, Action, Plan
from vouch.schemas.documents.records import SourceItem
from vouch.schemas.runs.record import Accounting


@dataclass(frozen=True)
class Changeset:
    """What a run would publish. Without `has_changes` the published tables stay as they are.

    `profiles` are the retrieval profiles that change, by name, and how: a run may publish these
    alone.
    """

    accounting: Accounting
    intent: Intent
    has_changes: bool
    load_candidate: Callable[[], Candidate] = field(repr=False)
    profiles: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to publish."""
        return not (self.has_changes or self.profiles)

    @cached_property
    def candidate(self) -> Candidate:
        """The rows after publishing; read at first use, because not every run needs them."""
        return self.load_candidate()

    def release_candidate(self) -> None:
        """Remove the candidate's files."""
        if "candidate" in self.__dict__:
            self.__dict__.pop("candidate").remove_files()


def build_changeset(
    tables: Tables,
    staging: Staging,
    plan: Plan,
    new_folder: Callable[[], str] = tempfile.mkdtemp,
    *,
    orphans: bool = False,
) -> Changeset:
    """Build the changeset from the plan and the staged shards. Changes no published table.

    `new_folder` makes the folder for the candidate's rows, when they are read. With `orphans`, new
    documents may have published chunks, which are then replaced: those of a damaged index of which
    only the documents were lost.
    """
    columns = ("document_id", "parent_id", "status", "source", "uri", "content_sha256")
    staged, summaries = staging.frame("documents", columns), staging.summaries()
    # Rows of these documents are staged only to note an etag, or until when they are kept.
    touched = {identity for summary in summaries for identity in summary.touched}
    marked = {identity for summary in summaries for identity in summary.marked}
    processed = staged.filter(~pl.col("document_id").is_in([*touched, *marked]))
    processed_ids = processed["document_id"].to_list()
    removed = removed_documents(plan, set(processed_ids))
    replaced = [identity for identity in processed_ids if orphans or plan.is_published(identity)]

    chunks, gone = staging.rows("chunks"), _published_chunks(tables, [*replaced, *removed])
    chunks_after = tables.chunks.count_rows() - gone.height + chunks
    intent = Intent(
        staging=str(staging.root),
        shards=staging.names,
        dimension=staging.schemas["chunks"].field("vector").type.list_size,
        replaced=replaced,
        removed=removed,
        settled=processed_ids,
        renamed=renamed_documents(plan, processed),
        chunks=chunks_after,
    )
    accounting = count_documents(plan, processed, touched).model_copy(
        update={
            "removed": len(removed),
            "renamed": len(intent.renamed),
            "chunks_produced": sum(summary.produced for summary in summaries),
            "chunks_published": chunks,
            "chunks_quarantined": sum(summary.refused for summary in summaries),
            "chunks_unchanged": chunks_after - chunks,
            # A chunk of a replaced document that is staged again with the same id is not removed.
            "chunks_removed": gone.join(
                staging.frame("chunks", ("chunk_id",)), on="chunk_id", how="anti"
            ).height,
            "vectors_computed": sum(summary.vectors_computed for summary in summaries),
            "vectors_reused": sum(summary.vectors_reused for summary in summaries),
        }
    )

    def load() -> Candidate:
        folder = Path(new_folder())
        return candidate(tables, staging, replaced, removed, set(processed_ids), folder)

    return Changeset(accounting, intent, bool(staged.height or removed), load)


def removed_documents(plan: Plan, processed: set[str]) -> list[str]:
    """Return the ids of documents that are no longer listed, and of attachments that are gone.

    An attachment is gone where its document was removed, or read again without it.
    """
    removed = [planned.document_id for planned in plan.of(Action.REMOVED)]
    read = [
        planned.document_id
        for planned in plan.of(Action.FILTERED, *WORK)
        if planned.document_id in processed and not planned.from_text
    ]
    attached = plan.attached_to([*removed, *read])
    return [*removed, *(identity for identity in attached if identity not in processed)]


def renamed_documents(plan: Plan, processed: pl.DataFrame) -> dict[str, str]:
    """Return the former uris, by id, of new documents with the bytes of one no longer listed."""
    unlisted: dict[str, list[SourceItem]] = {}
    for planned in plan.decided:
        if planned.unlisted and planned.indexed and planned.indexed["content_sha256"]:
            unlisted.setdefault(str(planned.indexed["content_sha256"]), []).append(planned.item)
    new = processed.filter(pl.col("parent_id").is_null() & (pl.col("status") == "published"))
    return {
        row["document_id"]: _former_uri(unlisted[row["content_sha256"]], row["source"], row["uri"])
        for row in new.iter_rows(named=True)
        if row["document_id"] not in plan.indexed and row["content_sha256"] in unlisted
    }


def _former_uri(items: Sequence[SourceItem], source: str, uri: str) -> str:
    """Return the former uri; of several, this uri means that the source was renamed."""
    item = next((item for item in items if item.uri == uri), items[0])
    return item.uri if item.source == source else f"{item.uri} (source {item.source})"


def count_documents(plan: Plan, processed: pl.DataFrame, touched: set[str]) -> Accounting:
    """Return the sums over documents.

    Attachments of a document that was not read again count with their indexed status, unless they
    were processed themselves.
    """
    processed_ids = set(processed["document_id"])
    kept = [
        planned.document_id
        for planned in plan.decided
        if planned.action in (Action.UNCHANGED, Action.WAITING, Action.MISSING)
    ]
    from_text = [planned.document_id for planned in plan.of(*WORK) if planned.from_text]
    attached = [
        identity
        for identity in plan.attached_to([*kept, *from_text, *touched])
        if identity not in processed_ids
    ]
    indexed = [*kept, *touched, *attached]
    published = sum(plan.is_published(identity) for identity in indexed)
    by_status = dict(processed.group_by("status").len().iter_rows())
    rejected = processed.filter(pl.col("status") == "quarantined")["document_id"]
    return Accounting(
        listed=sum(not planned.unlisted for planned in plan.decided) + plan.unchanged_count,
        attached=len(attached) + processed["parent_id"].count(),
        published=by_status.get("published", 0),
        unchanged=published + plan.unchanged_count,
        filtered=len(plan.of(Action.FILTERED)),
        quarantined=by_status.get("quarantined", 0) + len(indexed) - published,
        rejected=sum(not plan.is_quarantined(identity) for identity in rejected),
        missing=sum(
            planned.unlisted and planned.action is not Action.REMOVED for planned in plan.decided
        ),
    )


def _published_chunks(tables: Tables, documents: list[str]) -> pl.DataFrame:
    """Return the ids of the published chunks of these documents."""
    if not documents:
        return pl.DataFrame(schema={"chunk_id": pl.String})
    return frame(tables.chunks, ("chunk_id",), is_in("document_id", documents))
