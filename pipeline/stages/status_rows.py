"""Rows of documents that no stage works on: kept out by a rule, or listed no more and kept for a while."""

from datetime import timedelta

import pyarrow as pa

from vouch.index.store.row_builders import Row, document_row
from vouch.index.store.staging import ShardSummary
from vouch.index.store.tables import dicts, is_in
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.planning.plan import Action, Plan, Planned
from vouch.pipeline.planning.sharding import shard_name
from vouch.schemas.arrow import QUARANTINE
from vouch.schemas.records import Origin


def stage_marks(run: Run, plan: Plan) -> list[str]:
    """Stage what the index does not say yet; returns the name of the shard, if there is one."""
    filtered, missing = unmarked(plan)
    if not filtered and not missing:
        return []
    name = shard_name("marks", run.run_id, [one.document_id for one in (*filtered, *missing)])
    if run.staging.has(name):
        return [name]
    rows = [_filtered_row(run, one) for one in filtered] + _missing_rows(run, missing)
    tables = {
        "chunks": run.staging.schemas["chunks"].empty_table(),
        "documents": pa.Table.from_pylist(rows, schema=run.staging.schemas["documents"]),
        "quarantine": QUARANTINE.empty_table(),
    }
    run.staging.write(name, tables, ShardSummary(marked=[one.document_id for one in missing]))
    return [name]


def unmarked(plan: Plan) -> tuple[list[Planned], list[Planned]]:
    """The documents that are filtered, and those that are missing, of which the index does not say so yet."""
    filtered = [
        one
        for one in plan.of(Action.FILTERED)
        if one.held is None or one.held["reason"] != one.rule
    ]
    return filtered, [
        one for one in plan.of(Action.MISSING) if one.held and not one.held["remove_after"]
    ]


def _filtered_row(run: Run, planned: Planned) -> Row:
    return document_row(
        origin_of(planned), run.fingerprints, status="filtered", reason=planned.rule
    )


def _missing_rows(run: Run, missing: list[Planned]) -> list[Row]:
    """The rows as they are, with the time until which they are kept."""
    if not missing:
        return []
    until = run.stamp.at + timedelta(hours=run.settings.index.delete_grace_h)
    held = dicts(run.tables.documents, is_in("document_id", {one.document_id for one in missing}))
    return [row | {"remove_after": until} for row in held]


def origin_of(planned: Planned) -> Origin:
    """What the listing tells of a document."""
    item = planned.item
    return Origin(
        planned.document_id,
        item.source,
        item.uri,
        size=item.size,
        etag=item.etag,
        modified=item.modified,
    )
