"""Stages the rows of documents that no stage works on: filtered by a rule, or no longer listed and
kept for a while.
"""

from datetime import timedelta

import pyarrow as pa

from vouch.index.store.row_builders import Row, document_row
from vouch.index.store.staging import ShardSummary
from vouch.index.store.tables import dicts, is_in
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.planning.plan import Action, Plan, Planned
from vouch.pipeline.planning.sharding import shard_name
from vouch.schemas.documents.arrow import QUARANTINE


def stage_status_rows(run: Run, plan: Plan) -> list[str]:
    """Stage the status changes that the index lacks; return the name of their shard, if there is
    one.
    """
    filtered, missing = status_changes(plan)
    if not filtered and not missing:
        return []
    staging = run.workspace.staging
    ids = [planned.document_id for planned in (*filtered, *missing)]
    name = shard_name("marks", run.run_id, ids)
    if staging.has(name):
        return [name]
    rows = [
        document_row(planned.origin, run.fingerprints, status="filtered", reason=planned.rule)
        for planned in filtered
    ]
    rows += _missing_rows(run, missing)
    tables = {
        "chunks": staging.schemas["chunks"].empty_table(),
        "documents": pa.Table.from_pylist(rows, schema=staging.schemas["documents"]),
        "quarantine": QUARANTINE.empty_table(),
    }
    marked = [planned.document_id for planned in missing]
    staging.write(name, tables, ShardSummary(marked=marked))
    return [name]


def status_changes(plan: Plan) -> tuple[list[Planned], list[Planned]]:
    """Return the filtered and the missing documents whose status the index does not have yet."""
    filtered = [
        planned
        for planned in plan.of(Action.FILTERED)
        if planned.indexed is None or planned.indexed["reason"] != planned.rule
    ]
    missing = [
        planned
        for planned in plan.of(Action.MISSING)
        if planned.indexed and not planned.indexed["remove_after"]
    ]
    return filtered, missing


def _missing_rows(run: Run, missing: list[Planned]) -> list[Row]:
    """Return the indexed rows with the time until which they are kept."""
    if not missing:
        return []
    until = run.stamp.at + timedelta(hours=run.settings.index.delete_grace_h)
    ids = {planned.document_id for planned in missing}
    indexed = dicts(run.tables.documents, is_in("document_id", ids))
    return [row | {"remove_after": until} for row in indexed]
