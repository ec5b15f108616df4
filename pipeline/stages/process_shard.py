"""Which shards are still to be made, and a shard's way: fetch, parse, chunk (or chunk again), check rows, embed, stage."""

import pyarrow as pa

from vouch.index.store.row_builders import with_vectors
from vouch.index.store.staging import ShardSummary
from vouch.pipeline.context.progress_observer import observer
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.planning.plan import Plan
from vouch.pipeline.planning.sharding import Shard, shards
from vouch.pipeline.stages.embedding import embed
from vouch.pipeline.stages.fetch_and_parse import read_and_parse
from vouch.pipeline.stages.rechunk import chunk_again
from vouch.pipeline.stages.row_validation import Rows, checked_rows
from vouch.pipeline.stages.status_rows import stage_marks


def missing_shards(run: Run, plan: Plan) -> list[Shard]:
    """Those that no run has staged yet.

    The smallest first: embedding, which takes longest, begins with the first shard that is parsed.
    """
    observer().stage("read, parse, chunk, check, embed")
    work = shards(plan, run.fingerprints, run.settings.run, run.scope.redo, run.run_id)
    run.staging.use([*stage_marks(run, plan), *(shard.name for shard in work)])
    run.resumed |= {shard.name for shard in work if run.staging.has(shard.name)} - run.made
    missing = sorted((shard for shard in work if not run.staging.has(shard.name)), key=len)
    run.made |= {shard.name for shard in missing}
    if missing:
        run.start_embedding()
        run.sandbox.get_ready()
    observer().expect("documents", sum(len(shard) for shard in missing))
    return missing


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
