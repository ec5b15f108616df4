"""The log of runs: a row per run, written when it begins, before it publishes and at its end."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from lancedb.expr import col, lit
from pydantic import BaseModel

from vouch.index.store.generations import Generation
from vouch.index.store.sql import quoted
from vouch.index.store.tables import (
    KEYS,
    Tables,
    compact,
    dicts,
    fragment_count,
    is_in,
    rows,
    upsert,
)
from vouch.schemas.documents.arrow import RUNS
from vouch.schemas.errors import NotFound
from vouch.schemas.process.environment import mask_secrets
from vouch.schemas.runs.cost import Spending
from vouch.schemas.runs.record import RunRecord, Status

_RECENT = 200
_MAX_FILES = 8  # a run that changes nothing adds one, and reads each six times
_VERSIONED = ("chunks", "documents", "quarantine")


class Intent(BaseModel):
    """What a run is about to publish: a write-ahead record, so that the next run can finish it.

    The keys are stored as JSON in the `runs` table and keep their names.
    """

    staging: str = ""
    """Folder of the staged shards."""
    shards: list[str] = []
    """Names of the shards that are published."""
    dimension: int = 0
    """Length of their vectors."""
    replaced: list[str] = []
    """Documents that lose every chunk that is not staged."""
    removed: list[str] = []
    """Documents that lose everything."""
    settled: list[str] = []  # prose: allow
    """Documents that lose every quarantine row that is not staged."""
    renamed: dict[str, str] = {}
    """Former uris by document id."""
    chunks: int = 0
    """Number of chunks in the index afterwards."""
    restore: dict[str, int] = {}
    """For a rollback, instead of all of these: the version of each table to go back to."""
    versions: dict[str, int] = {}
    """Version of each table that was audited, on which the publication is made; none in intents of
    a version until 0.9.0.
    """
    base: str = ""
    """Of a rejected or staged run, the run whose state was published when it was audited. Versions
    alone do not say so: a run may publish retrieval profiles only.
    """
    generation: Generation | None = None
    """Of a rejected or staged run, if its vectors are the first of their model."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that was interrupted while it published, and what it meant to publish."""

    record: RunRecord
    intent: Intent


def without_secrets(record: RunRecord) -> RunRecord:
    """Return the record with secrets masked, which the error of a library may contain."""
    text = record.model_dump_json()
    masked = mask_secrets(text)
    return record if masked == text else RunRecord.model_validate_json(masked)


def write_run(tables: Tables, record: RunRecord, intent: Intent | None = None) -> None:
    """Insert or replace the run's row."""
    upsert(tables.runs, _row(tables, without_secrets(record), intent), KEYS["runs"])


def advance_run(
    tables: Tables, record: RunRecord, statuses: Collection[Status], intent: Intent | None = None
) -> bool:
    """Insert the run's row, or replace it if it still has one of the statuses.

    Returns whether this is the record now. Of two processes that change the record of a run, such
    as one that was taken for dead and one that finishes it, only one succeeds: the store tries the
    condition again on the newest version.
    """
    record = without_secrets(record)
    listed = ", ".join(quoted(status) for status in statuses)
    merge = tables.runs.merge_insert(KEYS["runs"]).when_not_matched_insert_all()
    merge = merge.when_matched_update_all(where=f"target.status IN ({listed})")
    merge.use_index(False).execute(_row(tables, record, intent))
    # Where an answer was lost, the store may have tried twice: only the row says what was written.
    (written,) = rows(tables.runs, ["record"], is_in("run_id", [record.run_id])).to_pylist()
    return bool(written["record"] == record.model_dump_json())


def _row(tables: Tables, record: RunRecord, intent: Intent | None) -> pa.Table:
    """Return the row of a record."""
    row = {name: value for name, value in record.model_dump().items() if name in RUNS.names}
    row |= record.accounting.model_dump()
    row |= {f"{name}_version": record.versions.get(name) for name in _VERSIONED}
    row["verdict"] = record.verdict.decision if record.verdict else None
    row["intent"] = intent.model_dump_json() if intent else None
    row["sequence"] = _sequence(tables, record.run_id)
    # The columns are for people who query the table; the program reads the record only.
    row["record"] = record.model_dump_json()
    # A table of an earlier version lacks what joined since, until the next run of `ingest`.
    present = [field for field in RUNS if field.name in tables.runs.schema.names]
    return pa.Table.from_pylist([row], schema=pa.schema(present))


