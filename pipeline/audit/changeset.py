"""What became of every document: the accounting, what is to be deleted, and the candidate that is audited."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import polars as pl

from vouch.index.publishing.candidate import Candidate, candidate
from vouch.index.store.run_log import Intent
from vouch.index.store.tables import frame, is_in
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.planning.plan import WORK, Action, Plan
from vouch.schemas.records import SourceItem
from vouch.schemas.run import Accounting


@dataclass(frozen=True)
class Outcome:
    """`changes` says whether there is anything to publish."""

    accounting: Accounting
    intent: Intent
    changes: bool
    look: Callable[[], Candidate] = field(repr=False)

    @cached_property
    def candidate(self) -> Candidate:
        """Read when somebody looks at it: nobody does where nothing changes."""
        return self.look()

    def forget(self) -> None:
        """The candidate has been judged; it takes memory that publishing can use."""
        self.__dict__.pop("candidate", None)


def outcome(run: Run, plan: Plan) -> Outcome:
    """Put together from the plan and the staged shards; nothing of the published tables is changed."""
    staged = run.staging.frame(
        "documents", ("document_id", "parent_id", "status", "source", "uri", "content_sha256")
    )
    summaries = run.staging.summaries()
    touched = {identity for summary in summaries for identity in summary.touched}
    marked = {identity for summary in summaries for identity in summary.marked}
    processed = staged.filter(~pl.col("document_id").is_in([*touched, *marked]))
    made = set(processed["document_id"])
    removed = _removed(plan, made)
    replaced = [identity for identity in processed["document_id"] if plan.is_published(identity)]
    chunks, gone = run.staging.rows("chunks"), _published_chunks(run, replaced, removed)
    after = run.tables.chunks.count_rows() - gone.height + chunks
    intent = Intent(
        staging=str(run.staging.root),
        shards=run.staging.names,
        dimension=run.card.dimension,
        replaced=replaced,
        removed=removed,
        settled=processed["document_id"].to_list(),
        renamed=_renamed(plan, processed),
        chunks=after,
    )
    accounting = _documents(plan, processed, touched).model_copy(
        update={
            "removed": len(removed),
            "renamed": len(intent.renamed),
            "missing": sum(
                one.unlisted and one.action is not Action.REMOVED for one in plan.decided
            ),
            "chunks_produced": sum(summary.produced for summary in summaries),
            "chunks_published": chunks,
            "chunks_quarantined": sum(summary.refused for summary in summaries),
            "chunks_unchanged": after - chunks,
            "chunks_removed": gone.join(
                run.staging.frame("chunks", ("chunk_id",)), on="chunk_id", how="anti"
            ).height,
            "vectors_computed": sum(summary.vectors_computed for summary in summaries),
            "vectors_reused": sum(summary.vectors_reused for summary in summaries),
        }
    )
    look = partial(candidate, run.tables, run.staging, replaced, removed, made)
    return Outcome(accounting, intent, changes=bool(staged.height or removed), look=look)


def _removed(plan: Plan, made: set[str]) -> list[str]:
    """What is to go: documents no longer listed, and what was attached to a document and is not any more."""
    gone = [planned.document_id for planned in plan.of(Action.REMOVED)]
    read = [
        one.document_id
        for one in plan.of(Action.FILTERED, *WORK)
        if one.document_id in made and not one.from_text
    ]
    below = plan.attached_to([*gone, *read])
    return [*gone, *(identity for identity in below if identity not in made)]


def _renamed(plan: Plan, processed: pl.DataFrame) -> dict[str, str]:
    """New documents whose very bytes are those of one that is listed no more: what that was called."""
    gone: dict[str, list[SourceItem]] = {}
    for one in plan.decided:
        if one.unlisted and one.held and one.held["content_sha256"]:
            gone.setdefault(str(one.held["content_sha256"]), []).append(one.item)
    new = processed.filter(pl.col("parent_id").is_null() & (pl.col("status") == "published"))
    return {
        row["document_id"]: _called(gone[row["content_sha256"]], row["source"], row["uri"])
        for row in new.iter_rows(named=True)
        if row["document_id"] not in plan.held and row["content_sha256"] in gone
    }


def _called(gone: Sequence[SourceItem], source: str, uri: str) -> str:
    """Of several with the same bytes the one of the same uri is meant: its source is called otherwise now."""
    item = next((one for one in gone if one.uri == uri), gone[0])
    return item.uri if item.source == source else f"{item.uri} (source {item.source})"


def _documents(plan: Plan, processed: pl.DataFrame, touched: set[str]) -> Accounting:
    """The sums over documents. What is attached to one that was not read is what it was, where it was not made again."""
    made = set(processed["document_id"])
    kept = [
        one.document_id
        for one in plan.decided
        if one.action in (Action.UNCHANGED, Action.HELD, Action.MISSING)
    ]
    again = [one.document_id for one in plan.of(*WORK) if one.from_text]
    attached = [
        identity for identity in plan.attached_to([*kept, *again, *touched]) if identity not in made
    ]
    held = [*kept, *touched, *attached]
    published = sum(plan.is_published(identity) for identity in held)
    by_status = dict(processed.group_by("status").len().iter_rows())
    rejected = processed.filter(pl.col("status") == "quarantined")["document_id"]
    return Accounting(
        listed=sum(not planned.unlisted for planned in plan.decided) + plan.settled_count,
        attached=len(attached) + processed["parent_id"].count(),
        published=by_status.get("published", 0),
        unchanged=published + plan.settled_count,
        filtered=len(plan.of(Action.FILTERED)),
        quarantined=by_status.get("quarantined", 0) + len(held) - published,
        rejected=sum(not plan.is_quarantined(identity) for identity in rejected),
    )


def _published_chunks(run: Run, replaced: list[str], removed: list[str]) -> pl.DataFrame:
    """The ids of the published chunks of documents that are made anew or go."""
    if not replaced and not removed:
        return pl.DataFrame(schema={"chunk_id": pl.String})
    return frame(run.tables.chunks, ("chunk_id",), is_in("document_id", [*replaced, *removed]))
