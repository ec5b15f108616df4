"""What became of every document: the accounting, what is to be deleted, and the candidate that is audited."""

from dataclasses import dataclass

import polars as pl

from flows.context import Run
from flows.plan import WORK, Action, Plan
from index.candidate import Candidate, candidate
from index.runs import Intent
from index.tables import frame, is_in
from schemas.run import Accounting


@dataclass(frozen=True, slots=True)
class Outcome:
    """`changes` says whether there is anything to publish."""

    candidate: Candidate
    accounting: Accounting
    intent: Intent
    changes: bool


def outcome(run: Run, plan: Plan) -> Outcome:
    """Put together from the plan and the staged shards; nothing of the published tables is changed."""
    staged = run.staging.frame("documents", ("document_id", "parent_id", "status"))
    summaries = run.staging.summaries()
    touched = {identity for summary in summaries for identity in summary["touched"]}
    processed = staged.filter(~pl.col("document_id").is_in(list(touched)))
    removed = _removed(plan, set(processed["document_id"]))
    replaced = [identity for identity in processed["document_id"] if plan.is_published(identity)]
    after = candidate(run.tables, run.staging, replaced, removed)
    intent = Intent(
        staging=str(run.staging.folder),
        replaced=replaced,
        removed=removed,
        settled=processed["document_id"].to_list(),
        chunks=after.chunks.height,
    )
    chunks = run.staging.rows("chunks")
    accounting = _documents(plan, processed, touched, len(removed)).model_copy(
        update={
            "chunks_produced": sum(summary["produced"] for summary in summaries),
            "chunks_published": chunks,
            "chunks_quarantined": sum(summary["refused"] for summary in summaries),
            "chunks_unchanged": after.chunks.height - chunks,
            "chunks_removed": _chunks_removed(run, replaced, removed),
            "vectors_computed": sum(summary["vectors_computed"] for summary in summaries),
            "vectors_reused": sum(summary["vectors_reused"] for summary in summaries),
        }
    )
    return Outcome(after, accounting, intent, changes=bool(staged.height or removed))


def _removed(plan: Plan, processed: set[str]) -> list[str]:
    """What is to go: documents no longer listed, and what was attached to a document and is not any more."""
    gone = [planned.document_id for planned in plan.of(Action.REMOVED)]
    parents = [planned.document_id for planned in plan.of(Action.FILTERED, *WORK) if planned.document_id in processed]
    below = plan.attached_to([*gone, *parents])
    return [*gone, *(identity for identity in below if identity not in processed)]


def _documents(plan: Plan, processed: pl.DataFrame, touched: set[str], removed: int) -> Accounting:
    """The sums over documents. What is attached to an untouched document is what it was."""
    kept = [planned.document_id for planned in plan.of(Action.UNCHANGED, Action.HELD)]
    attached = plan.attached_to([*kept, *touched])
    held = [*kept, *touched, *attached]
    published = sum(plan.is_published(identity) for identity in held)
    by_status = dict(processed.group_by("status").len().iter_rows())
    return Accounting(
        listed=sum(planned.action is not Action.REMOVED for planned in plan.documents),
        attached=len(attached) + processed["parent_id"].count(),
        published=by_status.get("published", 0),
        unchanged=published,
        filtered=len(plan.of(Action.FILTERED)),
        quarantined=by_status.get("quarantined", 0) + len(held) - published,
        removed=removed,
    )


def _chunks_removed(run: Run, replaced: list[str], removed: list[str]) -> int:
    """Published chunks that will not be there any more."""
    if not replaced and not removed:
        return 0
    held = frame(run.tables.chunks, ("chunk_id",), is_in("document_id", [*replaced, *removed]))
    return held.join(run.staging.frame("chunks", ("chunk_id",)), on="chunk_id", how="anti").height