def compact_run_log(tables: Tables) -> None:
    """Merge the files of the log where there are many: on an object store each is a request.

    What rejected and staged runs would have published is forgotten where the index has changed
    since: it lists all their documents. The caller must hold the publisher's lock.
    """
    if fragment_count(tables.runs) > _MAX_FILES:
        now = tables.versions()
        changed = " OR ".join(f"{name}_version != {now[name]}" for name in ("chunks", "documents"))
        kept = f"status IN ('{Status.REJECTED}', '{Status.STAGED}') AND intent IS NOT NULL"
        stale = f"{kept} AND ({changed})"
        if tables.runs.count_rows(stale):
            tables.runs.update(where=stale, values={"intent": None})
        compact(tables.runs)


def newest_published(tables: Tables) -> RunRecord | None:
    """Return the run whose state readers see: the last one that published."""
    ids = published_in_order(tables)
    return _record(tables, ids[-1]) if ids else None


def published_in_order(tables: Tables) -> list[str]:
    """Return the ids of the runs that published, in the order in which they published.

    A run that began first may have published last, so ids (which begin with the time) are not in
    that order. Every publication makes new table versions, so the sum of its versions is; but for
    one that changes retrieval profiles only, which comes after the run that made its versions.
    """
    versions = [f"{name}_version" for name in _VERSIONED]
    numbers = ["sequence"] if "sequence" in tables.runs.schema.names else []
    published = rows(
        tables.runs, ["run_id", *versions, *numbers], col("status") == lit(str(Status.PUBLISHED))
    ).to_pylist()
    published.sort(
        key=lambda row: (
            sum(row[name] or 0 for name in versions),
            row.get("sequence") or 0,
            row["run_id"],
        )
    )
    return [row["run_id"] for row in published]


def forget_later_versions(tables: Tables) -> None:
    """Take the versions from the records that name one which a table has not reached.

    That is so after a table was repaired that had lost versions: the next ones get their numbers.
    """
    for record in list_runs(tables):
        reached = {name: getattr(tables, name).version for name in record.versions}
        if any(version > reached[name] for name, version in record.versions.items()):
            write_run(tables, record.model_copy(update={"versions": {}, "tag": None}))


def mark_crashed_runs_failed(
    tables: Tables, kind: str, spent: Callable[[str], Spending]
) -> list[str]:
    """Mark runs of this kind that never ended as failed, and return their ids.

    `spent` returns what a run has spent before it was cut short. The caller must hold the lock of
    that kind: otherwise the run may still be in progress.
    """
    crashed = (col("status") == lit(str(Status.RUNNING))) & (col("kind") == lit(kind))
    ids = rows(tables.runs, ["run_id"], crashed).column("run_id").to_pylist()
    error = (
        "the run was cut short (killed, or its machine went down); nothing was published, and the "
        "next run reuses its finished shards"
    )
    for identity in ids:
        spending = spent(identity)
        failed = {
            "status": Status.FAILED,
            "error": error,
            "tokens_embedded": spending.tokens,
            "spending": spending,
        }
        write_run(tables, _record(tables, identity).model_copy(update=failed))
    return list(ids)


def read_run(tables: Tables, run_id: str) -> RunRecord:
    """Return a run by its id, by a prefix that only one run has, or the newest for `latest`.

    Raises:
        NotFound: No run, or more than one, has this id or prefix.
    """
    ids = _ids_by_age(tables)
    matching = (
        ids[-1:]
        if run_id == "latest"
        else [key for key in ids if run_id and key.startswith(run_id)]
    )
    if len(matching) != 1:
        problem = (
            f"{len(matching)} runs begin with {run_id!r}"
            if matching
            else f"there is no run {run_id!r}"
        )
        raise NotFound(f"{problem}; `vouch runs` lists them")
    return _record(tables, matching[0])


def list_runs(tables: Tables, limit: int | None = None) -> list[RunRecord]:
    """Return the newest runs, newest first; all of them without a limit."""
    ids = _ids_by_age(tables)[::-1][:limit]
    return sorted(_records(tables, ids), key=lambda record: ids.index(record.run_id))


def runs_since(tables: Tables, since: datetime) -> list[RunRecord]:
    """Return the runs that have started since then, in no order."""
    ids = [row["run_id"] for row in _ages(tables) if row["started_at"] >= since]
    return _records(tables, ids)


def in_order(tables: Tables, records: Iterable[RunRecord]) -> list[RunRecord]:
    """Return the records of runs, oldest first."""
    ids = _ids_by_age(tables)
    return sorted(records, key=lambda record: ids.index(record.run_id))


