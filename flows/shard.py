"""A shard's way: fetch, parse, chunk (or chunk again from the kept text), check rows, embed, stage."""

import pyarrow as pa

from flows.again import chunk_again
from flows.check_rows import Rows, checked_rows
from flows.context import Run
from flows.embed import embed
from flows.plan import Plan
from flows.shards import Shard
from flows.work import read_and_parse
from index.rows import with_vectors
from index.staging import ShardSummary


def stage_shard(run: Run, plan: Plan, shard: Shard) -> ShardSummary:
    """Do all of it, and say what came of it."""
    again = [one for one in shard.documents if one.from_text]
    works = read_and_parse(run, [one for one in shard.documents if not one.from_text])
    works += chunk_again(run, again, plan.attached_to(one.document_id for one in again))
    with run.clock.measure("check", len(works)):
        rows = checked_rows(run, works)
    vectors, computed = embed(run, rows)
    summary = _summary(rows, computed)
    with run.clock.measure("stage", len(rows.chunks), "chunks"):
        schemas = run.staging.schemas
        tables = {
            "chunks": with_vectors(rows.chunks, vectors, schemas["chunks"]),
            "documents": pa.Table.from_pylist(rows.documents, schema=schemas["documents"]),
            "quarantine": pa.Table.from_pylist(rows.quarantine, schema=schemas["quarantine"]),
        }
        run.staging.write(shard.name, tables, summary)
    return summary


def _summary(rows: Rows, computed: int) -> ShardSummary:
    return ShardSummary(
        produced=rows.produced,
        refused=rows.refused,
        vectors_computed=computed,
        vectors_reused=len(rows.chunks) - computed,
        touched=rows.touched,
        findings=rows.findings,
        broken=rows.broken,
    )
