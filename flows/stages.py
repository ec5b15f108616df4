"""The stages of a run that look at it as a whole: recover, list, plan, shard, audit, publish, report."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from flows.context import Run
from flows.outcome import Outcome
from flows.plan import WORK, Action, Plan, Planned, make_plan
from flows.summary import breakdown, changes, filtered, rejects, source_summaries
from index.generations import published_probe, record_generation
from index.held import held_documents
from index.publish import finish, publish
from index.rows import document_row, now
from index.runs import unfinished, write_run
from reports.run_report import write_run_report
from schemas.arrow import DOCUMENTS, QUARANTINE
from schemas.errors import AccountingError
from schemas.records import Listing, Origin
from schemas.run import Decision, RunRecord, Status
from validators.audit import audit


class Shard:
    """Documents that go through the pipeline together. A plain class: Prefect looks into dataclasses, one by one."""

    def __init__(self, name: str, documents: Sequence[Planned]) -> None:
        self.name = name
        self.documents = documents

    def __len__(self) -> int:
        return len(self.documents)


def recover(run: Run) -> list[RunRecord]:
    """Finish what a run that was cut short had begun to publish."""
    return finish(run.tables, run.card.dimension, run.settings.index)


def plan_documents(run: Run, listings: Iterable[Listing]) -> Plan:
    """What to do with each document, told by what the index holds."""
    with run.clock.measure("plan"):
        return make_plan(listings, held_documents(run.tables), run.due_retries(), run.fingerprints)


def shards(run: Run, plan: Plan) -> list[Shard]:
    """The documents to be read, in shards bounded in number and bytes."""
    return [Shard(f"{number:05d}", documents) for number, documents in enumerate(_cut(run, plan.of(*WORK)), 1)]


def _cut(run: Run, documents: Sequence[Planned]) -> Iterator[list[Planned]]:
    limits = run.settings.run
    shard: list[Planned] = []
    size = 0
    for planned in documents:
        bytes_ = planned.item.size or 0
        if shard and (len(shard) >= limits.shard_documents or size + bytes_ > limits.shard_mb * 1_000_000):
            yield shard
            shard, size = [], 0
        shard.append(planned)
        size += bytes_
    if shard:
        yield shard


def stage_filtered(run: Run, plan: Plan) -> None:
    """Stage the rows of documents that a rule keeps out, where the index does not say so yet."""
    fresh = [one for one in plan.of(Action.FILTERED) if one.held is None or one.held["reason"] != one.rule]
    if not fresh:
        return
    rows = [
        document_row(_origin(one), run.stamp, status="filtered", reason=one.rule, first_run_id=_first_run(one)) for one in fresh
    ]
    tables = {
        "chunks": run.staging.schemas["chunks"].empty_table(),
        "documents": pa.Table.from_pylist(rows, schema=DOCUMENTS),
        "quarantine": QUARANTINE.empty_table(),
    }
    summary = {"produced": 0, "refused": 0, "vectors_computed": 0, "vectors_reused": 0, "touched": []}
    run.staging.write("filtered", tables, summary)


def _origin(planned: Planned) -> Origin:
    item = planned.item
    return Origin(planned.document_id, item.source, item.uri, size=item.size, etag=item.etag, modified=item.modified)


def _first_run(planned: Planned) -> str | None:
    return planned.held["first_run_id"] if planned.held else None


def describe(run: Run, record: RunRecord, listings: Sequence[Listing], plan: Plan, result: Outcome) -> RunRecord:
    """The record with all that is known before the verdict."""
    return record.model_copy(
        update={
            "sources": source_summaries(run, listings),
            "accounting": result.accounting,
            "breakdown": breakdown(result.candidate),
            "rejects": rejects(run),
            "filtered": filtered(plan),
            "changes": changes(plan),
            "change_counts": plan.counts,
        }
    )


def judge(run: Run, record: RunRecord, result: Outcome) -> RunRecord:
    """The record with its verdict; without one where there is nothing to publish. Raises `AccountingError`."""
    open_sums = result.accounting.problems()
    if open_sums:
        raise AccountingError(f"run {run.run_id} lost count, so it publishes nothing: {'; '.join(open_sums)}")
    if not result.changes:
        return record
    with run.clock.measure("audit", result.candidate.chunks.height, "chunks"):
        verdict = audit(
            result.candidate.documents,
            result.candidate.chunks,
            contracts=run.settings.contracts,
            accounting=result.accounting,
            embedding_fingerprint=run.fingerprints.embedding,
        )
    return record.model_copy(update={"verdict": verdict})


def publish_or_refuse(run: Run, record: RunRecord, result: Outcome) -> RunRecord:
    """Publish an accepted candidate; a rejected one, or one without changes, leaves the published state as it is."""
    if not result.changes:
        record = record.model_copy(update={"status": Status.UNCHANGED})
    elif record.verdict is None or record.verdict.decision is Decision.REJECT:
        record = record.model_copy(update={"status": Status.REJECTED})
    else:
        with run.clock.measure("publish", result.accounting.chunks_published, "chunks"):
            _note_generation(run, result)
            record = publish(run.tables, run.staging, result.intent, record, run.settings.index)
    run.staging.discard()
    return record


def _note_generation(run: Run, result: Outcome) -> None:
    if result.accounting.vectors_computed and published_probe(run.tables, run.card.fingerprint) is None:
        record_generation(run.tables, run.card, run.embedder.probe(), run.run_id)


def close(run: Run, record: RunRecord) -> RunRecord:
    """Write the report and the final record."""
    done = record.model_copy(update={"ended_at": now(), "stages": run.clock.costs(), "versions": run.tables.versions()})
    path = write_run_report(done, run.file.report_folder)
    done = done.model_copy(update={"report": str(path)})
    write_run(run.tables, done)
    return done


def fail(run: Run, record: RunRecord, error: BaseException) -> None:
    """Leave a record of a run that could not be finished; nothing that readers see has changed.

    A run that had begun to publish is left as it is, staged files and all: the next run finishes it.
    """
    if any(one.record.run_id == run.run_id for one in unfinished(run.tables)):
        return
    run.staging.discard()
    message = f"{type(error).__name__}: {error}"
    write_run(
        run.tables,
        record.model_copy(update={"status": Status.FAILED, "error": message, "ended_at": now(), "stages": run.clock.costs()}),
    )