def _sequence(tables: Tables, run_id: str) -> int | None:
    """Return the number of a run: its own, or, for a new one, the next.

    None for a run of a version of Vouch that did not number them.
    """
    numbers: dict[str, int | None] = {row["run_id"]: row.get("sequence") for row in _ages(tables)}
    if run_id in numbers:
        return numbers[run_id]
    return max((number or 0 for number in numbers.values()), default=0) + 1


def _ids_by_age(tables: Tables) -> list[str]:
    """Return the ids of all runs, oldest first.

    They are in the order of their numbers: an id begins with the time, and a clock that is set back
    would make a new run an old one. Those without a number came before, in the order of their time.
    """

    def age(row: dict[str, Any]) -> tuple[int, datetime, str]:
        return row.get("sequence") or 0, row["started_at"], row["run_id"]

    return [row["run_id"] for row in sorted(_ages(tables), key=age)]


def _ages(tables: Tables) -> list[dict[str, Any]]:
    """Return id, start and number of each run; a table of an earlier version has no numbers."""
    present = tables.runs.schema.names
    columns = [name for name in ("run_id", "started_at", "sequence") if name in present]
    runs: list[dict[str, Any]] = rows(tables.runs, columns).to_pylist()
    return runs


def recent_runs(tables: Tables) -> list[RunRecord]:
    """Return the newest runs, newest first: enough to contain the newest of each kind."""
    return list_runs(tables, _RECENT)


def published_before(tables: Tables, run_id: str, most: int = 30) -> list[RunRecord]:
    """Return the last runs that published before this one, oldest first.

    For a run that has not published, these are the last that published at all.
    """
    order = published_in_order(tables)
    ids = (order[: order.index(run_id)] if run_id in order else order)[-most:]
    return sorted(_records(tables, ids), key=lambda record: ids.index(record.run_id))


def run_ids_with_status(tables: Tables, status: Status) -> set[str]:
    """Return the ids of all runs that have this status."""
    matching = rows(tables.runs, ["run_id"], col("status") == lit(str(status)))
    return set(matching.column("run_id").to_pylist())


def intent_of(tables: Tables, run_id: str) -> Intent | None:
    """Return what a run is about to publish, or what a rejected or staged run would have published.

    None where the run has nothing to publish, a version until 0.10.0 has rejected it, or one until
    0.12.0 has staged it.
    """
    (intent,) = rows(tables.runs, ["intent"], is_in("run_id", [run_id])).column(0).to_pylist()
    return Intent.model_validate_json(intent) if intent else None


def runs_of_kind(tables: Tables, kind: str) -> list[RunRecord]:
    """Return all runs of this kind."""
    texts = rows(tables.runs, ["record"], col("kind") == lit(kind)).column("record").to_pylist()
    return [RunRecord.model_validate_json(text) for text in texts]


def published_or_of_kind(tables: Tables, kinds: Iterable[str]) -> list[dict[str, Any]]:
    """Return `run_id`, `kind` and `started_at` of the runs that published or are of these kinds."""
    condition = (col("status") == lit(str(Status.PUBLISHED))) | is_in("kind", kinds)
    runs: list[dict[str, Any]] = rows(
        tables.runs, ["run_id", "kind", "started_at"], condition
    ).to_pylist()
    return runs


def read_runs(tables: Tables, ids: list[str]) -> list[RunRecord]:
    """Return the records of runs, in no order."""
    return _records(tables, ids)


def unended(tables: Tables) -> list[RunRecord]:
    """Return the runs in progress, or that never ended, the oldest first."""
    ids = run_ids_with_status(tables, Status.RUNNING) | run_ids_with_status(
        tables, Status.PUBLISHING
    )
    return sorted(_records(tables, list(ids)), key=lambda record: record.started_at)


def unfinished(tables: Tables) -> list[Unfinished]:
    """Return the runs that were interrupted while they published, oldest first."""
    publishing = [
        Unfinished(
            RunRecord.model_validate_json(row["record"]), Intent.model_validate_json(row["intent"])
        )
        for row in dicts(tables.runs, col("status") == lit(str(Status.PUBLISHING)))
    ]
    ids = _ids_by_age(tables) if len(publishing) > 1 else []
    return sorted(publishing, key=lambda run: ids.index(run.record.run_id) if ids else 0)


def _records(tables: Tables, ids: list[str]) -> list[RunRecord]:
    if not ids:
        return []
    texts = rows(tables.runs, ["record"], is_in("run_id", ids)).column("record").to_pylist()
    return [RunRecord.model_validate_json(text) for text in texts]


def _record(tables: Tables, run_id: str) -> RunRecord:
    (record,) = _records(tables, [run_id])
    return record
